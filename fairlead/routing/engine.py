"""Rules compiled once: each condition a function of the facts, asked in their order until one fails."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.core.record import nouns
from fairlead.models import RuleSet
from fairlead.routing.facts import Facts, plain
from fairlead.routing.rules import LINKS, OURS, named

Asked = Callable[[Facts], bool]
Ids = Mapping[str, Mapping[str, int]]
MOST_KEPT = 20


@dataclass(frozen=True)
class Compiled:
    """One rule: what is asked of a lead, and whom it goes to, by ids (those that are gone for good are left out)."""

    key: str
    name: str
    place: int
    asked: tuple[Asked, ...]
    off: bool
    kind: str
    user: int | None
    queue: int | None
    team: int | None
    users: tuple[int, ...]
    then: Mapping[str, Any]
    template: int | None = None
    track: int | None = None
    overdue_to: int | None = None

    def failing(self, facts: Facts) -> int:
        """The place of the first condition that fails; -1: all of them hold."""
        for place, asked in enumerate(self.asked):
            if not asked(facts):
                return place
        return -1


@dataclass(frozen=True)
class Rules:
    """A version of the rules, ready to be asked. `facts` are those that its conditions look at."""

    pk: int
    each: tuple[Compiled, ...]
    facts: frozenset[str]


def compiled(found: RuleSet) -> Rules:
    """The rules of this version; kept in the process, by its public id and version."""
    key = (found.public_id, found.version)
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = compile_rules(found.rules, found.pk)
    return _kept[key]


def compile_rules(rules: Iterable[Mapping[str, Any]], pk: int = 0) -> Rules:
    rules = list(rules)
    ids = {noun: _ids(noun, wanted) for noun, wanted in named(rules).items()}
    facts = frozenset(condition["fact"] for rule in rules if not rule["off"] for condition in rule["when"])
    return Rules(pk, tuple(_rule(rule, place, ids) for place, rule in enumerate(rules)), facts)


_kept: dict[tuple[str, int], Rules] = {}


def _ids(noun: str, wanted: set[str]) -> dict[str, int]:
    if not wanted:
        return {}
    return dict(nouns()[noun]._base_manager.filter(public_id__in=wanted).values_list("public_id", "pk"))


def _rule(rule: Mapping[str, Any], place: int, ids: Ids) -> Compiled:
    to = rule["to"]
    return Compiled(
        key=rule["key"],
        name=rule["name"],
        place=place,
        asked=tuple(_asked(each, ids) for each in rule["when"]),
        off=rule["off"],
        kind=to["kind"],
        user=ids["user"].get(to.get("user", "")),
        queue=ids["queue"].get(to.get("queue", "")),
        team=ids["team"].get(to.get("team", "")),
        users=tuple(ids["user"][each] for each in to.get("users", ()) if each in ids["user"]),
        then=rule["then"],
        template=ids["mail_template"].get(rule["then"].get("template", "")),
        track=ids["track"].get(rule["then"].get("track", "")),
        overdue_to=ids["user"].get(rule["then"].get("overdue_to", "")),
    )


def _asked(condition: Mapping[str, Any], ids: Ids) -> Asked:
    fact, test, values = condition["fact"], condition["test"], condition["values"]
    asked = MAKERS[fact](test, values, ids)
    return _not(asked) if test == "is_not" else asked


def _not(asked: Asked) -> Asked:
    return lambda facts: not asked(facts)


# --- by fact -----------------------------------------------------------------------------------------------------


def _text(name: str, normal: Callable[[str], str] = str) -> Callable[..., Asked]:
    def make(test: str, values: list[str], ids: Ids) -> Asked:
        wanted = frozenset(normal(each) for each in values)
        return lambda facts: getattr(facts, name) in wanted

    return make


def _link(name: str) -> Callable[..., Asked]:
    def make(test: str, values: list[str], ids: Ids) -> Asked:
        known = ids[LINKS["form" if name == "endpoint" else name]]
        wanted = frozenset(known[each] for each in values if each in known)
        return lambda facts: getattr(facts, name) in wanted

    return make


def _phone(test: str, values: list[str], ids: Ids) -> Asked:
    beginnings = tuple(values)
    return lambda facts: facts.phone.startswith(beginnings)


def _postal(test: str, values: list[str], ids: Ids) -> Asked:
    if test == "between":
        first, last = values
        return lambda facts: (
            bool(facts.postal_code)
            and facts.postal_code[: len(first)] >= first
            and facts.postal_code[: len(last)] <= last
        )
    beginnings = tuple(values)
    return lambda facts: facts.postal_code.startswith(beginnings)


def _size(test: str, values: list[str], ids: Ids) -> Asked:
    """Of a band, all of it must fit."""
    numbers = [int(each) for each in values]
    if test == "at_least":
        return lambda facts: facts.size[0] >= numbers[0]
    if test == "at_most":
        return lambda facts: facts.size[1] <= numbers[0]
    return lambda facts: facts.size[0] >= numbers[0] and facts.size[1] <= numbers[1]


def _domain(test: str, values: list[str], ids: Ids) -> Asked:
    """The domain itself, or one below it."""
    wanted, endings = frozenset(values), tuple(f".{each}" for each in values)
    return lambda facts: facts.domain in wanted or facts.domain.endswith(endings)


def _language(test: str, values: list[str], ids: Ids) -> Asked:
    """de is German of everywhere, de-at that of Austria."""
    wanted = frozenset(values)
    return lambda facts: facts.language in wanted or facts.language.partition("-")[0] in wanted


def _hours(test: str, values: list[str], ids: Ids) -> Asked:
    schedule = 0 if values[0] == OURS else ids["schedule"].get(values[0], 0)
    return lambda facts: facts.works(schedule, facts.at)


MAKERS: dict[str, Callable[[str, list[str], Ids], Asked]] = {
    "country": _text("country"),
    "region": _text("region", plain),
    "postal_code": _postal,
    "phone": _phone,
    "size": _size,
    "product": _link("product"),
    "source": _link("source"),
    "campaign": _link("campaign"),
    "form": _link("endpoint"),
    "lead_type": _text("lead_type"),
    "language": _language,
    "hours": _hours,
    "domain": _domain,
}
