"""Working time: days and hours without holidays, closed days and absences, through summer time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.errors import WrongState
from fairlead.demo.world import World
from fairlead.models.worktime import Away, WorkTime, calendar_of, calendar_of_team, calendars_of, public_holidays
from fairlead.verbs.schedules import add_absence, create_schedule
from fairlead.verbs.teams import create_team, join_team, leave_team

OFFICE = {day: ((time(9), time(12, 30)), (time(13, 30), time(17, 30))) for day in range(5)}
BERLIN = WorkTime(ZoneInfo("Europe/Berlin"), OFFICE, "DE", "BY")


def test_working_days_skip_weekends_holidays_closed_days_and_absences() -> None:
    good_friday, tuesday = date(2026, 4, 3), date(2026, 4, 7)
    assert BERLIN.holiday(good_friday)
    assert BERLIN.plus_workdays(date(2026, 4, 2), 1) == tuesday  # Easter swallows Friday to Monday
    assert BERLIN.plus_workdays(tuesday, -1) == date(2026, 4, 2)
    assert BERLIN.next_workday(good_friday) == tuesday
    assert BERLIN.plus_workdays(tuesday, 0) == tuesday
    away = WorkTime(BERLIN.zone, OFFICE, "DE", "BY", frozenset({date(2026, 4, 8)}), (Away(tuesday, tuesday, 7),))
    assert away.next_workday(good_friday) == date(2026, 4, 9)
    assert away.absence(tuesday) == Away(tuesday, tuesday, 7)
    assert away.present().next_workday(good_friday) == tuesday


def test_the_29th_of_february_and_ten_years_of_working_days() -> None:
    assert BERLIN.plus_workdays(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert BERLIN.plus_workdays(date(2026, 1, 1), 3650).year in range(2039, 2042)


def test_regions_are_known_by_their_code_and_unknown_ones_count_as_none() -> None:
    epiphany = date(2026, 1, 6)
    assert epiphany in public_holidays("DE", "BY", 2026) and epiphany in public_holidays("DE", "DE-BY", 2026)
    assert epiphany not in public_holidays("DE", "NOWHERE", 2026)
    assert not public_holidays("XX", "", 2026)


def test_minutes_of_work_run_over_lunch_the_night_and_a_holiday_weekend() -> None:
    thursday = datetime(2026, 4, 2, 17, 0, tzinfo=BERLIN.zone)
    assert BERLIN.add(thursday, 60) == datetime(2026, 4, 7, 9, 30, tzinfo=BERLIN.zone)
    assert BERLIN.add(thursday, 30) == datetime(2026, 4, 2, 17, 30, tzinfo=BERLIN.zone)
    saturday = datetime(2026, 4, 4, 12, tzinfo=UTC)
    assert BERLIN.add(saturday, 0) == datetime(2026, 4, 7, 9, 0, tzinfo=BERLIN.zone)
    assert BERLIN.minutes_between(saturday, datetime(2026, 4, 7, 14, 0, tzinfo=BERLIN.zone)) == 240
    assert BERLIN.minutes_between(thursday, saturday) == 30
    assert BERLIN.minutes_between(saturday, thursday) == 0
    assert BERLIN.is_working(thursday) and not BERLIN.is_working(saturday)


def test_a_night_shift_loses_the_hour_that_summer_time_takes_and_gains_it_back() -> None:
    nights = WorkTime(ZoneInfo("Europe/Berlin"), {day: ((time(1), time(5)),) for day in range(7)})
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert [_minutes(nights, day) for day in (spring, autumn)] == [180, 300]


def test_a_house_that_is_never_open_says_so() -> None:
    closed = WorkTime(ZoneInfo("UTC"), {0: ()})
    for ask in (lambda: closed.next_workday(date(2026, 1, 1)), lambda: closed.add(datetime(2026, 1, 1, tzinfo=UTC), 1)):
        with pytest.raises(WrongState, match="no working time"):
            ask()


@given(st.integers(0, 3_000_000), st.integers(0, 20_000))
def test_what_was_added_is_what_lies_between(since: int, minutes: int) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=since)
    assert BERLIN.minutes_between(moment, BERLIN.add(moment, minutes)) == minutes


def test_people_work_by_the_schedule_of_their_team_else_the_houses(world: World) -> None:
    iris, sam = world.admin.actor("web"), world.sam
    assert calendar_of(sam).country == "GB"
    bavaria = create_schedule(iris, name="Munich", zone="Europe/Berlin", country="DE", region="BY")
    south = create_team(iris, name="South", schedule=bavaria)
    join_team(iris, south, user=sam)
    leave_team(iris, sam.teams.exclude(pk=south.pk).get(), user=sam)
    add_absence(iris, user=sam, starts_on=date(2026, 5, 4), ends_on=date(2026, 5, 5), delegate=world.mira)
    work = calendar_of(sam)
    assert (work.zone.key, work.region, work.plus_workdays(date(2026, 4, 30), 1)) == (
        "Europe/Berlin",
        "BY",
        date(2026, 5, 6),
    )
    assert work.absence(date(2026, 5, 4)) == Away(date(2026, 5, 4), date(2026, 5, 5), world.mira.pk)
    assert calendars_of([sam], since=date(2026, 5, 6))[sam.pk].away == ()
    assert calendar_of_team(south).region == "BY" and calendar_of_team(None).country == "GB"


def _minutes(work: WorkTime, day: date) -> int:
    midnight = datetime.combine(day, time(0), work.zone)
    return work.minutes_between(midnight, datetime.combine(day, time(12), work.zone))
