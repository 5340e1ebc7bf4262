"""Dates, money, counts and initials as people read them, for their zone and locale."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.numbers import format_currency

from fairlead.web import formats
from fairlead.web.formats import Reader

NOW = datetime(2025, 11, 18, 9, 41, tzinfo=UTC)


def reads(locale: str = "en_GB", zone: str = "Europe/London", now: datetime = NOW) -> Reader:
    return Reader(ZoneInfo(zone), Locale.parse(locale), now)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2025, 11, 18), "Today"),
        (date(2025, 11, 19), "Tomorrow"),
        (date(2025, 11, 17), "Yesterday"),
        (date(2025, 11, 20), "Thu 20 Nov"),
        (date(2026, 1, 5), "Mon 5 Jan 2026"),
        (date(2024, 2, 29), "Thu 29 Feb 2024"),
    ],
)
def test_days(on: date, said: str) -> None:
    assert formats.day(on, reads()) == said


def test_the_day_is_the_readers_own() -> None:
    late = datetime(2025, 11, 18, 23, 30, tzinfo=UTC)
    assert formats.day(late, reads()) == "Today"
    assert formats.day(late, reads(zone="Asia/Tokyo", now=late)) == "Today"
    assert formats.day(late, reads(zone="Asia/Tokyo")) == "Tomorrow"
    assert formats.clock(late, reads(zone="Asia/Tokyo")) == "08:30"
    assert formats.iso(late, reads(zone="Asia/Tokyo")) == "2025-11-19T08:30+09:00"


def test_times_follow_the_locale() -> None:
    assert formats.clock(time(16, 15), reads()) == "16:15"
    assert formats.clock(time(16, 15), reads("en_US")).replace("\u202f", " ") == "4:15 PM"
    assert formats.moment(NOW, reads()) == "Today, 09:41"
    assert formats.moment(date(2025, 11, 20), reads()) == "Thu 20 Nov"
    assert formats.short_date(date(2025, 11, 20), reads("en_US")) == "Thu Nov 20"


def test_headings_and_properties() -> None:
    assert formats.long_day(date(2025, 11, 17), reads()) == "Yesterday"
    assert formats.long_day(date(2025, 11, 12), reads()) == "Wednesday 12 November"
    assert formats.full_date(date(2024, 11, 12), reads()) == "Tuesday 12 November 2024"
    assert formats.plain_date(date(2025, 12, 12), reads()) == "12 Dec 2025"


def test_due_shows_the_time_only_today() -> None:
    assert formats.due(date(2025, 11, 18), time(11, 30), reads()) == "11:30"
    assert formats.due(date(2025, 11, 18), None, reads()) == "Any time"
    assert formats.due(date(2025, 11, 17), time(11, 30), reads()) == "Yesterday"


def test_the_past_in_words_up_to_30_days() -> None:
    said = [formats.ago(NOW.date() - timedelta(days=n), reads()) for n in (0, 1, 9, 30, 31)]
    assert said == ["Today", "Yesterday", "9 days ago", "30 days ago", "Sat 18 Oct"]


def test_durations() -> None:
    spans = [
        timedelta(seconds=40),
        timedelta(minutes=38),
        timedelta(hours=3),
        timedelta(minutes=125),
        timedelta(days=4),
    ]
    assert [formats.duration(span) for span in spans] == ["0 min", "38 min", "3 h", "2 h 5 min", "4 days"]


@pytest.mark.parametrize("locale", ["en_GB", "de_DE", "de_CH", "fr_FR", "es_ES", "en_IN", "ar_EG", "ja_JP", "pl_PL"])
def test_whole_money_is_as_the_locale_writes_it(locale: str) -> None:
    reader = reads(locale)
    pattern = reader.locale.currency_formats["standard"].pattern.replace("0.00", "0")
    for currency in ("GBP", "EUR", "JPY", "CHF", "INR", "XAF"):
        for amount in (0, 7, 999, 1000, 12345, 999999, 1234567890, -1200):
            wanted = format_currency(amount, currency, pattern, locale=reader.locale, currency_digits=False)
            assert formats.money(amount, currency, reader) == wanted


def test_money() -> None:
    assert formats.money(Decimal("38400.50"), "GBP", reads()) == "£38,401"
    assert formats.money(Decimal("-1234.5"), "GBP", reads(), decimals=True) == "-£1,234.50"
    exact = [formats.exact_money(Decimal(text), "GBP", reads()) for text in ("38400.00", "38400.50")]
    assert exact == ["£38,400", "£38,400.50"]
    assert formats.money(38400, "EUR", reads("de_DE")).replace("\xa0", " ") == "38.400 €"
    assert formats.money(1200, "JPY", reads("ja_JP"), decimals=True) == "￥1,200"
    assert [formats.short_money(n, "GBP", reads()) for n in (95150, 1_250_000, 999_600, 640)] == [
        "£95k",
        "£1.2M",
        "£1M",
        "£640",
    ]


def test_counts() -> None:
    assert formats.count(12345, reads()) == "12,345"
    assert formats.capped(1001, reads()) == "1,000+"
    assert formats.capped(1000, reads()) == "1,000"
    assert formats.big_count(1_234_567, reads()) == "1.2 million"
    assert [formats.plural(1, "person", "people"), formats.plural(2, "person", "people")] == ["1 person", "2 people"]
    assert formats.plural(0, "field") == "0 fields"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Priya Raman", "PR"),
        ("Sam", "S"),
        ("Élodie d’Arc", "ÉD"),
        ("Ostler & Finch Solicitors", "OS"),
        ("李小龙", "李"),
        ("Иван Петров", "ИП"),
        ("محمد علي", "م"),
        ("प्रिया रमन", "प्"),
        ("🙂 Bob", "B"),
        ("3M", "3"),
        ("  ", ""),
        ("020 7946 0182", ""),
        ("info@westbrook.example", ""),
    ],
)
def test_initials_in_any_script(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_a_name_keeps_its_hue() -> None:
    assert formats.hue("Priya Raman") == formats.hue("Priya Raman")
    assert {formats.hue(n) for n in range(100)} == {1, 2, 3, 4, 5, 6}
