"""What a rule of the grammar means: from what it matched to a day, perhaps with a time; None when it is none."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any

from fairlead.reading.when.calendar import (
    A_DAY,
    Seen,
    When,
    bounds,
    edge_of,
    feast_day,
    in_month,
    in_year,
    months_on,
    moved,
    next_weekday,
)

Meaning = Callable[["Said", "Seen"], When | None]


class Said:
    """What a rule matched: its named parts, as text, or as what their words stand for."""

    def __init__(self, parts: Mapping[str, str | None], value: Callable[[str, str | None], Any]) -> None:
        self.parts = parts
        self._value = value

    def __getitem__(self, name: str) -> Any:
        return self._value(name, self.parts.get(name))

    def text(self, name: str) -> str:
        return (self.parts.get(name) or "").casefold()

    def number(self, name: str) -> int | None:
        return int(self.parts[name] or 0) if self.parts.get(name) else None

    def span(self) -> str:
        """Week, fortnight or another unit that was said without being one of its table."""
        return str(self._value("unit", self.text("span") or self.text("span2") or "week"))

    def far(self) -> float:
        """How many: 2, 2.5, a couple, half."""
        if self.parts.get("half"):
            return 0.5
        text = self.text("count")
        known = self._value("number", text)
        number = float(text.replace(",", ".")) if known is None and text else float(known or 1)
        return number + (0.5 if self.parts.get("more") or self.parts.get("half2") else 0)

    def year(self) -> int | None:
        text = (self.parts.get("year") or self.parts.get("year2") or "").strip("'’")
        return None if not text else int(text) + (2000 if len(text) == 2 else 0)


# --- dates that are written -------------------------------------------------------------------------------------


def dated(said: Said, seen: Seen) -> When | None:
    month = said["month"] or said.number("month_number")
    found = in_year(seen, said.year(), month, said.number("day") or said["ordinal"] or 0)
    return (found, time.fromisoformat(said.text("exact")) if said.text("exact") else None) if found else None


def numbers(said: Said, seen: Seen) -> When | None:
    """Day and month in the reader's order; the other way round where only that is a date."""
    one, two = said.number("one") or 0, said.number("two") or 0
    year = said.year()
    dotted = re.search(r"\d\.\d", said.text("whole"))  # as 1.12.2025, wherever it is written so
    day, month = (one, two) if seen.order == "DMY" or dotted else (two, one)
    found = in_year(seen, year, month, day)
    return _found(found or (in_year(seen, year, day, month) if year else None))


def month(said: Said, seen: Seen) -> When | None:
    """The first day of a month or a quarter; of the running one, the day on which it ends."""
    first = _month_of(said, seen, said.year())
    if first is None:
        return None
    begun = first <= seen.today < months_on(first, 3 if said.text("quarter") else 1)
    if begun and said.year() is None and not said.text("which"):
        return months_on(first, 3 if said.text("quarter") else 1) - A_DAY, None
    return first, None


def day_of_month(said: Said, seen: Seen) -> When | None:
    number, first = said.number("day") or 0, seen.today.replace(day=1)
    step = -1 if seen.past else 1
    if said["which"] == 1:
        return _found(in_month(months_on(first, 1), number))
    for ahead in range(0, 4 * step, step):
        found = in_month(months_on(first, ahead), number)
        if found and (found <= seen.today if seen.past else found >= seen.today):
            return found, None
    return None


def weekday_numbered(said: Said, seen: Seen) -> When | None:
    """Friday the 5th: the next 5th that is a Friday, soon; “Thu 20” only if the 20th is one."""
    number, wanted = said.number("day") or 0, said["weekday"]
    first, step = seen.today.replace(day=1), -1 if seen.past else 1
    months = [in_month(months_on(first, ahead), number) for ahead in range(0, 3 * step, step)]
    found = [day for day in months if day and (day <= seen.today if seen.past else day >= seen.today)]
    exact = [day for day in found if day.weekday() == wanted]
    return _found(next(iter(exact or (found if said.text("suffix") else [])), None))


# --- dates by their distance -------------------------------------------------------------------------------------


def near(said: Said, seen: Seen) -> When | None:
    at = time(18) if said.text("near") == "tonight" else None
    return seen.today + timedelta(days=said["near"]), at


def today_at(said: Said, seen: Seen) -> When | None:
    return seen.today, time.fromisoformat(said["part"])


def ahead(said: Said, seen: Seen) -> When | None:
    letter = {"m": "month", "y": "year"}.get(said.text("letter"))
    return moved(seen, seen.today, said.far(), letter or said["unit"])


def ago(said: Said, seen: Seen) -> When | None:
    return moved(seen, seen.today, -said.far(), said["unit"])


def from_day(said: Said, seen: Seen) -> When | None:
    """A week on Friday, Friday week, 3 days from tomorrow."""
    if said.text("weekday"):
        base = next_weekday(seen.today, said["weekday"])
    else:
        base = seen.today + timedelta(days=said["near"] or 0)
    return moved(seen, base, said.far(), said["unit"] or said.span())


def weekday_ahead(said: Said, seen: Seen) -> When | None:
    """In 2 weeks on Thursday: the Thursday of that week."""
    week = moved(seen, seen.monday, said.far(), said.span())
    return (week[0] + timedelta(days=said["weekday"]), None) if week else None


def same_time(said: Said, seen: Seen) -> When | None:
    return moved(seen, seen.today, 1, said.span()) if said["which"] == 1 else None


def next_workday(said: Said, seen: Seen) -> When | None:
    return seen.plus_workdays(seen.today, 1), None


# --- weekdays and weeks -------------------------------------------------------------------------------------------


def weekday(said: Said, seen: Seen) -> When | None:
    """The next one; “next Friday” is that of next week, “this Friday” may be today."""
    wanted, which = said["weekday"], said["which"]
    if which == -1 or (which is None and seen.past):
        return seen.today - timedelta(days=(seen.today.weekday() - wanted) % 7 or 7), None
    if which == 0 and seen.today.weekday() == wanted:
        return seen.today, None
    if which == 1 and said.text("which") == "next":
        return seen.monday + timedelta(days=7 + wanted), None
    return next_weekday(seen.today, wanted), None


def weekday_in(said: Said, seen: Seen) -> When | None:
    return seen.monday + timedelta(days=7 * said["which"] + said["weekday"]), None


def weekday_after_next(said: Said, seen: Seen) -> When | None:
    return seen.monday + timedelta(days=14 + said["weekday"]), None


def after_next(said: Said, seen: Seen) -> When | None:
    if said.text("weekday"):
        return next_weekday(seen.today, said["weekday"]) + timedelta(days=7), None
    return bounds(said["period"], seen.today, 2)[0], None


def next_period(said: Said, seen: Seen) -> When | None:
    return bounds(said["period"], seen.today, 1)[0], None


def weekend(said: Said, seen: Seen) -> When | None:
    """Its Saturday, or the working day after it."""
    saturday = seen.monday + timedelta(days=5 + 7 * (said["which"] or 0))
    if said.text("whole").startswith("after"):
        return seen.plus_workdays(saturday + A_DAY, 1), None
    return max(saturday, seen.today) if said["which"] is None else saturday, None


def numbered_week(said: Said, seen: Seen) -> When | None:
    """The Monday of an ISO week, of this year or the next."""
    for year in (seen.today.year, seen.today.year + 1):
        try:
            found = date.fromisocalendar(year, said.number("week_number") or 0, 1)
        except ValueError:
            return None
        if found + timedelta(days=6) >= seen.today:
            return found, None
    return None


# --- parts of longer times ----------------------------------------------------------------------------------------


def edge(said: Said, seen: Seen) -> When | None:
    """Start, middle or end of a week, month, quarter or year: this one, or the next if that is over."""
    return _soonest(said, seen, lambda first, last, unit: edge_of(said["edge"], first, last, unit))


def nth(said: Said, seen: Seen) -> When | None:
    """First Monday of December, last working day of the month, 1st week of January."""
    return _soonest(said, seen, lambda first, last, unit: _nth(said, seen, first, last))


def closing(said: Said, seen: Seen) -> When | None:
    first, last = bounds(said["closing"], seen.today, 0)
    return edge_of("end", first, last, said["closing"]), None


def feast(said: Said, seen: Seen) -> When | None:
    name = said["feast"]
    days = (feast_day(name, year) for year in range(seen.today.year, seen.today.year + 2))
    found = next((day for day in days if day >= seen.today), None)
    if found is None:
        return None
    steps = {"after": 1, "before": -1}.get(said.text("side"), 0)
    return (seen.plus_workdays(found, steps) if steps else found), None


def new_year(said: Said, seen: Seen) -> When | None:
    return seen.plus_workdays(date(seen.today.year + 1, 1, 1), 1), None


MEANINGS: dict[str, Meaning] = {
    each.__name__: each
    for each in (
        *(dated, numbers, month, day_of_month, weekday_numbered, near, today_at, ahead, ago, from_day),
        *(weekday_ahead, same_time, next_workday, weekday, weekday_in, weekday_after_next, after_next),
        *(next_period, weekend, numbered_week, edge, nth, closing, feast, new_year),
    )
}


# --- helpers ---


def _found(day: date | None) -> When | None:
    return None if day is None else (day, None)


def _month_of(said: Said, seen: Seen, year: int | None) -> date | None:
    """The first day of the month or quarter that was named, the running one included."""
    named = said["month"] or (int(said.text("quarter")[1]) * 3 - 2 if said.text("quarter") else None)
    if named is None:
        return None
    if year:
        return date(year, named, 1)
    first, length = date(seen.today.year, named, 1), 3 if said.text("quarter") else 1
    over = months_on(first, length) <= seen.today or (said["which"] == 1 and first <= seen.today)
    return months_on(first, 12) if over else first


def _soonest(said: Said, seen: Seen, pick: Callable[[date, date, str], date | None]) -> When | None:
    """What is picked of the time that was named; of the next one where nothing says which and it is over."""
    for first, last, unit in _named_times(said, seen):
        found = pick(first, last, unit)
        if found and (found >= seen.today or said["which"] is not None or said.year()):
            return found, None
    return None


def _named_times(said: Said, seen: Seen) -> Iterator[tuple[date, date, str]]:
    unit = said["period"]
    if unit:
        for steps in (said["which"] or 0, 1):
            yield (*bounds(unit, seen.today, steps), unit)
        return
    year = said.year()
    if year and not said.text("month") and not said.text("quarter"):
        yield date(year, 1, 1), date(year, 12, 31), "year"
        return
    if first := _month_of(said, seen, year):
        unit, length = ("quarter", 3) if said.text("quarter") else ("month", 1)
        for start in (first, months_on(first, 12)):
            yield start, months_on(start, length) - A_DAY, unit


def _nth(said: Said, seen: Seen, first: date, last: date) -> date | None:
    number = said["ordinal"]
    if said.text("workday"):
        return seen.plus_workdays(first - A_DAY, number) if number > 0 else seen.plus_workdays(last + A_DAY, -1)
    if said.text("anyday"):
        found = first + timedelta(days=number - 1) if number > 0 else last
        return found if found <= last else None
    wanted = 0 if said.text("anyweek") else said["weekday"]
    if number < 0:
        return last - timedelta(days=(last.weekday() - wanted) % 7)
    found = first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (number - 1))
    return found if found <= last else None
