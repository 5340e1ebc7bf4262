"""The page on which a lead is qualified: what it proposes, and what was chosen and typed as the verb's input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.matching import uniting
from fairlead.matching.rank import Match, Ranking
from fairlead.matching.uniting import Union
from fairlead.models import CriterionTick, ExitCriterion, Lead, Opportunity, Organisation, Stage
from fairlead.verbs.opportunities import first_stage
from fairlead.verbs.qualify import checklist, start
from fairlead.web import rows, typed
from fairlead.web.addresses import url_of
from fairlead.web.formats import Reader

NEW, NONE, LONGEST = "new", "none", 300
NOUNS = ("company", "person", "opportunity")
RANKED = {"company": "companies", "person": "people", "opportunity": "opportunities"}
# Input of a new one: (its name, the argument's fact, the label, the kind of input).
FIELDS: dict[str, tuple[tuple[str, str, Any, str], ...]] = {
    "company": (
        ("name", "name", gettext_lazy("Name"), "text"),
        ("website", "website", gettext_lazy("Website"), "text"),
    ),
    "person": (
        ("name", "name", gettext_lazy("Name"), "text"),
        ("title", "title", gettext_lazy("Job title"), "text"),
        ("mail", "mails", gettext_lazy("E-mail"), "email"),
        ("phone", "phones", gettext_lazy("Phone"), "tel"),
    ),
    "opportunity": (
        ("title", "title", gettext_lazy("Title"), "text"),
        ("amount", "amount", gettext_lazy("Value"), "money"),
        ("close_on", "close_on", gettext_lazy("Close date"), "day"),
    ),
}
WORDS = {
    "name": gettext_lazy("name"),
    "website": gettext_lazy("website"),
    "title": gettext_lazy("job title"),
    "company": gettext_lazy("company"),
    "person": gettext_lazy("person"),
    "mails": gettext_lazy("e-mail address"),
    "phones": gettext_lazy("phone number"),
    "address": gettext_lazy("address"),
}


@dataclass(frozen=True)
class Differing:
    """A field in which both say something: the record's value stays unless the lead's is taken."""

    name: str
    label: str
    theirs: str
    ours: str
    taken: bool


@dataclass(frozen=True)
class Choice:
    """A record that is there: who it is, why it may be them, and what would come of choosing it."""

    value: str
    name: str
    sub: str
    url: str
    why: str
    adds: str
    differing: Sequence[Differing]


@dataclass(frozen=True)
class Input:
    name: str
    label: str
    kind: str
    value: str
    error: str


@dataclass(frozen=True)
class Card:
    """One of company, person and opportunity, with what is chosen for it."""

    noun: str
    chosen: str
    choices: Sequence[Choice]
    inputs: Sequence[Input]
    may_create: bool
    words: str
    error: str


@dataclass
class Qualifying:
    """What the page shows. `given` is what was sent; without it, what is proposed. `errors` are by the page's names."""

    lead: Lead
    by: Actor
    reader: Reader
    given: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @cached_property
    def cards(self) -> list[Card]:
        return [self._card(noun) for noun in NOUNS]

    @cached_property
    def criteria(self) -> list[tuple[ExitCriterion, bool]]:
        """The checklist, each with whether it is ticked. What looks itself up is not asked."""
        before = set(CriterionTick.objects.filter(lead=self.lead).values_list("criterion_id", flat=True))
        asked = [each for each in checklist(self.stage) if not each.fact]
        return [(each, f"tick.{each.public_id}" in self.given or each.pk in before) for each in asked]

    @cached_property
    def stages(self) -> list[Stage]:
        """Where a new opportunity may start: behind the first stage of each pipeline."""
        live: Any = Stage.objects.visible_to(self.by).live().filter(pipeline__archived_at=None)
        firsts: dict[int, Stage] = {}
        for each in live.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position"):
            firsts.setdefault(each.pipeline_id, each)
        return [start(each) for each in firsts.values()]

    @property
    def stage(self) -> Stage:
        chosen = self.given.get("stage", "")
        return next((each for each in self.stages if each.public_id == chosen), None) or first_stage()

    def raw(self) -> dict[str, Any]:
        """The verb's input. What cannot be read stands in `errors` under the names of the page."""
        raw: dict[str, Any] = {"lead": self.lead.public_id, "reason": self.given.get("reason", "").strip()}
        for noun in NOUNS:
            chosen = self._chosen(noun)
            if chosen == NEW:
                raw[f"new_{noun}"] = self._new(noun)
            elif chosen != NONE:
                raw[noun] = chosen
        if "new_opportunity" in raw and self.given.get("stage"):
            raw["stage"] = self.given["stage"]
        raw["ticked"] = [each.public_id for each, ticked in self.criteria if ticked]
        raw["take"] = [name.partition(":")[0] for name in self._taken() if name.partition(":")[2] in raw.values()]
        return raw

    def object_to(self, errors: Mapping[str, Sequence[str]]) -> None:
        """The verb's objections, at the inputs of the page."""
        for place, texts in errors.items():
            noun, _dot, fact = place.removeprefix("new_").partition(".")
            names = {argument: name for name, argument, _label, _kind in FIELDS.get(noun, ())}
            known = names.get(fact.partition(".")[0].removesuffix("_minor"))
            self.errors[f"{noun}.{known}" if known else noun] = " ".join(texts)

    # --- what is shown ---

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(self.by, self.lead, {noun: self.given.get(f"find.{noun}", "")[:LONGEST] for noun in NOUNS})

    def _matches(self, noun: str) -> list[Match]:
        found: list[Match] = getattr(self._ranking, RANKED[noun])
        return found

    def _card(self, noun: str) -> Card:
        matches, words = self._matches(noun), self.given.get(f"find.{noun}", "")
        editable = rows.reached(self.by, "edit", [each.record for each in matches])
        return Card(
            noun,
            self._chosen(noun),
            [self._choice(noun, each, may_edit=each.record.pk in editable) for each in matches],
            [self._input(noun, each) for each in FIELDS[noun] if self._is_open(noun, each[1])],
            access.can_any(self.by, "create", noun),
            words,
            self.errors.get(noun, ""),
        )

    def _chosen(self, noun: str) -> str:
        """What was chosen; at first the likeliest one, when it is likely enough, else a new one."""
        known = {each.record.public_id for each in self._matches(noun)}
        given = self.given.get(noun, "")
        if given in known | {NEW, NONE}:
            return given
        sure = next((each.record.public_id for each in self._matches(noun) if each.sure), "")
        if sure or not access.can_any(self.by, "create", noun):
            return sure or NONE
        return NONE if noun == "company" and not self.lead.company_name else NEW

    def _choice(self, noun: str, match: Match, *, may_edit: bool) -> Choice:
        record, union = match.record, self._union(noun, match.record)
        adds = [str(WORDS[name]) for name in (*union.fills, *union.adds)]
        text = _("Gets the lead’s %(facts)s") % {"facts": _listed(adds)} if adds and may_edit else ""
        return Choice(
            record.public_id,
            record.label,
            _sub(record),
            url_of(record),
            " · ".join(match.reasons),
            text if may_edit else _("You may not change it, so nothing is added to it"),
            [self._differing(noun, record, name, pair) for name, pair in union.conflicts.items()] if may_edit else [],
        )

    def _union(self, noun: str, record: Any) -> Union:
        company, person = self._record("company"), self._record("person")
        if noun == "company":
            return uniting.beside_company(self.lead, record, alone=self._chosen("person") == NONE)
        if noun == "person":
            return uniting.beside_person(self.lead, record, company, alone=self._chosen("company") == NONE)
        return uniting.beside_opportunity(record, company, person)

    def _record(self, noun: str) -> Any:
        chosen = self._chosen(noun)
        return next((each.record for each in self._matches(noun) if each.record.public_id == chosen), None)

    def _differing(self, noun: str, record: Any, name: str, pair: tuple[Any, Any]) -> Differing:
        at = f"{noun}.{name}:{record.public_id}"
        return Differing(at, str(WORDS[name]), str(pair[0]), str(pair[1]), at in self._taken())

    def _input(self, noun: str, spec: tuple[str, str, Any, str]) -> Input:
        name, _fact, label, kind = spec
        at = f"{noun}.{name}"
        value = self.given[at] if at in self.given else self._from_lead(noun, name)
        return Input(at, str(label), kind, value, self.errors.get(at, ""))

    def _from_lead(self, noun: str, name: str) -> str:
        lead = self.lead
        known = {
            "company.name": lead.company_name,
            "company.website": uniting.website(lead),
            "person.name": lead.name,
            "person.title": lead.title,
            "person.mail": lead.email,
            "person.phone": lead.phone,
            "opportunity.title": lead.interest or str(lead.company_name or lead.name),
        }
        return known.get(f"{noun}.{name}", "")

    # --- what was sent ---

    def _taken(self) -> set[str]:
        return {name.removeprefix("take.") for name, value in self.given.items() if name.startswith("take.") and value}

    def _new(self, noun: str) -> dict[str, Any]:
        """The facts of a new one, as far as they were typed: what the reader may not see comes from the lead."""
        facts: dict[str, Any] = {}
        for name, fact, _label, kind in FIELDS[noun]:
            at = f"{noun}.{name}"
            if at in self.given and self._is_open(noun, fact):
                try:
                    facts |= self._fact(fact, kind, self.given[at].strip())
                except typed.Unread as unread:
                    self.errors[at] = str(unread)
        return facts

    def _fact(self, fact: str, kind: str, text: str) -> dict[str, Any]:
        if kind in {"money", "day"} and not text:
            return {}
        if kind == "money":
            amount, currency = typed.amount(text, Organisation.ours().currency, self.reader.locale)
            return {"amount": str(amount), "currency": currency}
        if kind == "day":
            return {fact: typed.day(text, self.reader).isoformat()}
        return {fact: [text] if text else []} if fact in {"mails", "phones"} else {fact: text}

    def _is_open(self, noun: str, fact: str) -> bool:
        return fact not in access.fixed(self.by, nouns()[noun])


def _sub(record: Any) -> str:
    """What tells one record from others of its name."""
    if isinstance(record, Opportunity):
        return str(record.stage)
    parts = [getattr(record, "title", ""), record.company.name if getattr(record, "company", None) else ""]
    places = [each.city for each in record.addresses.all()[:1]]
    return " · ".join(part for part in [*parts, getattr(record, "website", ""), *places] if part)


def _listed(words: Sequence[str]) -> str:
    return (
        words[0]
        if len(words) == 1
        else _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
    )
