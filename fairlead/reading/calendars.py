"""Calendar files (RFC 5545): what is in them, however broken, as far as it is safe to look; and answers to meetings.

Files from elsewhere can be made to keep a reader busy for ever: what is too large, too deep or repeats every second is
refused with the reason.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from email.message import Message
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from fairlead.reading.body import Unreadable, clean

LARGEST = 2 * 1024 * 1024  # bytes
LINES = 100_000
DEEPEST = 10
MOST = 5000  # entries
LONGEST_TEXT = 5000
KINDS = ("VEVENT", "VTODO", "VJOURNAL")
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
REPLIES = frozenset({"REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER"})
# What repeats more often than daily is none of a calendar of meetings.
STEADY = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})


@dataclass(frozen=True)
class Guest:
    address: str
    name: str
    answer: str = "needs_action"


@dataclass(frozen=True)
class Entry:
    """One entry. `start` and `end` are moments in UTC, naive where the file names no zone, or days; None if unreadable.

    `end` of days is the day after the last. `rule` says how often it repeats; `of` which of a series it stands for.
    """

    kind: str
    uid: str
    title: str
    start: datetime | date | None = None
    end: datetime | date | None = None
    zone: str = ""
    place: str = ""
    note: str = ""
    link: str = ""
    status: str = ""
    sequence: int = 0
    stamp: datetime | None = None
    rule: str = ""
    of: datetime | date | None = None
    organiser: str = ""
    guests: tuple[Guest, ...] = ()


@dataclass(frozen=True)
class Read:
    """A calendar of a file, with its method, if it is a message to other calendars."""

    method: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Reply:
    """What a guest's calendar says of a meeting; `sender` is who sent the mail."""

    method: str
    sender: str
    entry: Entry
    comment: str = ""


def read(raw: bytes) -> list[Read]:
    """The calendars of a file with all their entries; raises Unreadable with the reason."""
    return [Read(_word(each, "METHOD"), [_entry(part) for part in _parts(each)]) for each in _parsed(raw)]


def occurrences(raw: bytes, since: datetime, until: datetime) -> list[Entry]:
    """The events of a file between two moments, each time of those that repeat one by one; the rest as they stand."""
    import recurring_ical_events

    found: list[Entry] = []
    for each in _parsed(raw):
        _refuse_restless(each)
        series = recurring_ical_events.of(each, skip_bad_series=True, components=["VEVENT"])
        for number, part in enumerate(series.between(since, until)):
            if number >= MOST:
                raise Unreadable(f"It has more than {MOST} entries.")
            repeats = part.get("RECURRENCE-ID") is not None
            found.append(_entry(part) if repeats else replace(_entry(part), of=None))
    return found


def reply_in(raw: bytes) -> Reply | None:
    """The answer to a meeting that a mail carries, if it does; never raises."""
    try:
        message = email.message_from_bytes(raw)
        part = next(_calendar_parts(message), None)
        if part is None:
            return None
        for found in read(part):
            if found.method in REPLIES and found.entries:
                sender = parseaddr(str(message.get("From", ""))[:2000])[1].lower()
                return Reply(found.method, clean(sender)[:320], found.entries[0], _comment(part))
    except (Unreadable, RecursionError, ValueError, LookupError):
        return None
    return None


# --- parsing -----------------------------------------------------------------------------------------------------


def _parsed(raw: bytes) -> list[Any]:
    from icalendar import Calendar

    text = _text(raw)
    _refuse_bombs(text)
    try:
        found: list[Any] = Calendar.from_ical(text, multiple=True)
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"It is no calendar: {clean(str(error))[:200]}") from None
    return [each for each in found if getattr(each, "name", "") == "VCALENDAR"]


def _text(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise Unreadable(f"It is larger than {LARGEST // 1024 // 1024} MB.")
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _refuse_bombs(text: str) -> None:
    lines = re.split(r"\r?\n(?![ \t])", text)
    if len(lines) > LINES:
        raise Unreadable(f"It has more than {LINES} lines.")
    depth = entries = 0
    for line in lines:
        word = line[:13].upper()
        depth += word.startswith("BEGIN:") - word.startswith("END:")
        entries += word.startswith(("BEGIN:VEVENT", "BEGIN:VTODO", "BEGIN:VJOURN"))
        if depth > DEEPEST:
            raise Unreadable("It is nested too deeply.")
    if entries > MOST:
        raise Unreadable(f"It has more than {MOST} entries.")


def _refuse_restless(calendar: Any) -> None:
    for part in calendar.walk():
        rules = part.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            often = {str(each).upper() for each in rule.get("FREQ", [])} if hasattr(rule, "get") else set()
            if not often <= STEADY:
                raise Unreadable("Something in it repeats more often than daily.")


def _parts(calendar: Any) -> list[Any]:
    return [part for part in calendar.walk() if part.name in KINDS]


# --- an entry ----------------------------------------------------------------------------------------------------


def _entry(part: Any) -> Entry:
    start = _moment(part, "DTSTART")
    return Entry(
        kind=part.name,
        uid=_plain(part, "UID")[:255],
        title=_plain(part, "SUMMARY"),
        start=start,
        end=_end(part, start),
        zone=_zone(part),
        place=_plain(part, "LOCATION")[:300],
        note=_plain(part, "DESCRIPTION"),
        link=_plain(part, "URL")[:500],
        status=_word(part, "STATUS"),
        sequence=_number(part, "SEQUENCE"),
        stamp=_stamp(part),
        rule=_rule(part),
        of=_moment(part, "RECURRENCE-ID"),
        organiser=_address(part.get("ORGANIZER")),
        guests=tuple(_guests(part)),
    )


def _end(part: Any, start: datetime | date | None) -> datetime | date | None:
    """Said, or as long after the start as it takes; a day takes a day (RFC 5545, 3.6.1)."""
    found = _moment(part, "DTEND") or _moment(part, "DUE")
    if found is not None or start is None:
        return found
    length = getattr(part.get("DURATION"), "dt", None)
    if isinstance(length, timedelta):
        return start + length
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _moment(part: Any, name: str) -> datetime | date | None:
    """A moment in UTC, naive without a zone; a day; None for what is none."""
    found = getattr(part.get(name), "dt", None)
    if not isinstance(found, datetime):
        return found if isinstance(found, date) else None
    try:
        return found.astimezone(UTC) if found.tzinfo else found
    except (OverflowError, ValueError):
        return None


def _zone(part: Any) -> str:
    zone = getattr(getattr(part.get("DTSTART"), "dt", None), "tzinfo", None)
    name = getattr(zone, "key", "")
    return name if isinstance(name, str) and name != "UTC" else ""


def _stamp(part: Any) -> datetime | None:
    found = _moment(part, "DTSTAMP")
    return found if isinstance(found, datetime) and found.tzinfo else None


def _rule(part: Any) -> str:
    rules = part.get("RRULE", [])
    found = rules if isinstance(rules, list) else [rules]
    return "; ".join(rule.to_ical().decode(errors="replace")[:500] for rule in found if hasattr(rule, "to_ical"))


def _guests(part: Any) -> Iterator[Guest]:
    found = part.get("ATTENDEE", [])
    for each in found if isinstance(found, list) else [found]:
        parameters = getattr(each, "params", {})
        answer = ANSWERS.get(str(parameters.get("PARTSTAT", "")).upper(), "needs_action")
        yield Guest(_address(each), clean(str(parameters.get("CN", "")))[:200], answer)


def _address(value: Any) -> str:
    text = clean(str(value or "")).strip()
    return text[7:327].lower() if text.lower().startswith("mailto:") else ""


def _plain(part: Any, name: str) -> str:
    value = part.get(name)
    first = value[0] if isinstance(value, list) and value else value
    return clean(str(first or ""))[:LONGEST_TEXT].strip()


def _word(part: Any, name: str) -> str:
    return _plain(part, name).upper()[:40]


def _number(part: Any, name: str) -> int:
    text = _plain(part, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def local(moment: datetime | date, zone: ZoneInfo) -> datetime:
    """In UTC: what names no zone is read on this clock, and a day begins at midnight there."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone).astimezone(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


# --- in a mail ---------------------------------------------------------------------------------------------------


def _calendar_parts(message: Message) -> Iterator[bytes]:
    for number, part in enumerate(message.walk()):
        if number > 100:
            return
        name = str(part.get_filename() or "").lower()
        if part.get_content_type() in {"text/calendar", "application/ics"} or name.endswith(".ics"):
            found = part.get_payload(decode=True)
            if isinstance(found, bytes) and found.strip():
                yield found


def _comment(raw: bytes) -> str:
    """What the guest wrote with the answer."""
    from icalendar import Calendar

    for calendar in Calendar.from_ical(_text(raw), multiple=True):
        for part in _parts(calendar):
            return _plain(part, "COMMENT")[:1000]
    return ""
