"""Qualifying a lead: it becomes a company, a person and an opportunity, in one act that can be taken back."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.event import Event
from fairlead.core.partly import take_back
from fairlead.core.undo import undone_by
from fairlead.core.verb import verb
from fairlead.models import (
    Company,
    CriterionTick,
    ExitCriterion,
    Gap,
    Lead,
    Meeting,
    Opportunity,
    Person,
    Quote,
    Stage,
    Suppression,
    Task,
)
from fairlead.models.progress import met
from fairlead.models.suppression import address_key, in_force
from fairlead.verbs import becoming
from fairlead.verbs.becoming import Fact, NewCompany, NewOpportunity, NewPerson
from fairlead.verbs.opportunities import first_stage, must_be_in_use, must_be_open
from fairlead.verbs.track_steps import moved_along

DECIDED = ("qualify_lead", "disqualify_lead", "unqualify_lead", "recycle_lead")


class Target(NamedTuple):
    """What was asked for of one noun: one that is there, or a new one with these facts; neither for none."""

    record: Any
    new: Any

    @property
    def is_none(self) -> bool:
        return self.record is None and self.new is None


@dataclass
class Unqualified:
    """The lead, open again, and what stays although it was made of it, in words."""

    lead: Lead
    kept: list[str]


@verb("{by} qualified {lead}", may="edit")
def qualify_lead(
    by: Actor,
    lead: Lead,
    *,
    company: Company | None = None,
    new_company: NewCompany | None = None,
    person: Person | None = None,
    new_person: NewPerson | None = None,
    opportunity: Opportunity | None = None,
    new_opportunity: NewOpportunity | None = None,
    stage: Stage | None = None,
    take: list[Fact] | None = None,
    ticked: list[ExitCriterion] | None = None,
    reason: str = "",
) -> Lead:
    """Make of a lead what it is: of company, person and opportunity each a new one, one that is there, or none.

    What is left out of a new one comes from the lead. Of one that is there only blanks are filled; `take` names what
    the lead knows better. `ticked` are the exit criteria that are met; when required ones are not, `reason` says in
    one line why it goes on without. Open tasks go along. A new opportunity starts in `stage`, or behind the first one.
    """
    asked = {
        "company": Target(company, new_company),
        "person": Target(person, new_person),
        "opportunity": Target(opportunity, new_opportunity),
    }
    _one_of_each(asked)
    if not lead.is_open:
        return _already(by, lead, asked)
    if all(each.is_none for each in asked.values()):
        raise Invalid({"person": [_("Choose a company, a person or an opportunity, at least one of them.")]})
    whom = _customer(by, lead, asked, set(take or ()))
    entered = opportunity.stage if opportunity else _start(stage)
    sale = _sale(by, lead, asked["opportunity"], entered, whom, set(take or ()))
    _tick(by, lead, sale, ticked or [])
    _check(by, lead, sale, entered, reason)
    _move_tasks(lead, sale or whom[1] or whom[0])
    _keep_silence(by, lead, *whom)
    links = {"company": whom[0], "person": whom[1], "opportunity": sale}
    change(lead, state=Lead.State.QUALIFIED, decided_at=clock.now(), possible_duplicate=False, **links)
    return lead


@verb("{by} un-qualified {lead}", may="edit")
def unqualify_lead(by: Actor, lead: Lead) -> Unqualified:
    """Open a qualified lead again and take back what was made of it. What was built upon since stays, and is told."""
    if lead.state == Lead.State.OPEN:
        return Unqualified(lead, [])
    if lead.state != Lead.State.QUALIFIED:
        raise WrongState(_("%(lead)s is not qualified, so there is nothing to take back.") % {"lead": lead})
    if lead.opportunity and not lead.opportunity.is_open:
        text = _("%(sale)s is closed as %(state)s. Reopen it first.")
        raise WrongState(text % {"sale": lead.opportunity, "state": lead.opportunity.get_state_display()})
    if lead.opportunity_id and (quote := Quote.objects.live().filter(opportunity=lead.opportunity_id).first()):
        text = _("The quote %(number)s was sent for it, so it cannot be taken back. Close the opportunity instead.")
        raise WrongState(text % {"number": quote})
    deed = _deed(lead, "qualify_lead")
    kept = take_back(by, deed.act) if deed and undone_by(deed.act) is None else []
    if not lead.is_open:
        change(lead, state=Lead.State.OPEN, decided_at=None, opportunity=None)
    return Unqualified(lead, kept)


def decided(lead: Lead) -> str:
    """Who decided on this lead last, as a sentence."""
    deed = _deed(lead, *DECIDED)
    who = deed.by_label if deed else _("Somebody")
    words = {
        Lead.State.QUALIFIED: _("%(who)s has qualified %(lead)s already."),
        Lead.State.DISQUALIFIED: _("%(who)s has disqualified %(lead)s already."),
        Lead.State.JOINED: _("%(lead)s has been joined to somebody who was known."),
    }
    return str(words[Lead.State(lead.state)]) % {"who": who, "lead": lead}


# --- what was asked ----------------------------------------------------------------------------------------------


def _one_of_each(asked: dict[str, Target]) -> None:
    for noun, each in asked.items():
        if each.record is not None and each.new is not None:
            raise Invalid({noun: [_("Choose one that is there, or a new one.")]})


def _already(by: Actor, lead: Lead, asked: dict[str, Target]) -> Lead:
    """The same again changes nothing; anything else is told who came first."""
    if lead.state == Lead.State.QUALIFIED:
        deed = _deed(lead, "qualify_lead")
        own = deed is not None and (deed.by_user_id, deed.by_kind) == (by.user_id, by.kind)
        if all(_is_same(getattr(lead, noun), each, own=own) for noun, each in asked.items()):
            return lead
    raise WrongState(f"{decided(lead)} {_('Nothing was changed.')}", state=lead.state)


def _is_same(linked: Any, asked: Target, *, own: bool) -> bool:
    """Is this what was asked for? Somebody's own call for a new one, sent twice, means the one it made."""
    if asked.new is not None:
        return own and linked is not None
    return bool(linked == asked.record)


def _deed(lead: Lead, *verbs: str) -> Event | None:
    told = Event.objects.filter(links__kind="lead", links__record_id=lead.pk, verb__in=verbs)
    return told.order_by("-id").first()


# --- what it becomes ---------------------------------------------------------------------------------------------


def _customer(by: Actor, lead: Lead, asked: dict[str, Target], take: set[str]) -> tuple[Company | None, Person | None]:
    alone, company, person = asked["person"].is_none, asked["company"].record, asked["person"].record
    if asked["company"].new is not None:
        company = becoming.become_company(by, lead, asked["company"].new, alone=alone)
    elif company is not None:
        company = becoming.unite_company(by, lead, company, take, alone=alone)
    if asked["person"].new is not None:
        person = becoming.become_person(by, lead, asked["person"].new, company)
    elif person is not None:
        person = becoming.unite_person(by, lead, person, company, take)
    return company, person


def _sale(
    by: Actor,
    lead: Lead,
    asked: Target,
    stage: Stage,
    whom: tuple[Company | None, Person | None],
    take: set[str],
) -> Opportunity | None:
    if asked.new is not None:
        return becoming.become_opportunity(by, lead, asked.new, stage, *whom)
    if asked.record is None:
        return None
    must_be_open(asked.record)
    return becoming.unite_opportunity(by, lead, asked.record, *whom, take)


def _start(stage: Stage | None) -> Stage:
    """Where a qualified lead's opportunity starts: behind the stage that qualifying is."""
    if stage is not None:
        must_be_in_use(stage)
    return stage or start(first_stage())


def start(first: Stage) -> Stage:
    """The stage behind this one; itself when it is the last."""
    behind = Stage.objects.live().filter(pipeline=first.pipeline_id, position__gt=first.position).order_by("position")
    return behind.first() or first


def _move_tasks(lead: Lead, to: Any) -> None:
    """What is still to be done goes on where the work goes on."""
    moved_along(lead, to)
    for task in Task.objects.open().filter(lead=lead).order_by("pk"):
        change(task, lead=None, **{to.noun(): to})
    for meeting in Meeting.objects.planned().filter(lead=lead).order_by("pk"):
        change(meeting, lead=None, **{to.noun(): to})


# --- the checklist -----------------------------------------------------------------------------------------------


def checklist(stage: Stage) -> list[ExitCriterion]:
    """The criteria of the stage that qualifying is: the first one in use of this stage's pipeline."""
    first = Stage.objects.live().filter(pipeline=stage.pipeline_id).order_by("position").first()
    return list(ExitCriterion.objects.live().filter(stage=first).order_by("position", "id"))


def _tick(by: Actor, lead: Lead, sale: Opportunity | None, ticked: list[ExitCriterion]) -> None:
    """Tick what is met, on the lead and on its opportunity; what was ticked on the lead before counts for both."""
    before = set(CriterionTick.objects.filter(lead=lead).values_list("criterion_id", flat=True))
    for criterion in ticked:
        if criterion.pk not in before:
            create(CriterionTick, lead=lead, criterion=criterion, by_user_id=by.user_id)
    if sale is None:
        return
    there = CriterionTick.objects.filter(opportunity=sale).values_list("criterion_id", flat=True)
    for pk in sorted((before | {each.pk for each in ticked}) - set(there)):
        create(CriterionTick, opportunity=sale, criterion_id=pk, by_user_id=by.user_id)


def _check(by: Actor, lead: Lead, sale: Opportunity | None, stage: Stage, reason: str) -> None:
    """Hard criteria block. Going on without required ones asks for one line of reason, which is kept for review."""
    missing = _missing(lead, sale, stage)
    if hard := [each.text for each in missing if each.force == ExitCriterion.Force.HARD]:
        raise Invalid({"ticked": [_("Not without: %(texts)s.") % {"texts": ", ".join(hard)}]})
    required = [each.text for each in missing if each.force == ExitCriterion.Force.REQUIRED]
    if not required:
        return
    if not reason.strip():
        text = _("Say in one line why it goes on without: %(texts)s.")
        raise Invalid({"reason": [text % {"texts": ", ".join(required)}]})
    current().step.labels["gap"] = reason.strip()
    if sale is not None:
        gap = {"stage": missing[0].stage, "missing": required, "reason": reason.strip()[:300]}
        create(Gap, opportunity=sale, by_user_id=by.user_id, **gap)


def _missing(lead: Lead, sale: Opportunity | None, stage: Stage) -> list[ExitCriterion]:
    ticked = set(CriterionTick.objects.filter(lead=lead).values_list("criterion_id", flat=True))
    facts = set(met([sale.pk])[sale.pk]) if sale else set()
    facts |= {"next_step"} if lead.next_step_at else set()
    # What is looked up in an opportunity cannot be asked of a lead that becomes none.
    asked = [each for each in checklist(stage) if sale or not each.fact]
    return [each for each in asked if (each.fact not in facts if each.fact else each.pk not in ticked)]


# --- do not contact ----------------------------------------------------------------------------------------------


def _keep_silence(by: Actor, lead: Lead, company: Company | None, person: Person | None) -> None:
    """Who asked by an address that is not to be written to, or called, is not to be either."""
    whom: Person | Company | None = person or company
    if whom is None:
        return
    addresses = {address_key(lead.email, "mail"): lead.email, address_key(lead.phone_e164, "phone"): lead.phone_e164}
    wanted = [key for key, address in addresses.items() if address]
    for stop in in_force().filter(address_hash__in=wanted):
        facts = {whom.noun(): whom, "channel": stop.channel, "purpose": stop.purpose, "until": stop.until}
        if not in_force().filter(**facts).exists():
            create(Suppression, **facts, reason=stop.reason, source="qualify")
