"""Disqualifying a lead, with the reason and what follows; and taking one up again."""

from datetime import date

from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.verb import verb
from fairlead.models import Lead, Organisation, Reason, Task, User
from fairlead.verbs.qualify import decided
from fairlead.verbs.suppressions import suppress, suppress_address
from fairlead.verbs.tasks import add_task, cancel_task
from fairlead.verbs.track_steps import ask_to_resume, ended_with, owner_changed


@verb("{by} disqualified {lead}: {reason}", may="edit")
def disqualify_lead(
    by: Actor,
    lead: Lead,
    *,
    reason: Reason,
    note: str = "",
    recontact_on: date | None = None,
    do_not_contact: bool = False,
) -> Lead:
    """Close a lead that comes to nothing, with the reason; its open tasks are cancelled.

    `recontact_on` plans to get back to them on that day; `do_not_contact` keeps everybody from writing and calling.
    """
    if not lead.is_open:
        if lead.state == Lead.State.DISQUALIFIED and lead.reason_id == reason.pk:
            return lead
        raise WrongState(f"{decided(lead)} {_('Nothing was changed.')}", state=lead.state)
    _check(lead, reason, recontact_on, do_not_contact)
    ended_with(lead, "closed")
    for task in Task.objects.open().filter(lead=lead).order_by("pk"):
        cancel_task(by, task)
    facts = {"reason": reason, "reason_note": note.strip(), "decided_at": clock.now()}
    change(lead, state=Lead.State.DISQUALIFIED, parked_until=None, **facts)
    if recontact_on:
        _plan(by, lead, recontact_on)
    if do_not_contact:
        _stop(by, lead, note.strip() or reason.name)
    return lead


@verb("{by} opened the lead {lead} again", may="edit")
def recycle_lead(by: Actor, lead: Lead, *, owner: User | None = None) -> Lead:
    """Open a disqualified lead again, for its owner or another one; its planned step and do-not-contact stay."""
    if lead.state == Lead.State.QUALIFIED:
        raise WrongState(f"{decided(lead)} {_('Un-qualify it first.')}", state=lead.state)
    if owner is not None and owner.pk != lead.owner_id:
        if not access.can(by, "assign", lead):
            raise NotAllowed(_("Your role does not allow you to give this lead to somebody. Nothing was changed."))
        change(lead, owner=owner, team=owner.teams.first())
        owner_changed([lead])
    if not lead.is_open:
        change(lead, state=Lead.State.OPEN, reason=None, reason_note="", decided_at=None, parked_until=None)
        ask_to_resume(lead)
    return lead


def _check(lead: Lead, reason: Reason, recontact_on: date | None, do_not_contact: bool) -> None:
    if reason.kind != Reason.Kind.DISQUALIFIED or not reason.is_offered:
        raise Invalid({"reason": [_("Choose one of the reasons for disqualifying.")]})
    if recontact_on and do_not_contact:
        raise Invalid({"recontact_on": [_("Choose one: a day to get back to them, or no contact at all.")]})
    if recontact_on and recontact_on <= clock.today(Organisation.ours().tz):
        raise Invalid({"recontact_on": [_("Choose a day after today.")]})
    reached = lead.email or lead.phone or lead.person_id or lead.company_id
    if do_not_contact and not reached:
        text = _("Nothing is known of %(lead)s that contact could be stopped by: no address, number or person.")
        raise Invalid({"do_not_contact": [text % {"lead": lead}]})


def _plan(by: Actor, lead: Lead, on: date) -> None:
    """A step for the owner, or for who disqualified it; without either the lead is parked until that day."""
    doer = lead.owner or User.objects.filter(pk=by.user_id).first()
    if doer is None:
        change(lead, parked_until=on)
        return
    title = _("Get back to %(lead)s") % {"lead": lead.name or lead.company_name or _("this lead")}
    add_task(by, lead, title=title[:300], kind="call" if lead.phone else "mail", due_on=on, assignee=doer)


def _stop(by: Actor, lead: Lead, reason: str) -> None:
    """Every way to reach them that the lead knows, and the person it is linked with."""
    reason = reason[:200]
    if lead.email:
        suppress_address(by, address=lead.email, channel="mail", reason=reason)
    if lead.phone:
        suppress_address(by, address=lead.phone_e164 or lead.phone, channel="phone", reason=reason)
    whom = lead.person or (None if lead.email or lead.phone else lead.company)
    if whom is not None:
        suppress(by, whom, reason=reason)
