"""The response clock: set in working time, it warns, and takes a lead that nobody answers to somebody who does."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor, granted
from fairlead.core.changes import change
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Lead, Organisation, User
from fairlead.models.response_clock import STEPS, Hours, holder, is_running, minutes_left, reached
from fairlead.models.worktime import calendar_of, calendars_of
from fairlead.verbs.notices import tell
from fairlead.verbs.track_steps import owner_changed

MOST_MINUTES = 60 * 24 * 60
MOST_TOLD = 20
KINDS = {50: "half", 80: "most", 100: "over"}


@verb("{by} wants {lead} answered within {minutes} minutes of working time", may="edit")
def start_clock(
    by: Actor,
    lead: Lead,
    *,
    minutes: int,
    overdue_then: Literal["", "tell", "queue", "reassign"] = "",
    overdue_to: User | None = None,
) -> Lead:
    """Let an open lead be answered within so many minutes of working time from now, warned of at half and at 80 %.

    `overdue_then` says what becomes of it when nobody has: reassigned, it goes to `overdue_to`, else to a colleague.
    """
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid({"minutes": [_("Write 1 to %(most)s minutes.") % {"most": MOST_MINUTES}]})
    if not lead.is_open:
        raise WrongState(_("%(lead)s is closed. Open it again first.") % {"lead": lead})
    if overdue_to is not None and overdue_then != "reassign":
        raise Invalid({"overdue_to": [_("Only what is reassigned goes to somebody. Say reassign, or leave this out.")]})
    now, lead.clock_of = clock.now(), holder(lead)
    facts = {"respond_from": now, "respond_by": Hours().of(lead).add(now, minutes), "responded_at": None, "warned": 0}
    change(lead, **facts, clock_of=holder(lead), overdue_then=overdue_then, overdue_to=overdue_to)
    return lead


@verb("{by} looked at the clock of {lead}: {said}", may="edit")
def mind_clock(by: Actor, lead: Lead) -> Lead:
    """Warn of a lead that nobody has answered, as far as its time is used up; when all is, see that somebody does."""
    step = _step(lead)
    current().step.labels["said"] = _("%(step)s %% of the time is used up") % {"step": step or lead.warned}
    if step is None:
        return lead
    change(lead, warned=step)
    if step < 100:
        _warn(by, lead, step)
    else:
        _give_away(by, lead)
    return lead


def due(now: datetime) -> Any:
    """The leads whose clocks have reached a step."""
    return Lead.objects.filter(clock_at__lte=now, state="open", archived_at=None).order_by("clock_at", "id")


def _step(lead: Lead) -> int | None:
    """The furthest step that is reached and was not warned of: after a time without a worker, this one alone."""
    hours, now = Hours(), clock.now()
    if not is_running(lead):
        return None
    passed = [step for step in STEPS if step > lead.warned and reached(lead, step, hours) <= now]
    return max(passed, default=None)


def _warn(by: Actor, lead: Lead, step: int) -> None:
    left = in_words(minutes_left([lead], clock.now())[lead.pk])
    for user in [lead.owner] if lead.owner else _claimers(lead):
        tell(by, user, KINDS[step], lead, left)


def _give_away(by: Actor, lead: Lead) -> None:
    """What the lead's rule says, else the organisation: told in any case to its owner and to their managers."""
    told = {user.pk: user for user in [*([lead.owner] if lead.owner else []), *_managers(lead)]}
    then, said = lead.overdue_then or Organisation.ours().overdue_then, ""
    if then == "reassign" and (to := _meant(lead) or _colleague(lead)) is not None:
        change(lead, owner=to)
        owner_changed([lead])
        told[to.pk], said = to, _("%(name)s has it now.") % {"name": to}
    elif then == "queue" and lead.owner is not None:
        team = lead.queue.teams.order_by("pk").first() if lead.queue else lead.team
        change(lead, owner=None, team=team)
        owner_changed([lead])
        told |= {user.pk: user for user in _claimers(lead)}
        said = _("Whoever claims it first has it.")
    for user in told.values():
        tell(by, user, KINDS[100], lead, said)


def in_words(minutes: int) -> str:
    """Working time as people say it: 38 min, 2 h 5 min."""
    hours, rest = divmod(max(0, minutes), 60)
    return (f"{hours} h" + (f" {rest} min" if rest else "")) if hours else f"{rest} min"


def _claimers(lead: Lead) -> list[User]:
    """Who can take a lead that nobody owns: those of the queue it waits in, else of its team."""
    return list(_around(lead).order_by("pk")[:MOST_TOLD])


def _managers(lead: Lead) -> list[User]:
    """Who leads the owner's teams: their people who may give everybody's leads to somebody else."""
    teams = lead.owner.teams.all() if lead.owner else [lead.team_id]
    found = User.objects.active().filter(teams__in=teams).select_related("role").distinct().order_by("pk")
    return [user for user in found[:200] if granted(user.role.grants, "assign", "lead") == "all"][:MOST_TOLD]


def _meant(lead: Lead) -> User | None:
    """To whom its rule gives it then, or who stands in for them; nobody, when they are not there or have it already."""
    user = lead.overdue_to
    if user is None or not user.is_active:
        return None
    hours = calendar_of(user)
    away = hours.absence(clock.now().astimezone(hours.zone).date())
    if away is not None:
        user = User.objects.active().filter(pk=away.stand_in or 0).first()
    return user if user is not None and user.pk != lead.owner_id else None


def _colleague(lead: Lead) -> User | None:
    """Somebody else of the queue or team who is there today and has the fewest open leads."""
    open_ones = Count("owned_leads", filter=Q(owned_leads__state="open", owned_leads__archived_at=None))
    found = _around(lead).exclude(pk=lead.owner_id)
    few = list(found.annotate(has=open_ones).select_related("role").order_by("has", "pk")[:MOST_TOLD])
    hours, now = calendars_of(few), clock.now()
    return next((user for user in few if _is_there(user, hours[user.pk], now) and _may_answer(user)), None)


def _around(lead: Lead) -> Any:
    """The people of the queue that the lead came from, else of its team."""
    people = User.objects.active()
    if lead.queue is None:
        return people.filter(teams=lead.team_id or 0)
    teams, members = lead.queue.teams.values("pk"), lead.queue.members.values("pk")
    return people.filter(pk__in=people.filter(Q(pk__in=members) | Q(teams__in=teams)).values("pk"))


def _is_there(user: User, hours: Any, now: datetime) -> bool:
    return hours.absence(now.astimezone(hours.zone).date()) is None


def _may_answer(user: User) -> bool:
    return granted(user.role.grants, "edit", "lead") != "none" and granted(user.role.grants, "assign", "lead") != "all"
