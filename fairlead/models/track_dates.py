"""The days of a track: counted in days, weekdays or weeks, from a start on or back from an end."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.models.worktime import WorkTime

MOST_DAYS = 3650
HANDED_ON = 5  # so many absent colleagues in a row hand a step on


class Pace(Protocol):
    """How far a step lies from what it is counted from."""

    days: int
    unit: str


class Calendars(Protocol):
    """The working time of each user, by their id."""

    def of(self, user: int) -> WorkTime: ...

    def works_here(self, user: int) -> bool: ...


@dataclass(frozen=True)
class Place:
    """A day for a step and whom it falls to: the stand-in of who is away then, or themselves on a later day."""

    on: date
    user: int
    moved_from: date | None = None


def counted(start: date, pace: Pace, calendar: WorkTime, *, back: bool = False) -> date:
    """The day that lies so far after `start`, or with `back` so far before it.

    Days and weeks count every day; weekdays only those on which somebody works. An absence for which a colleague
    stands in does not stop the count. 0 is the same day, for weekdays the working day next to it.
    """
    try:
        if pace.unit != "weekdays":
            span = timedelta(days=pace.days * (7 if pace.unit == "weeks" else 1))
            return start - span if back else start + span
        working = replace(calendar, away=tuple(each for each in calendar.away if each.stand_in is None))
        if not back:
            return working.plus_workdays(start, pace.days)
        return start if not pace.days and working.is_workday(start) else working.plus_workdays(start, -pace.days or -1)
    except OverflowError:
        raise Invalid({"starts_on": [_("A step would lie beyond the year 9999. Choose another day.")]}) from None


def settled(day: date, user: int, calendars: Calendars) -> Place:
    """Where a step of this day and user comes to lie when they are away: with their stand-in, else when they are back.

    Somebody who stands in and is away themselves hands it on to their own stand-in.
    """
    who, seen = user, {user}
    while (away := calendars.of(who).absence(day)) is not None:
        if not _can_stand_in(away.stand_in, seen, calendars):
            return Place(calendars.of(user).next_workday(day), user, moved_from=day)
        who = away.stand_in or user
        seen.add(who)
    return Place(day, who)


def _can_stand_in(who: int | None, seen: set[int], calendars: Calendars) -> bool:
    return who is not None and who not in seen and len(seen) <= HANDED_ON and calendars.works_here(who)


def not_past(day: date, pace: Pace, today: date, calendar: WorkTime) -> date:
    """What would lie in the past when a track is applied comes today; counted in weekdays, on the next of them."""
    if day >= today:
        return day
    return calendar.next_workday(today) if pace.unit == "weekdays" else today
