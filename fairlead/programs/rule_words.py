"""Lead rules and their traces in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fairlead.core.record import nouns
from fairlead.models import Endpoint, Lead, Routing, RuleSet, User
from fairlead.models.place import territories
from fairlead.routing.overlap import Finding
from fairlead.routing.rules import LINKS, OURS, REST, named

FACTS: dict[str, Any] = {
    "country": gettext_lazy("country"),
    "region": gettext_lazy("region"),
    "postal_code": gettext_lazy("postal code"),
    "phone": gettext_lazy("phone number"),
    "size": gettext_lazy("company size"),
    "product": gettext_lazy("interest"),
    "source": gettext_lazy("source"),
    "campaign": gettext_lazy("campaign"),
    "form": gettext_lazy("form"),
    "lead_type": gettext_lazy("lead type"),
    "language": gettext_lazy("language"),
    "hours": gettext_lazy("working hours"),
    "domain": gettext_lazy("mail domain"),
}
# As facts are kept with a trace.
KEPT = {"form": "endpoint"}
HOUR = 60


@dataclass(frozen=True)
class Said:
    """One rule in words; the parts of its sentence apart, so that a page can set them apart."""

    key: str
    place: int
    name: str
    when: list[str]
    to: str
    then: list[str]
    off: bool
    is_rest: bool
    remarks: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        if self.is_rest:
            return _("Everything else")
        return self.name or _("Rule %(number)s") % {"number": self.place + 1}

    @property
    def sentence(self) -> str:
        asked = _("When %(when)s") % {"when": listed(self.when)} if self.when else _("Always")
        return f"{_('Everything else') if self.is_rest else asked}: {', '.join([self.to, *self.then])}."


@dataclass(frozen=True)
class Step:
    """What became of one rule for a lead."""

    number: int
    title: str
    text: str
    gave: bool = False

    @property
    def name(self) -> str:
        return self.title[:1].upper() + self.title[1:]


class Names:
    """What the records are called that rules name, by public id; read with one statement for each noun."""

    def __init__(self, rules: Iterable[Mapping[str, Any]]) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self.gone: set[tuple[str, str]] = set()
        for noun, wanted in named(rules).items():
            rows: Any = nouns()[noun]._base_manager.filter(public_id__in=wanted) if wanted else ()
            for row in rows:
                self._names[noun, row.public_id] = str(row)
                if row.archived_at is not None or (isinstance(row, User) and not row.is_active):
                    self.gone.add((noun, row.public_id))

    def of(self, noun: str, public_id: str) -> str:
        return self._names.get((noun, public_id)) or _("(gone)")


def said(rules: Sequence[Mapping[str, Any]], found: Sequence[Finding] = ()) -> list[Said]:
    """All rules in words, each with what was found of it."""
    names = Names(rules)
    titles = [titled(rule, place) for place, rule in enumerate(rules)]
    remarks: dict[int, list[str]] = {}
    for each in found:
        remarks.setdefault(each.place, []).append(remark(each, titles))
    return [
        Said(
            key=rule["key"],
            place=place,
            name=rule["name"],
            when=[asked(each, names) for each in rule["when"]],
            to=target(rule["to"], names),
            then=actions(rule["then"], names),
            off=rule["off"],
            is_rest=rule["key"] == REST,
            remarks=[*remarks.get(place, ()), *_gone(rule["to"], names), *_gone_then(rule["then"], names)],
        )
        for place, rule in enumerate(rules)
    ]


def asked(condition: Mapping[str, Any], names: Names) -> str:
    """One condition: country is Germany or Austria."""
    fact, test, values = condition["fact"], condition["test"], condition["values"]
    if fact == "hours":
        return _hours(test, values[0], names)
    if fact == "size":
        return _size(test, values)
    words = [_value(fact, each, names) for each in values]
    about = {"fact": FACTS[fact], "values": listed(words, _("or")), "none": listed(words, _("nor"))}
    if test == "between":
        return _("%(fact)s is between %(first)s and %(last)s") % {**about, "first": words[0], "last": words[-1]}
    if fact in ("phone", "postal_code"):
        begins, not_so = _("%(fact)s begins with %(values)s"), _("%(fact)s does not begin with %(values)s")
        return (begins if test == "is" else not_so) % about
    if test == "is":
        return _("%(fact)s is %(values)s") % about
    return (_("%(fact)s is neither %(none)s") if len(words) > 1 else _("%(fact)s is not %(values)s")) % about


def target(to: Mapping[str, Any], names: Names) -> str:
    """Whom it goes to: give to Lena Fischer."""
    who = (
        names.of("team", to["team"])
        if "team" in to
        else listed([names.of("user", each) for each in to.get("users", ())])
    )
    queue = names.of("queue", to["queue"]) if "queue" in to else ""
    words: dict[str, Any] = {
        "user": _("give to %(user)s") % {"user": names.of("user", to.get("user", ""))},
        "queue": _("put into the queue %(queue)s") % {"queue": queue},
        "turns": _("give to %(who)s by turns") % {"who": who},
        "fewest": _("give to whoever of %(who)s has the fewest open leads") % {"who": who},
        "account": _("give to the account’s owner"),
        "adder": _("whoever adds it keeps it, and what arrives by itself goes into the queue %(queue)s")
        % {"queue": queue},
    }
    return str(words[to["kind"]])


def actions(then: Mapping[str, Any], names: Names) -> list[str]:
    """What else is done: type Free trial, answer within 1 working hour."""
    found = []
    if "template" in then:
        found.append(_("answer with %(name)s") % {"name": names.of("mail_template", then["template"])})
    if "lead_type" in then:
        found.append(_("type %(type)s") % {"type": Lead.Type(then["lead_type"]).label})
    if "rating" in then:
        found.append(_("rate it %(rating)s") % {"rating": str(Lead.Rating(then["rating"]).label).lower()})
    if "tags" in then:
        found.append(_("tag it %(tags)s") % {"tags": listed(then["tags"])})
    if "minutes" in then:
        found.append(_("respond within %(time)s") % {"time": working(then["minutes"])} + overdue(then, names))
    if "track" in then:
        found.append(_("apply the track %(name)s") % {"name": names.of("track", then["track"])})
    return found


def overdue(then: Mapping[str, Any], names: Names) -> str:
    """What becomes of a lead that nobody answers in time, where the rule says it."""
    words: dict[str, Any] = {
        "": "",
        "tell": _(", or its owner and their managers are told"),
        "queue": _(", or it goes back to be claimed"),
        "reassign": _(", or a colleague who is there gets it"),
    }
    if "overdue_to" in then:
        return _(", or %(name)s gets it") % {"name": names.of("user", then["overdue_to"])}
    return str(words[then.get("overdue_then", "")])


def working(minutes: int) -> str:
    """So much working time: 1 working hour, 90 working minutes."""
    if minutes % HOUR:
        return ngettext("%(n)s working minute", "%(n)s working minutes", minutes) % {"n": minutes}
    hours = minutes // HOUR
    return ngettext("%(n)s working hour", "%(n)s working hours", hours) % {"n": hours}


def remark(found: Finding, titles: Sequence[str]) -> str:
    """What is wrong with a rule."""
    if found.kind == "impossible":
        return _("Never reached: no lead can be all of this.")
    by = listed([titles[place] for place in found.by])
    single = len(found.by) == 1
    if found.kind == "never":
        text = (
            _("Never reached: %(by)s catches all of these.")
            if single
            else _("Never reached: %(by)s together catch all of these.")
        )
        return text % {"by": by}
    text = (
        _("Never reached while somebody of %(by)s is there: it catches all of these.")
        if single
        else _("Never reached while somebody of %(by)s is there: together they catch all of these.")
    )
    return text % {"by": by}


def trace(routing: Routing, rules: RuleSet) -> list[Step]:
    """How a lead came to its owner or queue, rule by rule, in words."""
    names, facts = Names(rules.rules), _kept_facts(routing)
    steps = []
    for place, why in enumerate([*routing.passed, ""]):
        rule = rules.rules[place]
        gave = place == len(routing.passed)
        text = _gave(routing, rule, names) if gave else _passed(rule, why, names, facts)
        steps.append(Step(place + 1, titled(rule, place), text, gave))
    return steps


def listed(words: Sequence[str], joint: str = "") -> str:
    """A, B and C."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint or _('and')} {words[-1]}"


def titled(rule: Mapping[str, Any], place: int) -> str:
    """What a rule is called within a sentence."""
    if rule["key"] == REST:
        return _("the last rule")
    number = {"number": place + 1, "name": rule["name"]}
    return (_("rule %(number)s, “%(name)s”") if rule["name"] else _("rule %(number)s")) % number


def _hours(test: str, schedule: str, names: Names) -> str:
    if schedule == OURS:
        return _("it arrives in working hours") if test == "is" else _("it arrives outside working hours")
    words = {"name": names.of("schedule", schedule)}
    return (
        _("it arrives in the hours of %(name)s") if test == "is" else _("it arrives outside the hours of %(name)s")
    ) % words


def _size(test: str, values: Sequence[str]) -> str:
    figures = [f"{int(each):,}" for each in values]
    texts = {
        "at_least": _("company size is %(first)s or more"),
        "at_most": _("company size is up to %(first)s"),
        "between": _("company size is %(first)s to %(last)s"),
    }
    return texts[test] % {"first": figures[0], "last": figures[-1]}


def _value(fact: str, value: str, names: Names) -> str:
    if fact in LINKS:
        return names.of(LINKS[fact], value)
    if fact == "country":
        return territories().get(value, value)
    if fact == "lead_type":
        return str(Lead.Type(value).label)
    return value


def _gone(to: Mapping[str, Any], names: Names) -> list[str]:
    """Of whom it goes to, who cannot take it any more."""
    found = [names.of(noun, to[noun]) for noun in ("user", "queue") if (noun, to.get(noun, "")) in names.gone]
    found += [names.of("user", each) for each in to.get("users", ()) if ("user", each) in names.gone]
    text = _("%(names)s is not there any more: what they would get goes on to the next rule.")
    return [text % {"names": listed(found)}] if found else []


def _gone_then(then: Mapping[str, Any], names: Names) -> list[str]:
    if ("user", then.get("overdue_to", "")) not in names.gone:
        return []
    text = _("%(name)s is not there any more: what nobody answers in time goes to a colleague who is.")
    return [text % {"name": names.of("user", then["overdue_to"])}]


# --- traces ------------------------------------------------------------------------------------------------------


def _kept_facts(routing: Routing) -> dict[str, str]:
    """What the lead was like, in words, by fact."""
    kept, found = routing.facts, dict[str, str]()
    for fact in FACTS:
        value = kept.get(KEPT.get(fact, fact))
        if value is None:
            continue
        if fact in LINKS:
            model: Any = Endpoint if fact == "form" else nouns()[LINKS[fact]]
            found[fact] = str(model._base_manager.filter(pk=value).first() or "")
        elif fact == "size":
            found[fact] = _people(*value)
        elif fact == "country":
            found[fact] = territories().get(value, value)
        elif fact == "lead_type":
            found[fact] = str(Lead.Type(value).label)
        else:
            found[fact] = str(value)
    return found


def _people(least: int, most: int) -> str:
    if least == most:
        return f"{least:,}"
    return f"{least:,}+" if most >= 10**9 else f"{least:,}–{most:,}"


def _passed(rule: Mapping[str, Any], why: Any, names: Names, facts: Mapping[str, str]) -> str:
    if why is None:
        return _("It was off.")
    if isinstance(why, str):
        return _could_not(why)
    condition = rule["when"][why]
    wanted = asked(condition, names)
    if condition["fact"] == "hours":
        return _("No: it did not hold that %(wanted)s.") % {"wanted": wanted}
    had = facts.get(condition["fact"], "")
    if not had:
        return _("No: it asks that %(wanted)s, and the %(fact)s was not known.") % {
            "wanted": wanted, "fact": FACTS[condition["fact"]]}  # fmt: skip
    return _("No: it asks that %(wanted)s, and it was %(had)s.") % {"wanted": wanted, "had": had}


def _could_not(why: str) -> str:
    code, _colon, name = why.partition(":")
    texts = {
        "left": _("It matched, but %(name)s is not there any more, so it went on."),
        "away": _("It matched, but %(name)s was away, so it went on."),
        "nobody": _("It matched, but nobody of them was there, so it went on."),
        "closed": _("It matched, but the queue %(name)s was closed, so it went on."),
        "no_account": _("It matched, but no account of the lead had an owner, so it went on."),
    }
    return texts.get(code, texts["left"]) % {"name": name or _("whoever it gives to")}


def _gave(routing: Routing, rule: Mapping[str, Any], names: Names) -> str:
    whom = {"whom": routing.owner or routing.queue or _("nobody")}
    if routing.chosen:
        return _("It matched. %(whom)s was chosen as owner by hand, which no rule changes.") % whom
    if rule["when"]:
        because = listed([asked(each, names) for each in rule["when"]])
        whom["because"] = because
        text = _("It matched, because %(because)s, and gave it to %(whom)s.")
    else:
        text = _("It catches what is left, and gave it to %(whom)s.")
    notes = {"stands_in": _("Whoever was meant is away: this is who stands in."),
             "last_resort": _("Whoever was meant is not there any more: this is who runs the house.")}  # fmt: skip
    besides = listed(actions(rule["then"], names))
    more = _("Besides: %(what)s.") % {"what": besides} if besides else ""
    return " ".join(filter(None, [text % whom, notes.get(routing.note, ""), more]))
