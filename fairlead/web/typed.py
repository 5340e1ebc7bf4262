"""What people type for a day, a moment or an amount, read strictly: anything else is asked for again."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

from fairlead.reading.when.calendar import Seen
from fairlead.reading.when.finding import day_of
from fairlead.web.formats import Reader

SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR"}
THOUSANDS = {"k": Decimal(1000), "m": Decimal(1_000_000)}


class Unread(ValueError):
    """What was typed is none; the text says how to write it."""


def day(text: str, reader: Reader, *, past: bool = False) -> date:
    """A day such as "2025-12-12", "12 Dec", "fri", "in 2 weeks", "+3d", "12/12": whatever the grammar of dates reads.

    Without a year the next such day is meant, or the last one when `past`.
    """
    found = day_of(text, seen_by(reader, past=past))
    if found is None:
        raise _no_day(text)
    return found.on


def due(text: str, reader: Reader) -> tuple[date, time | None]:
    """A day, perhaps with its time: "tomorrow 3pm", "in 2 hours"."""
    found = day_of(text, seen_by(reader))
    if found is None:
        raise _no_day(text)
    return found.on, found.at


def moment(text: str, reader: Reader) -> datetime:
    """A past moment from "now", "15:00", "yesterday", "yesterday 15:00", "mon 9:30", "12 Nov 10:00" or ISO 8601."""
    words = " ".join(text.lower().split())
    if words in {"", "now"}:
        return reader.now
    if re.match(r"\d{4}-\d\d-\d\d[t ]\d", words):
        return _exact(words, reader.zone)
    found = day_of(text, seen_by(reader, past=True))
    if found is None:
        raise _no_day(text)
    if found.at is None and found.on == reader.today:
        return reader.now
    return datetime.combine(found.on, found.at or time(12), reader.zone)


def ahead(text: str, reader: Reader) -> datetime:
    """A moment to come, with its time, such as "thu 14:00", "tomorrow 9:30", "12 Dec at 3pm", "15:00"."""
    on, at = due(text, reader)
    if at is None:
        raise Unread(_("“%(text)s” has no time. Write it like thu 14:00.") % {"text": text.strip()[:40]})
    return datetime.combine(on, at, reader.zone)


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


def seen_by(reader: Reader, *, past: bool = False) -> Seen:
    """From where this reader sees dates: their clock, the order of their locale, their working days."""
    return Seen(reader.now.astimezone(reader.zone), order_of(reader.locale), reader.plus_workdays, past=past)


@cache
def order_of(locale: Locale) -> str:
    """In which order a locale writes day, month and year: DMY, MDY or YMD."""
    pattern = locale.date_formats["short"].pattern.lower()
    return "".join(sorted("DMY", key=lambda part: pattern.find(part.lower())))


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


def amount_in(text: str, currency: str, locale: Locale) -> Decimal:
    """An amount in this currency; one that names another is refused, because nothing would turn it into this one."""
    found, named = amount(text, currency, locale)
    if currency and named != currency:
        words = _("This amount is in %(ours)s. Write it in %(ours)s, not in %(theirs)s.")
        raise Unread(words % {"ours": currency, "theirs": named[:3]})
    return found


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


def _no_day(text: str) -> Unread:
    return Unread(_("“%(text)s” is no date here. Write it like 12 Dec, fri or +2w.") % {"text": text.strip()[:40]})


def _exact(words: str, zone: ZoneInfo) -> datetime:
    try:
        exact = datetime.fromisoformat(words.upper())
    except ValueError:
        raise Unread(_("“%(text)s” is no moment here. Write it like yesterday 15:00.") % {"text": words[:40]}) from None
    return exact if exact.tzinfo else exact.replace(tzinfo=zone)
