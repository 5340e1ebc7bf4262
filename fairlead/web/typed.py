"""What people type for a day, a moment or an amount, read strictly: anything else is asked for again."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR"}
THOUSANDS = {"k": Decimal(1000), "m": Decimal(1_000_000)}


class Unread(ValueError):
    """What was typed is none; the text says how to write it."""


def day(text: str, today: date, *, past: bool = False) -> date:
    """A day from "2025-12-12", "12 Dec", "12 Dec 2025", "fri", "today", "tomorrow", "yesterday", "+3d", "+2w", "+1m".

    Without a year the next such day is meant, or the last one when `past`.
    """
    words = " ".join(text.lower().replace(",", " ").split())
    found = _iso(words) or _word(words, today, past) or _ahead(words, today) or _dated(words, today, past)
    if found is None:
        raise Unread(_("“%(text)s” is no date here. Write it like 12 Dec, fri or +2w.") % {"text": text.strip()[:40]})
    return found


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A past moment from "now", "15:00", "yesterday", "yesterday 15:00", "mon 9:30", "12 Nov 10:00" or ISO 8601."""
    words = " ".join(text.lower().split())
    if words in {"", "now"}:
        return now
    if re.match(r"\d{4}-\d\d-\d\d[t ]\d", words):
        return _exact(words, zone)
    today = now.astimezone(zone).date()
    found = re.fullmatch(r"(.*?)(?:\bat)?\s*\b(\d{1,2}[:.]\d{2}(?:\s*[ap]m)?|\d{1,2}\s*[ap]m)", words)
    if found is None:
        on = day(words, today, past=True)
        return now if on == today else datetime.combine(on, time(12), zone)
    on = day(found[1], today, past=True) if found[1].strip() else today
    return datetime.combine(on, clock(found[2]), zone)


def clock(text: str) -> time:
    """A time of day such as 9:30, 15:00, 10am, 3.30 pm, or the bare hour."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2})(?::\d{2})?)?\s*([ap]m)?", text.strip().lower())
    hour, minute, half = (int(found[1]), int(found[2] or 0), found[3]) if found else (24, 0, None)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif half:
        hour = 24
    if hour > 23 or minute > 59:
        raise Unread(_("“%(text)s” is no time here. Write it like 15:00.") % {"text": text.strip()[:40]})
    return time(hour, minute)


def amount(text: str, currency: str, locale: Locale) -> tuple[Decimal, str]:
    """An amount and its currency from "38,400", "£38.4k", "EUR 1200", "1.234,50 €"; `currency` when none is named."""
    plain = text.strip()
    named = re.search(r"\b[A-Za-z]{3}\b", plain) or re.search(r"[£€$¥₹]", plain)
    if named:
        currency = SYMBOLS.get(named[0], named[0].upper())
        plain = plain.replace(named[0], "").strip()
    times = THOUSANDS.get(plain[-1:].lower(), Decimal(1))
    figure = plain[:-1].strip() if times != 1 else plain
    found = _figure(re.sub(r"[\s'’\u00a0\u202f]", "", figure), get_decimal_symbol(locale), exact=times == 1)
    if found is None:
        words = _("“%(text)s” is no amount here. Write it like 38400 or 38.4k.")
        raise Unread(words % {"text": text.strip()[:40]})
    return found * times, currency


def _figure(plain: str, point: str, *, exact: bool) -> Decimal | None:
    """A figure however its thousands are parted: of two signs the last one is the point, of one it is what it can be.

    One sign before three figures is the locale's: 1.234 is a thousand where the point is a comma. `exact`: an
    amount has not three figures after its point, so that in other places it is none.
    """
    marks = [sign for sign in plain if sign in ".,"]
    if not re.fullmatch(r"[\d.,]*\d", plain) or len(plain) > 30:
        return None
    last, tail = (marks[-1], re.split(r"[.,]", plain)[-1]) if marks else ("", "")
    parted = len(set(marks)) == 1 and (len(marks) > 1 or (len(tail) == 3 and last != point))
    if not marks or parted:
        whole, part = plain, ""
    else:
        whole, part = plain.rpartition(last)[0], tail
        if last in whole or (exact and len(part) > 2):
            return None
    if not re.fullmatch(r"\d*|\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}", whole):
        return None
    digits = re.sub("[.,]", "", whole) or "0"
    return Decimal(f"{digits}.{part}" if part else digits)


def _iso(words: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        return None
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _exact(words: str, zone: ZoneInfo) -> datetime:
    try:
        exact = datetime.fromisoformat(words.upper())
    except ValueError:
        raise Unread(_("“%(text)s” is no moment here. Write it like yesterday 15:00.") % {"text": words[:40]}) from None
    return exact if exact.tzinfo else exact.replace(tzinfo=zone)


def _word(words: str, today: date, past: bool) -> date | None:
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if words in near:
        return today + timedelta(days=near[words])
    named = [number for number, name in enumerate(DAYS) if words in {name, name[:3]}]
    if not named:
        return None
    ahead = (named[0] - today.weekday()) % 7
    return today + timedelta(days=(ahead or 7) - 7 * (past and ahead > 0) - 14 * (past and ahead == 0))


def _ahead(words: str, today: date) -> date | None:
    found = re.fullmatch(r"\+(\d{1,3})\s?([dwmy])", words)
    if not found:
        return None
    number = int(found[1])
    if found[2] in "dw":
        return today + timedelta(days=number * (7 if found[2] == "w" else 1))
    months = today.month - 1 + number * (12 if found[2] == "y" else 1)
    year, month = today.year + months // 12, months % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _dated(words: str, today: date, past: bool) -> date | None:
    number_first = re.fullmatch(r"(?P<day>\d{1,2})\.? (?P<month>[a-z]{3})[a-z]*\.?(?: (?P<year>\d{4}))?", words)
    found = number_first or re.fullmatch(r"(?P<month>[a-z]{3})[a-z]*\.? (?P<day>\d{1,2})(?: (?P<year>\d{4}))?", words)
    if not found or found["month"] not in MONTHS:
        return None
    month, number, year = found["month"], found["day"], found["year"]
    near = range(today.year, today.year + (-9 if past else 9), -1 if past else 1)
    for each in [int(year)] if year else near:
        try:
            on = date(each, MONTHS.index(month) + 1, int(number))
        except ValueError:
            continue
        if year or (on <= today if past else on >= today):
            return on
    return None
