"""Working time: when somebody, or a team, works. Tracks, dates and the response clock count in it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from fairlead.core.errors import WrongState
from fairlead.core.prepared import AT_ONCE, Prepared, padded
from fairlead.models.organisation import Organisation
from fairlead.models.schedule import WEEKDAYS, Absence, Schedule
from fairlead.models.user import Team, User

A_DAY = timedelta(days=1)
# So far a working day is looked for: a house that is closed for longer has none.
AS_FAR = timedelta(days=366)
Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Away:
    """Absent from `first` to `last`, both included; the user `stand_in`, if any, does the work."""

    first: date
    last: date
    stand_in: int | None = None


@dataclass(frozen=True)
class WorkTime:
    """Weekly hours on the clock of `zone`, without public holidays of the country, closed days and absences.

    Days are dates on that clock; moments are aware, those that come back are in UTC.
    """

    zone: ZoneInfo
    hours: Mapping[int, Spans]
    country: str = ""
    region: str = ""
    closed: frozenset[date] = frozenset()
    away: tuple[Away, ...] = ()

    def is_workday(self, day: date) -> bool:
        return bool(self.hours.get(day.weekday())) and not self.is_closed(day) and self.absence(day) is None

    def is_working(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self._spans(moment.astimezone(self.zone).date()))

    def is_closed(self, day: date) -> bool:
        return day in self.closed or bool(self.holiday(day))

    def holiday(self, day: date) -> str:
        """The name of the public holiday on this day, if it is one."""
        return public_holidays(self.country, self.region, day.year).get(day, "") if self.country else ""

    def absence(self, day: date) -> Away | None:
        return next((each for each in self.away if each.first <= day <= each.last), None)

    def next_workday(self, day: date) -> date:
        """This day, or the first working day after it."""
        return self._reach(day, A_DAY)

    def plus_workdays(self, day: date, count: int) -> date:
        """The day that lies so many working days after `day`, or before it; with 0, as `next_workday`."""
        if count == 0:
            return self.next_workday(day)
        step = A_DAY if count > 0 else -A_DAY
        for _each in range(abs(count)):
            day = self._reach(day + step, step)
        return day

    def add(self, moment: datetime, minutes: int) -> datetime:
        """The moment at which so many minutes of working time have passed since `moment`."""
        left = timedelta(minutes=minutes)
        for start, end in self._working(moment):
            if left <= end - start:
                return start + left
            left -= end - start
        raise _never()

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from `start` to `end`; 0 if it is not later."""
        passed = timedelta()
        for opens, closes in self._working(start):
            if opens >= end:
                break
            passed += min(closes, end) - opens
        return passed // timedelta(minutes=1)

    def present(self) -> "WorkTime":
        """The same without the absences: how the house works."""
        return replace(self, away=())

    def _reach(self, day: date, step: timedelta) -> date:
        start = day
        while not self.is_workday(day):
            if abs(day - start) > AS_FAR:
                raise _never()
            day += step
        return day

    def _working(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans of working time from `moment` on; ends when there is none for longer than is looked for."""
        day = last = moment.astimezone(self.zone).date()
        while day - last <= AS_FAR:
            for start, end in self._spans(day):
                if end > moment:
                    last = day
                    yield max(start, moment.astimezone(UTC)), end
            day += A_DAY

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if self.is_workday(day):
            for start, end in self.hours[day.weekday()]:
                opens, closes = (datetime.combine(day, at, self.zone).astimezone(UTC) for at in (start, end))
                if opens < closes:  # in the night in which the clocks change, a span can vanish
                    yield opens, closes


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str, year: int) -> Mapping[date, str]:
    """Name by date of the public holidays of a country (ISO 3166-1), with its region's (ISO 3166-2 without country).

    Empty for a country that the library does not know; an unknown region counts as none.
    """
    import holidays  # a third of a second, so only when somebody counts working days

    for subdivision in (region.removeprefix(f"{country}-") or None, None):
        try:
            return dict(holidays.country_holidays(country, subdiv=subdivision, years=[year]))
        except NotImplementedError:
            continue
    return {}


def calendar_of(user: User) -> WorkTime:
    """When this user works: by the schedule of their first team that has one, else the house's, without absences."""
    return calendars_of([user])[user.pk]


def calendars_of(users: Collection[User], since: date | None = None) -> dict[int, WorkTime]:
    """As `calendar_of`, for many, in three statements; with `since`, absences that ended before it are left out."""
    ids = [user.pk for user in users]
    ours, schedules, away = _ours(), _schedules(ids), _absences(ids, since)
    return {
        user.pk: replace(
            _calendar(schedules.get(user.pk) or ours.schedule, ours.country, user.tz), away=tuple(away[user.pk])
        )
        for user in users
    }


def calendar_of_team(team: Team | None) -> WorkTime:
    """When this team works: by its schedule, else the house's."""
    return calendar_by(team.schedule if team and team.schedule_id else None)


def calendar_by(schedule: Schedule | None) -> WorkTime:
    """The working time of a schedule, else the house's."""
    ours = _ours()
    return _calendar(schedule or ours.schedule, ours.country, ours.tz)


def _ours() -> Organisation:
    return next(iter(_OURS()), None) or Organisation.ours()


def _calendar(schedule: Schedule | None, country: str, zone: ZoneInfo) -> WorkTime:
    """Without a schedule: office hours in `zone`, with the public holidays of `country`."""
    if schedule is None:
        return WorkTime(zone, _hours(WEEKDAYS), country)
    closed = frozenset(date.fromisoformat(day) for day in schedule.closed)
    return WorkTime(schedule.tz, _hours(schedule.hours or WEEKDAYS), schedule.country, schedule.region, closed)


def _hours(hours: Mapping[str, Any]) -> dict[int, Spans]:
    return {
        int(day): tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
        for day, spans in hours.items()
    }


def _schedules(ids: list[int]) -> dict[int, Schedule]:
    """The schedule by user: that of the team that has been there longest."""
    pairs = [pair for some in padded(ids) for pair in _OF_TEAMS(*some)]
    found = Schedule.objects.in_bulk({pk for _user, pk in pairs}) if pairs else {}
    return {user: found[pk] for user, pk in pairs}


def _absences(ids: list[int], since: date | None) -> dict[int, list[Away]]:
    away: dict[int, list[Away]] = defaultdict(list)
    for user, *each in (row for some in padded(ids) for row in _AWAY(since or date.min, *some)):
        away[user].append(Away(*each))
    return away


def _of_teams(*ids: int) -> Any:
    members: Any = User.teams.through._default_manager
    own = members.filter(user_id__in=ids, team__schedule__isnull=False, team__archived_at=None)
    return own.order_by("-team_id").values_list("user_id", "team__schedule_id")


def _away(since: date, *ids: int) -> Any:
    found = Absence.objects.filter(user_id__in=ids, archived_at=None, ends_on__gte=since)
    return found.order_by("starts_on", "pk").values_list("user_id", "starts_on", "ends_on", "delegate_id")


def _columns(model: Any, link: str = "") -> list[str]:
    return [link + column.attname for column in model._meta.concrete_fields if not column.primary_key]


_OURS = Prepared(
    lambda: Organisation.objects.order_by("pk")[:1], [*_columns(Organisation), *_columns(Schedule, "schedule__")]
)
_OF_TEAMS = Prepared(_of_teams, (), *[int] * AT_ONCE)
_AWAY = Prepared(_away, (), date, *[int] * AT_ONCE)


def _never() -> WrongState:
    return WrongState(_("There is no working time within a year of then. Look at the working hours and closed days."))
