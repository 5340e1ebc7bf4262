"""The end of an opportunity: won or lost, and opened again."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid
from fairlead.core.event import Event
from fairlead.core.verb import verb
from fairlead.models import Closure, Competitor, Opportunity, Organisation, Quote, Reason, Stage, Task, TeamMember, User
from fairlead.verbs.amounts import in_base, minor
from fairlead.verbs.notices import tell
from fairlead.verbs.opportunities import must_be_open
from fairlead.verbs.quotes import decline_quote
from fairlead.verbs.tasks import add_task, cancel_task, reopen_task
from fairlead.verbs.track_steps import ask_to_resume, ended_with
from fairlead.verbs.tracks import continue_track

CLOSING = ("close_won", "close_lost")


@verb("{by} won {opportunity}", may="edit")
def close_won(
    by: Actor,
    opportunity: Opportunity,
    *,
    amount: Decimal | None = None,
    on: date | None = None,
    reason: Reason | None = None,
    note: str = "",
) -> Opportunity:
    """Close an opportunity as won; the amount is what was really agreed: by accepted quotes, else its value.

    Its open tasks are cancelled in the same act, and everybody who works on it is told.
    """
    won = agreed(opportunity) if amount is None else minor(amount, opportunity.currency)
    return _close(by, opportunity, "won", on=on, reason=reason, note=note, amount_minor=won)


@verb("{by} lost {opportunity}: {reason}", may="edit")
def close_lost(
    by: Actor,
    opportunity: Opportunity,
    *,
    reason: Reason,
    competitor: Competitor | None = None,
    on: date | None = None,
    note: str = "",
    recontact_on: date | None = None,
) -> Opportunity:
    """Close an opportunity as lost: why, to whom, and when its owner asks again; its people stay in follow-up.

    Its open tasks are cancelled and its unanswered quotes declined in the same act; all who work on it are told.
    """
    was_open, today = opportunity.is_open, clock.today(Organisation.ours().tz)
    if was_open and recontact_on is not None and recontact_on <= today:
        raise Invalid({"recontact_on": [_("Choose a day after today.")]})
    _close(by, opportunity, "lost", on=on, reason=reason, note=note, competitor=competitor)
    if was_open:
        _decline_quotes(by, opportunity, on)
    if was_open and recontact_on is not None:
        _ask_again(by, opportunity, recontact_on)
    return opportunity


@verb("{by} reopened {opportunity}", may="edit")
def reopen_opportunity(by: Actor, opportunity: Opportunity, *, resume: bool = False, note: str = "") -> Opportunity:
    """Open a closed opportunity again; how it was closed stays in its history.

    `resume`: the tasks that its closing cancelled are open again too.
    """
    if opportunity.is_open:
        return opportunity
    values: dict[str, Any] = {"state": "open"}
    if opportunity.stage.archived_at is not None:
        values |= {"stage": _nearest(opportunity.stage), "stage_since": clock.now()}
    today = clock.today(Organisation.ours().tz)
    create(Closure, opportunity=opportunity, outcome="reopened", on=today, currency=opportunity.currency, note=note)
    change(opportunity, **values)
    for task in _cancelled_with(opportunity) if resume else ():
        reopen_task(by, task)
    for running in ask_to_resume(opportunity):
        if resume:
            continue_track(by, running)
    return opportunity


def agreed(opportunity: Opportunity) -> int | None:
    """What winning it now is worth, in minor units: its accepted quotes together, else its value."""
    accepted = Quote.objects.live().filter(opportunity=opportunity, state="accepted", currency=opportunity.currency)
    amounts = [each for each in accepted.values_list("amount_minor", flat=True) if each is not None]
    return sum(amounts) if amounts else opportunity.amount_minor


def _close(
    by: Actor, opportunity: Opportunity, outcome: str, *, on: date | None, reason: Reason | None, **facts: Any
) -> Opportunity:
    if opportunity.state == outcome:
        return opportunity
    must_be_open(opportunity)
    if reason is not None and reason.kind != outcome:
        raise Invalid({"reason": [_("“%(reason)s” is a reason for something else.") % {"reason": reason}]})
    day = on or clock.today(Organisation.ours().tz)
    if day > clock.now().date() + timedelta(days=1):  # tomorrow is today somewhere
        raise Invalid({"on": [_("This day is still to come. Choose the day on which it was closed.")]})
    facts |= in_base(facts.get("amount_minor"), opportunity.currency, day)
    create(
        Closure, opportunity=opportunity, outcome=outcome, on=day, currency=opportunity.currency, reason=reason, **facts
    )
    change(opportunity, state=outcome)
    _end_what_is_open(by, opportunity, outcome, str(reason or ""))
    return opportunity


def _end_what_is_open(by: Actor, opportunity: Opportunity, outcome: str, reason: str) -> None:
    for task in ended_with(opportunity, "closed"):
        tell(by, task.assignee, "cancelled", opportunity, task.title)
    for task in Task.objects.open().filter(opportunity=opportunity).select_related("assignee").order_by("pk"):
        cancel_task(by, task)
        tell(by, task.assignee, "cancelled", opportunity, task.title)
    for user in _involved(opportunity):
        tell(by, user, outcome, opportunity, reason)


def _decline_quotes(by: Actor, opportunity: Opportunity, on: date | None) -> None:
    """On the day of the loss, or on the day they were sent if that was noted to be later."""
    day = on or clock.today(Organisation.ours().tz)
    for quote in Quote.objects.open().filter(opportunity=opportunity):
        decline_quote(by, quote, decided_on=max(day, quote.sent_on))


def _involved(opportunity: Opportunity) -> list[User]:
    """The owner and everybody on the team."""
    members = TeamMember.objects.filter(opportunity=opportunity).values_list("user_id", flat=True)
    return list(User.objects.filter(pk__in={*members, opportunity.owner_id} - {None}).order_by("pk"))


def _ask_again(by: Actor, opportunity: Opportunity, on: date) -> None:
    """A follow-up for the owner on who was to buy, so that they are not forgotten."""
    whom = opportunity.person or opportunity.company or opportunity
    title = _("Ask again about %(sale)s") % {"sale": opportunity}
    add_task(by, whom, title=title[:300], due_on=on, assignee=opportunity.owner)


def _nearest(stage: Stage) -> Stage:
    """The next stage in use of the same pipeline, else the last one."""
    live = list(Stage.objects.live().filter(pipeline=stage.pipeline_id))
    if not live:
        raise Invalid({"stage": [_("The pipeline %(name)s has no stage in use.") % {"name": stage.pipeline}]})
    return next((each for each in live if each.position >= stage.position), live[-1])


def _cancelled_with(opportunity: Opportunity) -> list[Task]:
    """The tasks that the last closing cancelled and nobody touched since."""
    closed = Event.objects.filter(links__kind="opportunity", links__record_id=opportunity.pk, verb__in=CLOSING)
    last = closed.order_by("-id").first()
    events = Event.objects.filter(act=last.act).values_list("changes", flat=True) if last else []
    changes = [each for event in events for each in event]
    ids = {pk for noun, pk, _op, _before, after in changes if noun == "task" and after.get("state") == "cancelled"}
    own = Task.objects.filter(pk__in=ids, running_track=None, state="cancelled", archived_at=None)
    return list(own.order_by("pk"))
