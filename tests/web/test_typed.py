"""What people type for days, moments and amounts: read, or asked for again."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from fairlead.web import typed
from fairlead.web.formats import Reader

TUESDAY = date(2025, 11, 18)
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2025, 11, 18, 9, 41, tzinfo=UTC)
READER = Reader(LONDON, Locale.parse("en_GB"), NOW)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-12-12", date(2025, 12, 12)),
        ("12 Dec", date(2025, 12, 12)),
        ("12 December 2026", date(2026, 12, 12)),
        ("Dec 12", date(2025, 12, 12)),
        ("3 Jan", date(2026, 1, 3)),
        ("18 nov", TUESDAY),
        ("29 Feb", date(2028, 2, 29)),
        ("fri", date(2025, 11, 21)),
        ("Tuesday", date(2025, 11, 25)),
        ("mon", date(2025, 11, 24)),
        ("today", TUESDAY),
        ("Tomorrow", date(2025, 11, 19)),
        ("+3d", date(2025, 11, 21)),
        ("+2w", date(2025, 12, 2)),
        ("+3m", date(2026, 2, 18)),
        ("+1y", date(2026, 11, 18)),
    ],
)
def test_a_day_to_come(text: str, day: date) -> None:
    assert typed.day(text, READER) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("mon", date(2025, 11, 17)),
        ("tue", date(2025, 11, 11)),
        ("12 Nov", date(2025, 11, 12)),
        ("3 Dec", date(2024, 12, 3)),
    ],
)
def test_a_day_gone_by(text: str, day: date) -> None:
    assert typed.day(text, READER, past=True) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "31 Feb 2025", "13/13", "2025-13-40", "fried", "+2", "w", "99 Dec", "+999999d"]
)
def test_no_day(text: str) -> None:
    with pytest.raises(typed.Unread, match="no date"):
        typed.day(text, READER)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("", NOW),
        ("9:15", datetime(2025, 11, 18, 9, 15, tzinfo=LONDON)),
        ("yesterday 15:00", datetime(2025, 11, 17, 15, tzinfo=LONDON)),
        ("mon at 9.30", datetime(2025, 11, 17, 9, 30, tzinfo=LONDON)),
        ("12 Nov 10:00", datetime(2025, 11, 12, 10, tzinfo=LONDON)),
        ("yesterday", datetime(2025, 11, 17, 12, tzinfo=LONDON)),
        ("2025-11-01T08:00", datetime(2025, 11, 1, 8, tzinfo=LONDON)),
        ("2025-11-01T08:00:00Z", datetime(2025, 11, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    assert typed.moment(text, READER) == moment


@pytest.mark.parametrize("text", ["lately", "25:00", "yesterday 9:75", "2025-11-01T99:00"])
def test_no_moment(text: str) -> None:
    with pytest.raises(typed.Unread):
        typed.moment(text, READER)


@pytest.mark.parametrize(
    ("text", "locale", "amount", "currency"),
    [
        ("38,400", "en_GB", "38400", "GBP"),
        ("£38.4k", "en_GB", "38400.0", "GBP"),
        ("EUR 1200", "en_GB", "1200", "EUR"),
        ("1.200,50 €", "de_DE", "1200.50", "EUR"),
        ("1.5m", "en_GB", "1500000.0", "GBP"),
        ("1.234,50 €", "en_GB", "1234.50", "EUR"),
        ("1,234.50", "de_DE", "1234.50", "GBP"),
        ("1.234", "de_DE", "1234", "GBP"),
        ("1,5", "en_GB", "1.5", "GBP"),
        ("12k", "en_GB", "12000", "GBP"),
        ("1.234k", "en_GB", "1234", "GBP"),
        ("1,00,000", "en_IN", "100000", "GBP"),
        ("CHF 12'500.50", "de_CH", "12500.50", "CHF"),
    ],
)
def test_an_amount(text: str, locale: str, amount: str, currency: str) -> None:
    assert typed.amount(text, "GBP", Locale.parse(locale)) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text", ["", "lots", "-5", "1e9", "1e5", "NaN", "12 apples", "k", "1.234", "1,2,3", "1.2.3,4,5"]
)
def test_no_amount(text: str) -> None:
    with pytest.raises(typed.Unread, match="no amount"):
        typed.amount(text, "GBP", Locale.parse("en_GB"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("10am", "10:00"),
        ("12 AM", "00:00"),
        ("12pm", "12:00"),
        ("3.30 pm", "15:30"),
        ("9", "09:00"),
        ("15:00", "15:00"),
    ],
)
def test_times_of_day(text: str, at: str) -> None:
    assert typed.clock(text).isoformat("minutes") == at


@pytest.mark.parametrize("text", ["24", "0am", "13pm", "9:60", "-1", "ten", ""])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(typed.Unread):
        typed.clock(text)


def test_a_moment_with_am_and_pm() -> None:
    now = datetime(2025, 11, 20, 18, 0, tzinfo=UTC)
    reader = Reader(ZoneInfo("UTC"), Locale.parse("en_GB"), now)
    assert typed.moment("yesterday 3pm", reader) == datetime(2025, 11, 19, 15, 0, tzinfo=UTC)
