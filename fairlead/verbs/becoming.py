"""What a qualified lead becomes: a company, a person and an opportunity, each new or one that is there already."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeVar

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.record import Record, nouns
from fairlead.matching import uniting
from fairlead.matching.uniting import Union
from fairlead.models import Company, Lead, Opportunity, Person, Stage, Stakeholder
from fairlead.verbs.companies import create_company
from fairlead.verbs.contact_points import PostalFacts, keep_reach
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.people import create_person

T = TypeVar("T", bound=Record)
# Where a record that is there already says something else than the lead.
Fact = Literal[
    "company.name", "company.website", "person.name", "person.title", "person.company", "opportunity.company"
]


class NewCompany(TypedDict, total=False):
    """What is left out comes from the lead."""

    name: str
    website: str
    tax_id: str
    industry: str
    mails: list[str]
    phones: list[str]
    address: PostalFacts


class NewPerson(TypedDict, total=False):
    name: str
    call_name: str
    title: str
    language: str
    mails: list[str]
    phones: list[str]
    address: PostalFacts


class NewOpportunity(TypedDict, total=False):
    title: str
    amount: Decimal | None
    currency: str
    recurs: Literal["once", "month", "year"]
    close_on: date | None
    about: str


def become_company(by: Actor, lead: Lead, facts: NewCompany, *, alone: bool) -> Company:
    """A company of what the lead says, and of what is said instead."""
    given: dict[str, Any] = {"name": lead.company_name, "website": uniting.website(lead), "source": lead.source}
    given |= {"address": uniting.address(lead)} | (uniting.reach(lead) if alone else {})
    _may_create(by, "company", facts)
    return _owned(by, lead, _named("new_company", given | dict(facts), lambda all: create_company(by, **all)))


def become_person(by: Actor, lead: Lead, facts: NewPerson, company: Company | None) -> Person:
    given: dict[str, Any] = {"name": lead.name, "title": lead.title, "company": company, "source": lead.source}
    given |= uniting.reach(lead) | ({} if company else {"address": uniting.address(lead)})
    _may_create(by, "person", facts)
    return _owned(by, lead, _named("new_person", given | dict(facts), lambda all: create_person(by, **all)))


def become_opportunity(
    by: Actor, lead: Lead, facts: NewOpportunity, stage: Stage, company: Company | None, person: Person | None
) -> Opportunity:
    if company is None and person is None:
        text = _("An opportunity needs a customer. Choose a company or a person, too.")
        raise Invalid({"new_opportunity": [text]})
    title = lead.interest or str(company or person)
    given: dict[str, Any] = {"title": title, "company": company, "person": person, "source": lead.source, "lead": lead}
    _may_create(by, "opportunity", facts)
    made = _named("new_opportunity", given | dict(facts), lambda all: create_opportunity(by, stage=stage, **all))
    return _owned(by, lead, made)


def unite_company(by: Actor, lead: Lead, company: Company, take: set[str], *, alone: bool) -> Company:
    _unite(by, company, uniting.beside_company(lead, company, alone=alone), take)
    return company


def unite_person(by: Actor, lead: Lead, person: Person, company: Company | None, take: set[str]) -> Person:
    _unite(by, person, uniting.beside_person(lead, person, company, alone=company is None), take)
    return person


def unite_opportunity(
    by: Actor, lead: Lead, opportunity: Opportunity, company: Company | None, person: Person | None, take: set[str]
) -> Opportunity:
    """Who asked gets a part in it, beside whom it has."""
    _unite(by, opportunity, uniting.beside_opportunity(opportunity, company, person), take, needed=True)
    if opportunity.lead is None:
        change(opportunity, lead=lead)
    if person and not Stakeholder.objects.filter(opportunity=opportunity, person=person).exists():
        create(Stakeholder, opportunity=opportunity, person=person)
    return opportunity


def _unite(by: Actor, record: Record, found: Union, take: set[str], *, needed: bool = False) -> None:
    """Fill what is blank and take what was chosen. A record that the actor may not change is linked as it is."""
    chosen = {name: pair[1] for name, pair in found.conflicts.items() if f"{record.noun()}.{name}" in take}
    if not access.can(by, "edit", record):
        if chosen or needed:
            raise NotAllowed(_("You can see %(record)s but not change it. Nothing was changed.") % {"record": record})
        return
    fixed = access.fixed(by, type(record))
    if refused := fixed.intersection(chosen):
        raise NotAllowed(_not_yours(refused))
    change(record, **{name: value for name, value in (found.fills | chosen).items() if name not in fixed})
    if isinstance(record, Person | Company):
        keep_reach(record, {name: value for name, value in found.adds.items() if name not in fixed})


def _may_create(by: Actor, noun: str, facts: Mapping[str, Any]) -> None:
    """The right to add one is asked for as if it were added alone."""
    access.demand(by, f"{noun}.create", None)
    if refused := access.fixed(by, nouns()[noun]).intersection(facts):
        raise NotAllowed(_not_yours(refused))


def _not_yours(names: frozenset[str]) -> str:
    text = _("Your role does not allow you to change %(names)s. Nothing was changed. Ask an administrator.")
    return text % {"names": ", ".join(sorted(names))}


def _named(argument: str, facts: dict[str, Any], make: Callable[[dict[str, Any]], T]) -> T:
    """What cannot be made says at which of its facts."""
    label = "title" if argument == "new_opportunity" else "name"
    if not facts[label].strip():
        raise Invalid({f"{argument}.{label}": [_("Write a title.") if label == "title" else _("Write a name.")]})
    try:
        return make(facts)
    except Invalid as refusal:
        raise Invalid({f"{argument}.{name}": texts for name, texts in refusal.errors.items()}) from None


def _owned(by: Actor, lead: Lead, record: T) -> T:
    """Whoever owned the lead owns what becomes of it."""
    if lead.owner_id and lead.owner_id != by.user_id:
        change(record, owner=lead.owner, team=lead.team)
    return record
