"""What calendars elsewhere read: meetings and tasks as iCalendar text, the same text while nothing changes."""

import hashlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from fairlead import __version__
from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.record import writing
from fairlead.models import Feed, Meeting, Task, User
from fairlead.models import icalendar_text as ical

BACK = timedelta(days=90)
MOST = 10_000  # of each kind
TASK_TAKES = timedelta(minutes=30)
NOTED_EVERY = timedelta(hours=1)
MEETING = (
    "public_id", "uid", "sequence", "revised_at", "starts_at", "ends_at", "zone", "all_day", "title", "place", "note",
    "link",
)  # fmt: skip
TASK = ("public_id", "version", "created_at", "due_at", "due_on", "due_time", "title")


@dataclass(frozen=True)
class Feeding:
    """What a feed shows, as read from the database; its tag changes when anything of it does."""

    feed: Feed
    meetings: list[tuple[Any, ...]]
    tasks: list[tuple[Any, ...]]

    @property
    def tag(self) -> str:
        shown = (self.feed.name, self.feed.tasks, settings.BASE_URL, __version__, self.meetings, self.tasks)
        return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'

    @property
    def text(self) -> str:
        meetings = [_meeting(settings.BASE_URL, *row) for row in self.meetings]
        tasks = [_task(self.feed.tasks == Feed.Tasks.TODOS, settings.BASE_URL, *row) for row in self.tasks]
        return ical.calendar([*meetings, *tasks], name=self.feed.name)


def read(feed: Feed) -> Feeding | None:
    """What is in the feed now; None when its user is in the team no more."""
    by = feed.user.actor("calendar")
    if feed.team_id and feed.team_id not in by.team_ids:
        return None
    team = User.teams.through._default_manager.filter(team_id=feed.team_id) if feed.team_id else None
    ids = set(team.values_list("user_id", flat=True)) if team is not None else {feed.user_id}
    return Feeding(feed, _meetings(by, ids), [] if feed.tasks == Feed.Tasks.NONE else _tasks(by, ids))


def note_reading(feed: Feed) -> None:
    """Once an hour is enough to see which feeds are read."""
    now = clock.now()
    if feed.last_read_at is None or now - feed.last_read_at >= NOTED_EVERY or feed.last_read_at > now:
        with writing():
            Feed.objects.filter(pk=feed.pk).update(last_read_at=now)  # the feed of this call; nosemgrep


def _meetings(by: Actor, ids: Collection[int]) -> list[tuple[Any, ...]]:
    """Each once: two of a team may have brought in the same one."""
    since = datetime.combine(clock.today(ZoneInfo("UTC")) - BACK, datetime.min.time(), UTC)
    found: Any = Meeting.objects.of(ids).filter(ends_at__gt=since, archived_at=None).exclude(state="cancelled")
    rows = found.visible_to(by).order_by("starts_at", "pk").values_list(*MEETING)[:MOST]
    seen: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        seen.setdefault(row[1], row)
    return list(seen.values())


def _tasks(by: Actor, ids: Collection[int]) -> list[tuple[Any, ...]]:
    found: Any = Task.objects.open().visible_to(by).filter(assignee_id__in=ids).exclude(due_on=None)
    return list(found.order_by(F("due_at"), "pk").values_list(*TASK)[:MOST])


def _meeting(
    base_url: str,
    public_id: str,
    uid: str,
    sequence: int,
    revised_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    all_day: bool,
    title: str,
    place: str,
    note: str,
    link: str,
) -> str:
    """Whole days are days on the clock that it was planned on."""
    span = [ical.moment("DTSTART", starts_at), ical.moment("DTEND", ends_at)]
    if all_day:
        known = ZoneInfo(zone)
        days = ((name, each.astimezone(known).date()) for name, each in (("DTSTART", starts_at), ("DTEND", ends_at)))
        span = [ical.day(name, on) for name, on in days]
    lines = [
        ical.line("UID", uid.replace("\n", " "), {}),
        ical.moment("DTSTAMP", revised_at),
        f"SEQUENCE:{sequence}",
        *span,
        ical.text("SUMMARY", title),
        ical.text("LOCATION", place or link),
        ical.text("DESCRIPTION", "\n\n".join(part for part in (note, link) if part)),
        f"URL:{base_url}/meetings/{public_id}",
    ]
    return ical.component("VEVENT", lines)


def _task(
    as_todo: bool,
    base_url: str,
    public_id: str,
    version: int,
    created_at: datetime,
    due_at: datetime,
    due_on: date,
    due_time: Any,
    title: str,
) -> str:
    begins = "DUE" if as_todo else "DTSTART"
    lines = [
        f"UID:{public_id}-task@fairlead",
        ical.moment("DTSTAMP", created_at),
        f"SEQUENCE:{version - 1}",
        ical.moment(begins, due_at) if due_time else ical.day(begins, due_on),
        ical.text("SUMMARY", title),
        f"URL:{base_url}/tasks/{public_id}/edit",
    ]
    if as_todo:
        return ical.component("VTODO", [*lines, "STATUS:NEEDS-ACTION"])
    end = ical.moment("DTEND", due_at + TASK_TAKES) if due_time else ical.day("DTEND", due_on + timedelta(days=1))
    return ical.component("VEVENT", [*lines, end, "TRANSP:TRANSPARENT"])


# --- how often: a bucket for each feed, and for each place that asks for feeds that there are none of ----------------

RATE, BURST = 0.2, 20.0  # readings in a second, and at once
MOST_BUCKETS = 10_000
_buckets: dict[str, tuple[float, float]] = {}


def allowed(key: str) -> bool:
    """Take one out of this bucket; False when it is empty."""
    now = time.monotonic()
    left, since = _buckets.get(key, (BURST, now))
    left = min(BURST, left + (now - since) * RATE)
    if len(_buckets) >= MOST_BUCKETS:
        _buckets.clear()
    _buckets[key] = (left - 1 if left >= 1 else left, now)
    return left >= 1


def refill() -> None:
    """Begin anew, for tests."""
    _buckets.clear()
