"""What our forms say to visitors besides their own texts, in each language they can be in."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval

FALLBACK = "en"


@cache
def phrases(language: str) -> Mapping[str, str]:
    """The phrases of a language, those that it lacks in English."""
    known = _all()
    return {**known[FALLBACK], **known.get(language, {})}


def period(starts_at: datetime, ends_at: datetime, zone: str, language: str) -> str:
    """When something takes place, on the clock of its zone, as “Thursday 3 December 2026, 14:00 – 16:00 (London)”."""
    locale = "en_GB" if language == "en" else language
    starts, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    place = zone.rpartition("/")[2].replace("_", " ")
    first, last = (format_date(each, "full", locale=locale) for each in (starts, ends))
    if first == last:
        return f"{first}, {format_interval(starts, ends, 'Hm', locale=locale)} ({place})"
    return f"{first}, {starts:%H:%M} – {last}, {ends:%H:%M} ({place})"


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("fairlead.reading") / "phrases.toml").read_text(encoding="utf-8"))
