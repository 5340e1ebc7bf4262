"""Working hours, and days on which somebody is away."""

from datetime import date
from typing import Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.verb import verb
from fairlead.models import Absence, Schedule, User
from fairlead.verbs.naming import free_name

Hours = dict[str, list[list[str]]]


class ScheduleFacts(TypedDict, total=False):
    zone: str
    hours: Hours
    country: str
    region: str
    closed: list[str]


@verb("{by} made the schedule {it}", may="organisation.edit")
def create_schedule(by: Actor, *, name: str, **facts: Unpack[ScheduleFacts]) -> Schedule:
    """Make a schedule: weekday 0 to 6 from Monday to spans of time on the clock of its zone, and closed days."""
    return create(Schedule, name=free_name(name, Schedule.objects.all()), **facts)


@verb("{by} edited the schedule {schedule}", may="organisation.edit")
def edit_schedule(
    by: Actor,
    schedule: Schedule,
    *,
    name: str | None = None,
    version: int | None = None,
    **facts: Unpack[ScheduleFacts],
) -> Schedule:
    """Change a schedule's name, hours, zone, country or closed days."""
    values = dict(facts) | ({"name": free_name(name, Schedule.objects.all(), schedule)} if name is not None else {})
    check_version(schedule, version, values)
    change(schedule, **values)
    return schedule


@verb("{user} is away from {starts_on} to {ends_on}", may="absence.create")
def add_absence(
    by: Actor, *, starts_on: date, ends_on: date, user: User | None = None, delegate: User | None = None
) -> Absence:
    """Say that you, or somebody whose absences you may edit, are away on these days, both included."""
    if ends_on < starts_on:
        raise Invalid({"ends_on": [_("This is before the first day.")]})
    away = user or User.objects.get(pk=by.user_id)
    _may_plan_for(by, away)
    if delegate == away:
        raise Invalid({"delegate": [_("Somebody else must stand in.")]})
    return create(Absence, user=away, starts_on=starts_on, ends_on=ends_on, delegate=delegate)


@verb("{by} took back the absence {absence}", may="edit")
def remove_absence(by: Actor, absence: Absence) -> None:
    """Take back an absence."""
    remove(absence)


def _may_plan_for(by: Actor, away: User) -> None:
    level = by.level("edit", Absence.noun())
    theirs = level == "all" or (level == "team" and away.pk in by.teammate_ids)
    if away.pk != by.user_id and not theirs:
        raise NotAllowed(_("You can plan your own absences. Ask %(name)s for theirs.") % {"name": away.name})
