"""The calendar under the grammar: days by their names, by their distance, and as the ends of longer times."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

When = tuple[date, time | None]
A_DAY = timedelta(days=1)
LATE_IN = 24  # days after the first of a month


def office_days(day: date, count: int) -> date:
    """The day so many weekdays after `day`, or before it; with 0 this one or the next. Knows no holidays."""
    step = A_DAY if count >= 0 else -A_DAY
    while count or day.weekday() > 4:
        day += step
        if count and day.weekday() < 5:
            count -= 1 if count > 0 else -1
    return day


@dataclass(frozen=True)
class Seen:
    """From where a date is seen: now, and on which clock; how numbers are ordered; what a working day is.

    `order` is DMY, MDY or YMD. `past`: what could be either lies behind.
    """

    now: datetime
    order: str = "DMY"
    plus_workdays: Callable[[date, int], date] = office_days
    past: bool = False

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def monday(self) -> date:
        return self.today - timedelta(days=self.today.weekday())


def in_year(seen: Seen, year: int | None, month: int | None, number: int) -> date | None:
    """This day; without a year the next such day, or the last one. A 29th of February waits for its year."""
    years = (
        [year] if year else range(seen.today.year, seen.today.year + (-9 if seen.past else 9), -1 if seen.past else 1)
    )
    for each in years:
        found = day_if(each, month or 0, number)
        if found and (year or (found <= seen.today if seen.past else found >= seen.today)):
            return found
    return None


def day_if(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def in_month(first: date, number: int) -> date | None:
    return day_if(first.year, first.month, number)


def months_on(day: date, count: int) -> date:
    """The same day so many months on, or the last one of a month that is shorter."""
    at = day.year * 12 + day.month - 1 + count
    year, month = at // 12, at % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def next_weekday(day: date, wanted: int) -> date:
    return day + timedelta(days=(wanted - day.weekday()) % 7 or 7)


def moved(seen: Seen, base: date, count: float, unit: str) -> When | None:
    if unit in {"minute", "hour"}:
        return _later(seen, timedelta(minutes=round(count * (60 if unit == "hour" else 1))))
    if unit == "workday":
        return seen.plus_workdays(base, round(count)), None
    if unit in {"day", "week", "fortnight"}:
        days = count * {"day": 1, "week": 7, "fortnight": 14}[unit]
        return base + timedelta(days=round(days)), None
    return months_on(base, round(count * {"month": 1, "quarter": 3, "year": 12}[unit])), None


def _later(seen: Seen, span: timedelta) -> When:
    """That much time from now, also through the night in which the clocks change."""
    if seen.now.tzinfo is None:
        moment = seen.now + span
    else:
        moment = (seen.now.astimezone(UTC) + span).astimezone(seen.now.tzinfo)
    return moment.date(), moment.time().replace(second=0, microsecond=0)


def bounds(unit: str, day: date, steps: int) -> tuple[date, date]:
    """First and last day of the week, month, quarter or year of `day`, or of one so many further."""
    if unit == "week":
        monday = day - timedelta(days=day.weekday()) + timedelta(weeks=steps)
        return monday, monday + timedelta(days=6)
    length = {"month": 1, "quarter": 3, "year": 12}[unit]
    begun = day.replace(day=1, month=(day.month - 1) // length * length + 1)
    first = months_on(begun, steps * length)
    return first, months_on(first, length) - A_DAY


def edge_of(where: str, first: date, last: date, unit: str) -> date:
    if where == "start":
        return first
    if unit == "week":  # a working week
        return first + timedelta(days=2 if where == "middle" else 4)
    if where == "end":
        return last
    if where == "late":
        return last.replace(day=1) + timedelta(days=LATE_IN if unit == "month" else 0)
    return first + timedelta(days=14) if unit == "month" else first + (last - first + A_DAY) // 2


def feast_day(name: str, year: int) -> date:
    if not name.startswith("easter"):
        return date.fromisoformat(f"{year}-{name}")
    from dateutil.easter import easter

    found: date = easter(year)
    return found + timedelta(days=int(name.removeprefix("easter")))
