"""Dates, durations, money, counts and initials as people read them. Zone, locale and now are always given."""

import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, numbers
from babel.dates import format_date, format_skeleton, format_time

from fairlead.reading.when.calendar import office_days

PAST_DAYS_IN_WORDS = 30


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads the page: their zone, locale and working days, and the moment the page is made."""

    zone: ZoneInfo
    locale: Locale
    now: datetime
    plus_workdays: Callable[[date, int], date] = office_days

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def local_date(when: date | datetime, reader: Reader) -> date:
    return when.astimezone(reader.zone).date() if isinstance(when, datetime) else when


def day(when: date | datetime, reader: Reader) -> str:
    """Today, Tomorrow, Yesterday, else "Thu 20 Nov", with the year when it is not this year."""
    on = local_date(when, reader)
    distance = (on - reader.today).days
    if distance in (-1, 0, 1):
        return {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}[distance]
    return short_date(on, reader)


def short_date(when: date | datetime, reader: Reader) -> str:
    on = local_date(when, reader)
    return written("MMMEd" if on.year == reader.today.year else "yMMMEd", on, reader.locale).replace(",", "")


def day_in_words(text: str, reader: Reader) -> str:
    """A day that was kept as text, like 2026-12-24, as the reader writes it; any other text as it is."""
    try:
        return short_date(date.fromisoformat(text), reader) if len(text) == len("2026-12-24") else text
    except ValueError:
        return text


def plain_date(when: date | datetime, reader: Reader) -> str:
    """A date in a property: "12 Dec 2025", without the weekday."""
    return written("yMMMd", local_date(when, reader), reader.locale)


def long_day(when: date | datetime, reader: Reader) -> str:
    """A heading: Today, Yesterday, else "Monday 17 November", with the year when it is not this year."""
    on = local_date(when, reader)
    if (reader.today - on).days in (0, 1):
        return "Today" if on == reader.today else "Yesterday"
    return full_date(on, reader)


def weekday_name(on: date, reader: Reader) -> str:
    """ "Mon"."""
    return format_date(on, "EEE", locale=reader.locale)


def weekday_and_day(on: date, reader: Reader) -> str:
    """ "Mon 23"."""
    return f"{weekday_name(on, reader)} {on.day}"


def full_date(when: date | datetime, reader: Reader) -> str:
    """Monday 17 November, with the year when it is not this year."""
    on = local_date(when, reader)
    weekday = format_date(on, "EEEE", locale=reader.locale)
    if on.year == reader.today.year:
        return f"{weekday} {written('MMMMd', on, reader.locale)}"
    return f"{weekday} {format_date(on, 'long', locale=reader.locale)}"


def clock(when: datetime | time, reader: Reader) -> str:
    """The time of day, 24 h or 12 h as the locale has it."""
    at = when.astimezone(reader.zone).time() if isinstance(when, datetime) else when
    return format_time(at, format="short", locale=reader.locale)


def moment(when: date | datetime, reader: Reader) -> str:
    """Day and time: "Today, 10:30"; a plain date stays a day."""
    return f"{day(when, reader)}, {clock(when, reader)}" if isinstance(when, datetime) else day(when, reader)


def due(on: date, at: time | None, reader: Reader) -> str:
    """How a due date stands in a list: the time when it is today, else the day."""
    if on != reader.today:
        return day(on, reader)
    return clock(at, reader) if at else "Any time"


def ago(when: date | datetime, reader: Reader) -> str:
    """A past day in words up to 30 days, then the date. Never seconds."""
    days = (reader.today - local_date(when, reader)).days
    if days < 0 or days > PAST_DAYS_IN_WORDS:
        return day(when, reader)
    return {0: "Today", 1: "Yesterday"}.get(days, f"{days} days ago")


def duration(span: timedelta) -> str:
    """A length of time: "38 min", "3 h", "2 h 5 min", "4 days"."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def iso(when: date | datetime, reader: Reader) -> str:
    """For the tooltip and the datetime attribute: the reader's own wall clock, with its offset."""
    if isinstance(when, datetime):
        return when.astimezone(reader.zone).isoformat(timespec="minutes")
    return when.isoformat()


def money(amount: Decimal | int, currency: str, reader: Reader, *, decimals: bool = False) -> str:
    """The amount in the locale's way; decimals only where cents matter (quotes, invoices)."""
    if decimals:
        return numbers.format_currency(Decimal(amount), currency, locale=reader.locale)
    whole = int(Decimal(amount).quantize(Decimal(1), ROUND_HALF_UP))
    around = _around(currency, str(reader.locale))
    if around and whole >= 0:
        return f"{around[0]}{whole:,}{around[1]}".replace(",", around[2])
    return _whole(whole, currency, reader.locale)


@lru_cache(maxsize=500)
def _around(currency: str, locale: str) -> tuple[str, str, str] | None:
    """What stands before and after a whole amount, and between its thousands; None where it is written otherwise."""
    found = Locale.parse(locale)
    before, _one, after = _whole(1_234_567, currency, found).partition("1")
    between = after[:1]
    rest = after.removeprefix(f"{between}234{between}567")
    return (before, rest, between) if rest != after and "," not in before + rest else None


def _whole(amount: int, currency: str, locale: Locale) -> str:
    pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0")
    return numbers.format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def exact_money(amount: Decimal | int, currency: str, reader: Reader) -> str:
    """What one thing is worth, as it was written: cents are there if there are any."""
    return money(amount, currency, reader, decimals=amount != int(amount))


def short_money(amount: Decimal | int, currency: str, reader: Reader) -> str:
    """For charts only: £24k, £1.2M."""
    symbol = numbers.get_currency_symbol(currency, locale=reader.locale)
    size = abs(Decimal(amount))
    if size >= 999_500:
        return f"{symbol}{one_decimal(Decimal(amount) / 1_000_000)}M"
    if size >= 1_000:
        return f"{symbol}{round(Decimal(amount) / 1000)}k"
    return f"{symbol}{round(Decimal(amount))}"


def count(number: int, reader: Reader) -> str:
    """A figure with the locale's separators."""
    return numbers.format_decimal(number, locale=reader.locale)


def capped(number: int, reader: Reader, cap: int = 1000) -> str:
    """A count that was cut off at the cap: "1,000+"."""
    return f"{count(cap, reader)}+" if number > cap else count(number, reader)


def big_count(number: int, reader: Reader) -> str:
    """A figure in prose: "1.2 million" above a million, else the figure."""
    if number < 1_000_000:
        return count(number, reader)
    return f"{one_decimal(Decimal(number) / 1_000_000)} million"


def size(octets: int, reader: Reader) -> str:
    """How large a file is: "812 B", "3.4 MB"."""
    value, unit = Decimal(octets), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    rounded = value.quantize(Decimal(1) if unit == "B" or value >= 100 else Decimal("0.1"))
    return f"{numbers.format_decimal(rounded, locale=reader.locale)} {unit}"


def plural(number: int, one: str, many: str = "", *, reader: Reader | None = None) -> str:
    """ "1 person", "2 people"; the plural is the singular with an s unless given."""
    return f"{count(number, reader) if reader else number} {one if number == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Two letters for an avatar, in any script: first and last word; one sign for scripts without capital letters.

    What is no name, such as a phone number or a mail address, has none.
    """
    words = [word for word in (first_letter(part) for part in name.split()) if word]
    if "@" in name or not any(sign.isalpha() for sign in name):
        return ""
    if words[0].upper() == words[0].lower():
        return words[0]
    return (words[0] + (words[-1] if len(words) > 1 else "")).upper()


def hue(key: object) -> int:
    """One of six hues, the same for the same name for ever."""
    return zlib.crc32(str(key).encode()) % 6 + 1


def first_letter(word: str) -> str:
    """The first letter or digit of a word with the marks that belong to it."""
    text = unicodedata.normalize("NFC", word)
    for at, sign in enumerate(text):
        if sign.isalnum():
            rest = text[at + 1 :]
            return sign + "".join(mark for mark in rest[:2] if unicodedata.combining(mark) or mark == "\u200d")
    return ""


@lru_cache(maxsize=4096)
def written(skeleton: str, on: date, locale: Locale) -> str:
    return format_skeleton(skeleton, on, locale=locale)


def one_decimal(value: Decimal) -> str:
    return f"{value:.1f}".removesuffix(".0")
