"""Contact pressure: how often we reached out to somebody, and when the next time would be one too many.

A touch is an e-mail of ours (automatic ones too), a call of ours that reached somebody or left a voicemail, or a
meeting; by whichever of us, on whichever record.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from fairlead.core.record import chunks, rows
from fairlead.models.activity import Activity
from fairlead.models.contacted import WAYS
from fairlead.models.meeting import Meeting
from fairlead.models.organisation import Organisation
from fairlead.models.person import Person
from fairlead.models.task import Task

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
LOOKED_AHEAD = 60  # days in which a calmer one is looked for
REACHING = frozenset({"call", "mail", "meeting"})  # kinds of tasks that are touches when they are done

TOUCHES = (
    Q(kind="mail", direction="out")
    | Q(kind="call", direction="out", outcome__in=["reached", "voicemail"])
    | Q(kind="meeting")
)


@dataclass(frozen=True)
class Limits:
    """At most so many touches in 7 and in 30 days; None is no limit."""

    week: int | None = None
    month: int | None = None


@dataclass(frozen=True)
class Pressure:
    """The days of touches, past and planned, in order, and what is too much."""

    days: Sequence[date] = ()
    limits: Limits = field(default_factory=Limits)

    def until(self, day: date) -> tuple[int, int]:
        """How many there are in the 7 and in the 30 days that end on this day."""
        return self._between(day - WEEK, day), self._between(day - MONTH, day)

    def too_many(self, day: date) -> bool:
        """Would one more on this day be over a limit, then or in a planned one's days after it?"""
        with_it = self.with_days([day])
        return any(with_it.is_over(each) for each in {day, *self._after(day)})

    def calmer(self, day: date, is_workday: Callable[[date], bool] = lambda day: True) -> date | None:
        """The first day from this one on that takes one more; None if there is none in two months."""
        later = (day + timedelta(days=number) for number in range(LOOKED_AHEAD))
        return next((each for each in later if is_workday(each) and not self.too_many(each)), None)

    def with_days(self, days: Iterable[date]) -> "Pressure":
        return Pressure(sorted([*self.days, *days]), self.limits)

    def is_over(self, day: date) -> bool:
        week, month = self.until(day)
        return _over(week, self.limits.week) or _over(month, self.limits.month)

    def _after(self, day: date) -> Iterable[date]:
        return (each for each in self.days if day < each < day + MONTH)

    def _between(self, start: date, end: date) -> int:
        """After `start`, up to and with `end`."""
        return bisect_right(self.days, end) - bisect_right(self.days, start)


def limits_of(person: Person | None = None) -> Limits:
    """The person's own, else the house's."""
    ours = Organisation.ours()
    week = ours.touches_week if person is None or person.touches_week is None else person.touches_week
    month = ours.touches_month if person is None or person.touches_month is None else person.touches_month
    return Limits(week, month)


def pressure_on(record: Any, now: datetime, zone: ZoneInfo) -> Pressure:
    """What was done and is planned for whom a record is about: its person, else itself."""
    noun, pk = whom(record)
    since, reached = now - MONTH, _ways(noun, pk)
    done = Activity.objects.filter(TOUCHES, reached, happened_at__gte=since, archived_at=None)
    planned = Task.objects.open().filter(reached, kind__in=REACHING, due_on__isnull=False)
    meetings = Meeting.objects.planned().filter(reached, starts_at__gte=now)
    moments = [*done.values_list("happened_at", flat=True), *meetings.values_list("starts_at", flat=True)]
    days = [each.astimezone(zone).date() for each in moments]
    days += [day for day in planned.values_list("due_on", flat=True) if day]
    person = record if isinstance(record, Person) else getattr(record, "person", None)
    return Pressure(sorted(days), limits_of(person))


def pressures_on(records: Iterable[Any], now: datetime, zone: ZoneInfo) -> dict[tuple[str, int], Pressure]:
    """As `pressure_on`, by `whom` these records reach: for very many in few statements."""
    nouns: dict[str, set[int]] = defaultdict(set)
    for record in records:
        noun, pk = whom(record)
        nouns[noun].add(pk)
    found: dict[tuple[str, int], Pressure] = {}
    for noun, ids in nouns.items():
        for chunk in chunks(sorted(ids)):
            days, limits = _days_of_many(noun, chunk, now, zone), _limits_of_many(noun, chunk)
            found |= {(noun, pk): Pressure(sorted(days[pk]), limits[pk]) for pk in chunk}
    return found


def _days_of_many(noun: str, ids: Sequence[int], now: datetime, zone: ZoneInfo) -> dict[int, list[date]]:
    days: dict[int, list[date]] = defaultdict(list)
    done = Activity.objects.filter(TOUCHES, happened_at__gte=now - MONTH, archived_at=None)
    meetings = Meeting.objects.planned().filter(starts_at__gte=now)
    planned = Task.objects.open().filter(kind__in=REACHING, due_on__isnull=False)
    for way in WAYS[noun]:
        for rows_with, moment in ((done, "happened_at"), (meetings, "starts_at")):
            # the way is one of WAYS
            # nosemgrep
            for pk, at in rows_with.filter(**{f"{way}__in": ids}).values_list(way, moment):
                days[pk].append(at.astimezone(zone).date())
        # nosemgrep
        for pk, day in planned.filter(**{f"{way}__in": ids}).values_list(way, "due_on"):
            days[pk].append(day)
    return days


def _limits_of_many(noun: str, ids: Sequence[int]) -> dict[int, Limits]:
    house = limits_of()
    found = dict.fromkeys(ids, house)
    if noun == "person":
        own = Person._base_manager.filter(pk__in=ids).exclude(touches_week=None, touches_month=None)
        for pk, week, month in own.values_list("pk", "touches_week", "touches_month"):
            limits = Limits(house.week if week is None else week, house.month if month is None else month)
            found[pk] = limits
    return found


def whom(record: Any) -> tuple[str, int]:
    """Who is reached out to through this record, as (noun, id): the person it is about, else whoever it stands for."""
    person = getattr(record, "person_id", None)
    return ("person", person) if person else (record.noun(), record.pk)


def _ways(noun: str, pk: int) -> Q:
    """Rows about this one or about what belongs to it."""
    return reduce(or_, (_through(way, pk) for way in WAYS[noun]))


def _through(way: str, pk: int) -> Q:
    """One way as a condition of its own index: a join of four tables walks them all."""
    name, _dot, link = way.partition("__")
    if not link:
        return Q(**{name: pk})
    # the way is one of WAYS
    # nosemgrep
    return Q(**{f"{name}__in": rows()[name]._base_manager.filter(**{link: pk}).values("pk")})


def _over(count: int, limit: int | None) -> bool:
    return limit is not None and count > limit
