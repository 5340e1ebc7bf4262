"""The days of a track: pure functions, tried on every calendar that could trip them."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.errors import Invalid, WrongState
from fairlead.models.task import due_moment
from fairlead.models.track_dates import Place, counted, not_past, settled
from fairlead.models.worktime import Away, WorkTime

LONDON = ZoneInfo("Europe/London")
OFFICE = {day: ((time(9), time(17)),) for day in range(5)}
HOUSE = WorkTime(LONDON, OFFICE, "GB", "ENG")
FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)


@dataclass(frozen=True)
class Pace:
    days: int
    unit: str = "days"


@dataclass
class House:
    """Calendars by user; 9 has left."""

    known: dict[int, WorkTime] = field(default_factory=dict)

    def of(self, user: int) -> WorkTime:
        return self.known.get(user, HOUSE)

    def works_here(self, user: int) -> bool:
        return user != 9


def away(first: date, last: date, stand_in: int | None = None) -> WorkTime:
    return WorkTime(LONDON, OFFICE, "GB", "ENG", away=(Away(first, last, stand_in),))


@pytest.mark.parametrize(
    ("start", "pace", "day"),
    [
        (FRIDAY, Pace(0), FRIDAY),
        (SATURDAY, Pace(0), SATURDAY),
        (FRIDAY, Pace(1), SATURDAY),
        (FRIDAY, Pace(2, "weeks"), date(2026, 12, 4)),
        (FRIDAY, Pace(0, "weekdays"), FRIDAY),
        (SATURDAY, Pace(0, "weekdays"), MONDAY),
        (FRIDAY, Pace(1, "weekdays"), MONDAY),
        (SATURDAY, Pace(1, "weekdays"), MONDAY),
        (date(2024, 2, 28), Pace(1), date(2024, 2, 29)),
        (date(2024, 2, 29), Pace(365), date(2025, 2, 28)),
        (date(2024, 2, 29), Pace(52, "weeks"), date(2025, 2, 27)),
        (date(2026, 12, 24), Pace(1, "weekdays"), date(2026, 12, 29)),  # Christmas, its weekend, the day in its stead
        (FRIDAY, Pace(3650), date(2036, 11, 17)),
    ],
)
def test_days_count_every_day_and_weekdays_those_on_which_somebody_works(start: date, pace: Pace, day: date) -> None:
    assert counted(start, pace, HOUSE) == day


@pytest.mark.parametrize(
    ("end", "pace", "day"),
    [
        (FRIDAY, Pace(0), FRIDAY),
        (FRIDAY, Pace(90), date(2026, 8, 22)),
        (FRIDAY, Pace(13, "weeks"), date(2026, 8, 21)),
        (MONDAY, Pace(1, "weekdays"), FRIDAY),
        (date(2026, 11, 22), Pace(0, "weekdays"), FRIDAY),  # never behind the end
        (date(2026, 11, 22), Pace(1, "weekdays"), FRIDAY),
        (date(2024, 3, 1), Pace(1), date(2024, 2, 29)),
    ],
)
def test_counted_back_from_an_end(end: date, pace: Pace, day: date) -> None:
    assert counted(end, pace, HOUSE, back=True) == day


def test_holidays_may_swallow_a_week_but_not_a_year() -> None:
    week = frozenset(MONDAY + timedelta(days=number) for number in range(5))
    closed = WorkTime(LONDON, OFFICE, "GB", closed=week)
    assert counted(FRIDAY, Pace(1, "weekdays"), closed) == date(2026, 11, 30)
    with pytest.raises(WrongState, match="no working time within a year"):
        counted(FRIDAY, Pace(1, "weekdays"), WorkTime(LONDON, {}, "GB"))
    with pytest.raises(Invalid, match="beyond the year 9999"):
        counted(date(9999, 12, 30), Pace(3), HOUSE)


def test_an_absence_moves_a_step_or_hands_it_over() -> None:
    gone = away(MONDAY, date(2026, 12, 4))
    back = date(2026, 12, 7)
    assert counted(FRIDAY, Pace(1, "weekdays"), gone) == back  # does not count while nobody stands in
    covered = House({1: away(MONDAY, date(2026, 12, 4), 2)})
    day = counted(FRIDAY, Pace(1, "weekdays"), covered.of(1))
    assert (day, settled(day, 1, covered)) == (MONDAY, Place(MONDAY, 2))
    assert settled(SATURDAY, 1, House({1: away(SATURDAY, SATURDAY)})) == Place(MONDAY, 1, moved_from=SATURDAY)


def test_stand_ins_hand_on_and_nobody_waits_for_each_other() -> None:
    chain = House({1: away(MONDAY, MONDAY, 2), 2: away(MONDAY, MONDAY, 3)})
    assert settled(MONDAY, 1, chain) == Place(MONDAY, 3)
    later = Place(date(2026, 11, 24), 1, moved_from=MONDAY)
    assert settled(MONDAY, 1, House({1: away(MONDAY, MONDAY, 2), 2: away(MONDAY, MONDAY, 1)})) == later
    assert settled(MONDAY, 1, House({1: away(MONDAY, MONDAY, 9)})) == later  # has left
    assert settled(MONDAY, 1, House({1: away(MONDAY, MONDAY, 1)})) == later


def test_nothing_is_planned_into_the_past() -> None:
    assert not_past(FRIDAY, Pace(0), FRIDAY, HOUSE) == FRIDAY
    assert not_past(date(2026, 8, 1), Pace(90), SATURDAY, HOUSE) == SATURDAY
    assert not_past(date(2026, 8, 1), Pace(90, "weekdays"), SATURDAY, HOUSE) == MONDAY


def test_a_time_in_the_gap_of_summer_time_comes_an_hour_later() -> None:
    moment = due_moment(date(2026, 3, 29), time(1, 30), LONDON)
    assert moment is not None and moment.utctimetuple()[3:5] == (1, 30)  # 02:30 on the clock
    twice = due_moment(date(2026, 10, 25), time(1, 30), LONDON)
    assert twice is not None and twice.utctimetuple()[3:5] == (0, 30)  # the first of the two


@given(
    start=st.dates(date(2015, 1, 1), date(2060, 1, 1)),
    days=st.integers(0, 400),
    first=st.integers(0, 60),
    long=st.integers(0, 40),
)
def test_weekdays_agree_with_counting_on_fingers(start: date, days: int, first: int, long: int) -> None:
    gone = away(start + timedelta(days=first), start + timedelta(days=first + long))
    day = counted(start, Pace(days, "weekdays"), gone)
    assert day == _on_fingers(start, days, gone, timedelta(days=1)) and gone.is_workday(day)
    before = counted(start, Pace(days, "weekdays"), gone, back=True)
    assert before == _on_fingers(start, days, gone, timedelta(days=-1)) and gone.is_workday(before)


def _on_fingers(day: date, count: int, calendar: WorkTime, step: timedelta) -> date:
    """Go from day to day and put down a finger on each on which somebody works."""
    if count == 0 and calendar.is_workday(day):
        return day
    left = max(count, 1)
    while left:
        day += step
        left -= calendar.is_workday(day)
    return day
