"""The editor of one lead rule: what was typed, kept whatever becomes of it, and from it to a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.record import nouns
from fairlead.models import Lead, User
from fairlead.models.place import territories
from fairlead.programs.rule_words import FACTS
from fairlead.routing.rules import LINKS, OURS, REST, TESTS, shape_of

Choices = list[tuple[str, Any]]
MOST_ROWS = 12
ACTIONS = ("lead_type", "rating", "template", "track")
TEST_WORDS: dict[str, Any] = {
    "is": gettext_lazy("is one of"),
    "is_not": gettext_lazy("is none of"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "between": gettext_lazy("is between"),
}
BEGINS = {"is": gettext_lazy("begins with"), "is_not": gettext_lazy("does not begin with")}
HOURS = {"is": gettext_lazy("are going on at"), "is_not": gettext_lazy("are over at")}
HELP: dict[str, Any] = {
    "country": gettext_lazy("Names or codes, with commas between: Germany, Austria."),
    "region": gettext_lazy("As leads have it, with commas between: Bayern, Bavaria."),
    "postal_code": gettext_lazy("How it begins: 80, 81. Or from and to, like 10 and 19."),
    "phone": gettext_lazy("How it begins, with the country: +49, +43 1."),
    "size": gettext_lazy("People. Of a band such as 50–249 all of it must fit."),
    "language": gettext_lazy("By its letters: de, fr. de is German of everywhere, de-at that of Austria."),
    "domain": gettext_lazy("Like example.com; what lies below it counts too."),
}
KINDS: Choices = [
    ("user", gettext_lazy("One person")),
    ("queue", gettext_lazy("A queue, to claim from")),
    ("turns", gettext_lazy("By turns")),
    ("fewest", gettext_lazy("Whoever has the fewest open leads")),
    ("account", gettext_lazy("The account’s owner")),
]
ADDER: tuple[str, Any] = ("adder", gettext_lazy("Whoever adds it; what arrives by itself goes into the queue"))


@dataclass
class Row:
    """A condition as it was typed."""

    fact: str
    test: str = "is"
    values: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def label(self) -> str:
        return str(capfirst(FACTS[self.fact]))

    @property
    def help(self) -> str:
        return str(HELP.get(self.fact, ""))

    @property
    def tests(self) -> Choices:
        apart = {"phone": BEGINS, "postal_code": BEGINS, "hours": HOURS}
        words = TEST_WORDS | apart.get(self.fact, {})
        return [(each, words[each]) for each in TESTS[self.fact]]

    @property
    def kind(self) -> str:
        """How its values are typed: as text, as figures, by ticks, or as one choice."""
        if self.fact == "hours":
            return "one"
        return "ticks" if self.fact in LINKS or self.fact == "lead_type" else "size" if self.fact == "size" else "text"

    @property
    def choices(self) -> Choices:
        if self.fact == "lead_type":
            return list(Lead.Type.choices)
        ours: Choices = [(OURS, _("The organisation"))] if self.fact == "hours" else []
        return [*ours, *_named(LINKS[self.fact], self.values)]

    @property
    def text(self) -> str:
        """The values in one line, countries by their names."""
        shown = [territories().get(each, each) for each in self.values] if self.fact == "country" else self.values
        return ", ".join(shown)

    def first(self, place: int) -> str:
        return self.values[place] if len(self.values) > place else ""

    def condition(self) -> dict[str, Any]:
        return {"fact": self.fact, "test": self.test, "values": self.values}


@dataclass
class RuleForm:
    """`rule` as it stands, or an empty one; `given`: what the page sent. `errors` by field, "" above all."""

    rule: Mapping[str, Any]
    given: Any = None
    errors: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.given is None:
            when = self.rule.get("when", ())
            self.rows = [Row(each["fact"], each["test"], list(each["values"])) for each in when]
        else:
            self.rows = [row for at in range(MOST_ROWS) if (row := self._row(at)) is not None]

    @property
    def is_rest(self) -> bool:
        return self.rule.get("key") == REST

    @property
    def is_known(self) -> bool:
        return bool(self.rule.get("key"))

    @property
    def seen(self) -> str:
        """Says what the rule was like when it was read."""
        return self._said("seen") if self.given is not None else shape_of(self.rule) if self.rule.get("key") else ""

    def change_rows(self) -> bool:
        """Add or take away a condition, when a button for that was pressed."""
        if self.given is None or ("add" not in self.given and "drop" not in self.given):
            return False
        drop = self._said("drop")
        if drop.isdecimal() and int(drop) < len(self.rows):
            del self.rows[int(drop)]
        if "add" in self.given and (fact := self._said("new_fact")) in FACTS and len(self.rows) < MOST_ROWS:
            self.rows.append(Row(fact, TESTS[fact][0]))
        return True

    def read(self) -> dict[str, Any]:
        """The rule as the verb takes it."""
        to: dict[str, Any] = {"kind": self._said("kind")}
        to |= {name: self._said(name) for name in ("user", "queue") if self._said(name)}
        users = self.given.getlist("users")
        to |= {"team": self._said("team")} if self._said("team") else {"users": users} if users else {}
        then: dict[str, Any] = {name: self._said(name) for name in ACTIONS if self._said(name)}
        then["tags"] = [each.strip() for each in self._said("tags").split(",") if each.strip()]
        minutes = self._said("minutes")
        if minutes:
            then["minutes"] = int(minutes) if minutes.isdecimal() and len(minutes) < 6 else 0
        overdue, _colon, whom = self._said("overdue_then").partition(":")
        then |= ({"overdue_then": overdue} if overdue else {}) | ({"overdue_to": whom} if whom else {})
        return {
            "key": self.rule.get("key", ""),
            "name": self._said("name"),
            "when": [each.condition() for each in self.rows],
            "to": to,
            "then": then,
            "off": "off" in self.given,
        }

    def object(self, errors: Mapping[str, list[str]]) -> None:
        """Put what is wrong beside what was typed: when.2.values at the third condition, to.kind at the target."""
        for name, texts in errors.items():
            parts = name.split(".")
            if parts[0] == "when" and len(parts) > 1 and int(parts[1]) < len(self.rows):
                self.rows[int(parts[1])].error = " ".join(texts)
            else:
                self.errors[parts[-1] if parts[0] in ("to", "then", "name") else ""] = " ".join(texts)

    @property
    def wrong(self) -> str:
        if self.errors.get(""):
            return self.errors[""]
        some = self.errors or any(row.error for row in self.rows)
        return _("Something needs a second look. What you typed is still here.") if some else ""

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    def value(self, name: str) -> Any:
        if self.given is not None:
            return self._said(name)
        to, then = self.rule.get("to", {}), self.rule.get("then", {})
        if name == "tags":
            return ", ".join(then.get("tags", ()))
        if name == "overdue_then":
            return ":".join(filter(None, [then.get("overdue_then"), then.get("overdue_to")]))
        return {"kind": "user", **self.rule, **to, **then}.get(name, "")

    @property
    def users(self) -> list[str]:
        found: list[str] = (
            self.given.getlist("users") if self.given is not None else self.rule.get("to", {}).get("users", [])
        )
        return found

    @property
    def is_off(self) -> bool:
        return "off" in self.given if self.given is not None else bool(self.rule.get("off"))

    def context(self) -> dict[str, Any]:
        """The choices that the page offers."""
        kinds = [each for each in KINDS if each[0] != "account" or not self.is_rest]
        return {
            "facts": [(name, capfirst(label)) for name, label in FACTS.items()],
            "kinds": [*kinds, ADDER] if self.is_rest else kinds,
            "colleagues": [("", "–"), *_people(self.value("user"))],
            "queues": [("", "–"), *_named("queue", [self.value("queue")])],
            "teams": [("", _("The people ticked below")), *_named("team", [self.value("team")])],
            "people": _people(*self.users),
            "types": [("", _("As it came")), *Lead.Type.choices],
            "templates": [("", _("No mail")), *_named("mail_template", [self.value("template")])],
            "tracks": [("", _("None")), *_named("track", [self.value("track")])],
            "overdue": self._overdue(),
            "ratings": [("", _("As it came")), *Lead.Rating.choices],
        }

    def _overdue(self) -> Choices:
        """What can become of a lead that nobody answers in time; it can go to each colleague."""
        ways = [("tell", _("Only warn")), ("queue", _("Put it back to be claimed"))]
        ways.append(("reassign", _("Give it to a colleague who is there")))
        people = _people(str(self.value("overdue_then")).partition(":")[2])
        give = _("Give it to %(name)s")
        return [("", _("As the organisation says")), *ways, *((f"reassign:{k}", give % {"name": n}) for k, n in people)]

    def _row(self, at: int) -> Row | None:
        fact, test = self._said(f"fact.{at}"), self._said(f"test.{at}")
        if fact not in FACTS:
            return None
        values = [each.strip() for each in self.given.getlist(f"values.{at}")]
        row = Row(fact, test if test in TESTS[fact] else TESTS[fact][0])
        if row.kind == "text":
            values = [each.strip() for line in values for each in line.split(",")]
        if test == "between" and row.kind == "size":
            values.append(self._said(f"upto.{at}"))
        row.values = [each for each in values if each]
        return row

    def _said(self, name: str) -> str:
        return str(self.given.get(name, "")).replace("\x00", "").strip()


def _named(noun: str, kept: list[str]) -> Choices:
    """Those in use, and those that the rule names already."""
    model: Any = nouns()[noun]
    rows = [each for each in model.objects.order_by("name")[:500] if not each.archived_at or each.public_id in kept]
    return [(each.public_id, each.name) for each in rows]


def _people(*kept: str) -> Choices:
    rows = User.objects.order_by("name").values_list("public_id", "name", "is_active")
    return [(public_id, name) for public_id, name, active in rows if active or public_id in kept]
