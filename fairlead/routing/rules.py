"""Rules as data: what may stand in them, checked before they are kept."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Required, get_args

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.errors import Invalid
from fairlead.models import Lead
from fairlead.models.organisation import Overdue
from fairlead.models.place import country_code
from fairlead.routing.facts import plain, postal

FactName = Literal[
    "country", "region", "postal_code", "phone", "size", "product", "source", "campaign", "form", "lead_type",
    "language", "hours", "domain",
]  # fmt: skip
Test = Literal["is", "is_not", "at_least", "at_most", "between"]
TargetKind = Literal["user", "queue", "turns", "fewest", "account", "adder"]
# Facts whose values are public ids, with their noun.
LINKS = {
    "product": "product",
    "source": "source",
    "campaign": "campaign",
    "form": "endpoint",
    "hours": "schedule",
}
TESTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(get_args(FactName), ("is", "is_not")),
    "size": ("at_least", "at_most", "between"),
    "postal_code": ("is", "is_not", "between"),
}
ACTED = {"template": "mail_template", "track": "track"}
OURS = "ours"  # the organisation's own schedule
REST = "rest"  # the key of the last rule
MOST_RULES, MOST_CONDITIONS, MOST_VALUES = 500, 12, 300
MOST_MINUTES = 60 * 24 * 14


class Condition(TypedDict):
    """`values`: with `is`, one of these; with `between`, two. Links are public ids; hours is "ours" or a schedule."""

    fact: FactName
    test: Test
    values: list[str]


class Target(TypedDict, total=False):
    """By turns and to who has the fewest: among a team or `users`. `account`: who owns the linked company or person.

    `adder`: whoever adds the lead by hand; what arrives by itself goes to `queue`. All are public ids.
    """

    kind: Required[TargetKind]
    user: str
    queue: str
    team: str
    users: list[str]


class Then(TypedDict, total=False):
    """What else is done: lead type and rating are set, tags added; `minutes` of working time to answer within.

    When nobody has answered by then, `overdue_then` says what becomes of it, else the organisation: it is only told of,
    goes back to be claimed, or is reassigned: to `overdue_to`, else to a colleague who is there.
    `template`, a mail template, answers an inquiry that arrived; `track` is applied. Ids are public ones.
    """

    lead_type: Literal["inquiry", "trial", "event", "call", "list"]
    rating: Literal["hot", "warm", "cold"]
    tags: list[str]
    minutes: int
    overdue_then: Literal["tell", "queue", "reassign"]
    overdue_to: str
    template: str
    track: str


class Rule(TypedDict, total=False):
    """One rule; without conditions it catches everything. `off`: it is passed over."""

    key: str
    name: str
    when: list[Condition]
    to: Required[Target]
    then: Then
    off: bool


def checked(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A whole list in normal form, with keys, the rest at its end; raises Invalid with what is wrong, by its place."""
    found = [dict(each) for each in rules]
    if not found or found[-1].get("key") != REST or any(each.get("key") == REST for each in found[:-1]):
        raise Invalid({"rules": [_("The last rule, and only that, has the key rest: it catches what is left.")]})
    if len(found) > MOST_RULES:
        raise Invalid({"rules": [_("There is room for %(most)s rules.") % {"most": MOST_RULES}]})
    keys = [each["key"] for each in found if each.get("key")]
    if len(set(keys)) < len(keys):
        raise Invalid({"rules": [_("Two rules have the same key.")]})
    return [one(each, f"rules.{at}.") for at, each in enumerate(found)]


def one(rule: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """One rule in normal form; `at` stands before the names of what is wrong."""
    key = str(rule.get("key") or "") or secrets.token_hex(5)
    if not key.isalnum() or len(key) > 12:
        raise Invalid({f"{at}key": [_("A key has up to 12 letters and digits.")]})
    when, rest = list(rule.get("when") or ()), key == REST
    if len(when) > MOST_CONDITIONS:
        raise Invalid({f"{at}when": [_("A rule has room for %(most)s conditions.") % {"most": MOST_CONDITIONS}]})
    if rest and (when or rule.get("off")):
        raise Invalid({f"{at}when": [_("The last rule has no conditions and is never off: it catches what is left.")]})
    return {
        "key": key,
        "name": " ".join(str(rule.get("name") or "").split())[:80],
        "when": [condition(each, f"{at}when.{number}.") for number, each in enumerate(when)],
        "to": target(rule["to"], f"{at}to.", rest=rest),
        "then": then(rule.get("then") or {}, f"{at}then."),
        "off": bool(rule.get("off")),
    }


def condition(given: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    fact, test = given["fact"], given["test"]
    if fact not in TESTS or test not in TESTS[fact]:
        raise Invalid({f"{at}test": [_("This cannot be asked of it. Choose another test.")]})
    values = list(dict.fromkeys(_value(fact, str(each), at) for each in given["values"] if str(each).strip()))
    if test == "between" and len(values) == 1:
        values *= 2  # from 10 to 10
    needed = {"at_least": 1, "at_most": 1, "between": 2}.get(test, 0)
    if not values or (needed and len(values) != needed):
        raise Invalid(
            {f"{at}values": [_("Write two values.") if needed == 2 else _("Write what it is compared with.")]}
        )
    if len(values) > MOST_VALUES:
        raise Invalid({f"{at}values": [_("There is room for %(most)s values.") % {"most": MOST_VALUES}]})
    if test == "between" and _in_order(fact, values[1]) < _in_order(fact, values[0]):
        raise Invalid({f"{at}values": [_("Write the smaller one first.")]})
    if fact == "hours" and len(values) > 1:
        raise Invalid({f"{at}values": [_("Choose one schedule.")]})
    return {"fact": fact, "test": test, "values": values}


def target(given: Mapping[str, Any], at: str = "", *, rest: bool = False) -> dict[str, Any]:
    kind = given.get("kind")
    kept = {"user": ("user",), "queue": ("queue",), "turns": ("team", "users"), "fewest": ("team", "users")}
    kept |= {"account": (), "adder": ("queue",)}
    if kind not in kept:
        raise Invalid({f"{at}kind": [_("Choose who gets these leads.")]})
    if rest and kind == "account":
        raise Invalid({f"{at}kind": [_("Not every lead has an account. The last rule needs somebody, or a queue.")]})
    if kind == "adder" and not rest:
        raise Invalid({f"{at}kind": [_("Only the last rule leaves leads with whoever adds them.")]})
    found = {name: given[name] for name in kept[kind] if given.get(name)}
    if kept[kind] and not found:
        name = kept[kind][0]
        raise Invalid({f"{at}{name}": [_("Choose who gets these leads.")]})
    if "team" in found and "users" in found:
        raise Invalid({f"{at}users": [_("Choose a team, or people, not both.")]})
    if "users" in found:
        found["users"] = list(dict.fromkeys(str(each) for each in found["users"]))
    return {"kind": kind, **found}


def then(given: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, choices in (("lead_type", Lead.Type.values), ("rating", Lead.Rating.values)):
        if given.get(name):
            if given[name] not in choices:
                raise Invalid({f"{at}{name}": [_("Choose one of the list.")]})
            found[name] = given[name]
    tags = [" ".join(str(each).split()) for each in given.get("tags") or ()]
    if any(len(each) > 40 for each in tags):
        raise Invalid({f"{at}tags": [_("A tag has up to 40 characters.")]})
    if tags := list(dict.fromkeys(filter(None, tags))):
        found["tags"] = tags[:20]
    if (minutes := given.get("minutes")) is not None:
        if not 0 < int(minutes) <= MOST_MINUTES:
            raise Invalid({f"{at}minutes": [_("Write 1 to %(most)s minutes.") % {"most": f"{MOST_MINUTES:,}"}]})
        found["minutes"] = int(minutes)
    found |= _overdue(given, at)
    return found | {name: str(given[name]) for name in ACTED if given.get(name)}


def _overdue(given: Mapping[str, Any], at: str) -> dict[str, Any]:
    """What becomes of a lead whose time is over; it needs a time."""
    chosen, to = given.get("overdue_then"), given.get("overdue_to")
    if not chosen and not to:
        return {}
    if chosen not in Overdue.values or (to and chosen != Overdue.REASSIGN):
        text = _("Choose one of the list. Only what is reassigned goes to somebody.")
        raise Invalid({f"{at}overdue_then": [text]})
    if given.get("minutes") is None:
        raise Invalid({f"{at}overdue_then": [_("Say within which time it is to be answered, or leave this out.")]})
    return {"overdue_then": chosen} | ({"overdue_to": str(to)} if to else {})


def shape_of(rule: Mapping[str, Any]) -> str:
    """What tells whether a rule was changed since it was read."""
    return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:16]


def named(rules: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The public ids that these rules name, by noun."""
    found: dict[str, set[str]] = {noun: set() for noun in ("user", "queue", "team", *LINKS.values(), *ACTED.values())}
    for rule in rules:
        for each in rule["when"]:
            if each["fact"] in LINKS:
                found[LINKS[each["fact"]]] |= {value for value in each["values"] if value != OURS}
        to = rule["to"]
        for noun in ("user", "queue", "team"):
            found[noun] |= {to[noun]} if noun in to else set()
        for name, noun in ACTED.items():
            found[noun] |= {rule["then"][name]} if name in rule["then"] else set()
        found["user"] |= {*to.get("users", ()), *filter(None, [rule["then"].get("overdue_to")])}
    return found


def _value(fact: str, text: str, at: str) -> str:
    """One value in normal form."""
    text = " ".join(text.split())[:120]
    if fact == "country":
        code = country_code(text)
        if not code:
            raise Invalid({f"{at}values": [_("There is no country “%(name)s”.") % {"name": text}]})
        return code
    if fact == "region":
        return text
    if fact == "postal_code":
        return postal(text)
    if fact == "phone":
        return _prefix(text, at)
    if fact == "size":
        return _people(text, at)
    if fact == "domain":
        return _domain(text, at)
    if fact == "language":
        return _language(text, at)
    if fact == "lead_type" and text not in Lead.Type.values:
        raise Invalid({f"{at}values": [_("There is no lead type “%(name)s”.") % {"name": text}]})
    return text


def _prefix(text: str, at: str) -> str:
    digits = "".join(sign for sign in text if sign.isdigit())
    if not text.startswith(("+", "00")) or not digits.strip("0"):
        raise Invalid({f"{at}values": [_("Write how the number begins with its country, like +49 or +49 89.")]})
    return f"+{digits.removeprefix('00') if text.startswith('00') else digits}"


def _people(text: str, at: str) -> str:
    digits = text.replace(",", "").replace(" ", "")
    if not digits.isdecimal() or len(digits) > 8:
        raise Invalid({f"{at}values": [_("Write a number of people, like 50.")]})
    return str(int(digits))


def _domain(text: str, at: str) -> str:
    domain = text.lower().rpartition("@")[2].strip(".")
    if "." not in domain or " " in domain:
        raise Invalid({f"{at}values": [_("Write a domain like example.com.")]})
    return domain


def _language(text: str, at: str) -> str:
    code = text.lower().replace("_", "-")
    if not code.replace("-", "").isalnum() or not 2 <= len(code.partition("-")[0]) <= 3:
        raise Invalid({f"{at}values": [_("Write a language by its letters, like de or en.")]})
    return code


def _in_order(fact: str, value: str) -> Any:
    return int(value) if fact == "size" else plain(value)
