"""Days as filters name them: 2026-12-01, 2026-12 (a month), today, -30d, +2w, this_month. Each is a span of days.

What is said by its distance from today stays true tomorrow, which is what a saved view needs.
"""

import re
from calendar import monthrange
from datetime import MAXYEAR, date, timedelta

Span = tuple[date, date]  # the first day, and the day after the last
NAMED = {"yesterday": -1, "today": 0, "tomorrow": 1}
UNITS = ("week", "month", "quarter", "year")
WHICH = {"last": -1, "this": 0, "next": 1}
AWAY = re.compile(r"([+-]?)(\d{1,4})([dwmy])", re.ASCII)
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def span(text: str, today: date) -> Span | None:
    """The days that this text names, seen from today; None when it names none."""
    try:
        return _named(text.strip().lower().replace(" ", "_"), today) or _month(text) or _day(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def distance(text: str) -> tuple[int, str] | None:
    """How far from today, as (number, d | w | m | y), when that is how the day is said."""
    found = AWAY.fullmatch(text.strip().lower())
    return (int(found[1] + found[2]), found[3]) if found else None


def period(text: str) -> tuple[str, str] | None:
    """("this", "month") when that is how the days are said."""
    which, _sign, unit = text.strip().lower().replace(" ", "_").partition("_")
    return (which, unit) if which in WHICH and unit in UNITS else None


def is_month(text: str) -> bool:
    return MONTH.fullmatch(text) is not None


def months_on(day: date, number: int) -> date:
    """The same day so many months on, or the last one of a month that is shorter."""
    at = day.year * 12 + day.month - 1 + number
    year, month = at // 12, at % 12 + 1
    if not 1 <= year < MAXYEAR:
        raise OverflowError
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _named(text: str, today: date) -> Span | None:
    if text in NAMED:
        return _day(today + timedelta(days=NAMED[text]))
    if away := distance(text):
        return _day(_away(today, *away))
    if known := period(text):
        return _period(today, WHICH[known[0]], known[1])
    return None


def _day(day: date) -> Span:
    return day, day + timedelta(days=1)


def _away(today: date, number: int, unit: str) -> date:
    if unit in "my":
        return months_on(today, number * (12 if unit == "y" else 1))
    return today + timedelta(days=number * (7 if unit == "w" else 1))


def _period(today: date, which: int, unit: str) -> Span:
    if unit == "week":
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=which), monday + timedelta(weeks=which + 1)
    length = {"month": 1, "quarter": 3, "year": 12}[unit]
    begun = today.replace(day=1, month=(today.month - 1) // length * length + 1)
    return months_on(begun, which * length), months_on(begun, (which + 1) * length)


def _month(text: str) -> Span | None:
    if not (found := MONTH.fullmatch(text.strip())):
        return None
    first = date(int(found[1]), int(found[2]), 1)
    return first, months_on(first, 1)
