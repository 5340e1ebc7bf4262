"""Tracks, what is due within a minute, and calendar feeds at a size: lines for the table of bench.py.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/tracks.py     # these lines alone

Everything that is written is rolled back. Wall, CPU of this process, and the time in the statements of the same call.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import gc
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection, transaction
from fill import BENCH, add

from fairlead.core import clock
from fairlead.models import Feed, Lead, Meeting, Role, Task, Track, User
from fairlead.programs import feeds
from fairlead.verbs.track_bulk import apply_track_to_many
from fairlead.verbs.track_definitions import StepFacts, create_track
from fairlead.verbs.tracks import apply_track
from fairlead.verbs.users import invite_user
from fairlead.work import reminders

STEPS, ENTRIES, MANY = 12, 5000, 10_000
KINDS = ("call", "todo", "todo", "meeting")


@dataclass
class Took:
    """Of each call, in milliseconds: wall, CPU of this process, and the time in its statements."""

    wall: list[float]
    cpu: list[float]
    sql: list[float]

    def line(self, name: str, bare: float) -> str:
        wall, cpu, sql = sorted(self.wall), min(self.cpu), min(self.sql)
        p95 = wall[min(len(wall) * 95 // 100, len(wall) - 1)]
        beside = f"{cpu / bare:.1f}" if bare else ""
        return f"| | {name} | {statistics.median(wall):.1f} | {p95:.1f} | | {cpu:.2f} | {sql:.2f} | {beside} |"


def lines(bare: float = 0) -> Iterator[str]:
    """`bare` is the CPU of a bare view in the same run, for the last column."""
    with rolled_back():
        track = a_track()
        leads = list(Lead.objects.filter(state="open", archived_at=None).order_by("-pk")[: MANY + 40])
        few, many = leads[:40], leads[40:]
        yield taken([lambda lead=lead: apply_track(BENCH, lead, track=track) for lead in few]).line(
            f"apply a track of {STEPS} steps", bare
        )
        yield in_bulk(many, track, bare)
    yield minute(bare)
    with rolled_back():
        yield from feed(bare)


def a_track() -> Track:
    steps: list[StepFacts] = [
        {"text": f"Step {n}", "kind": KINDS[n % 4], "days": 3 * n, "unit": "weekdays"}  # type: ignore[typeddict-item]
        for n in range(STEPS)
    ]
    for n in (2, 5, 8, 11):
        steps[n]["after"] = "previous"
    return create_track(BENCH, name=f"Bench {time.time_ns()}", applies_to=["lead"], steps=steps)


def in_bulk(leads: list[Lead], track: Track, bare: float) -> str:
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = taken([lambda: apply_track_to_many(BENCH, leads, track=track)])
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rate = len(leads) * STEPS / max(took.wall[0], 1) * 1000
    name = f"the same on {len(leads):,} leads in one act: {rate:,.0f} steps/s, {more:.0f} MB more"
    return took.line(name, bare)


def minute(bare: float) -> str:
    """What the worker asks every minute; raises when no index answers it."""
    now = clock.now()
    question = list(reminders.due_between(now - timedelta(minutes=1), now).query.sql_with_params())
    with connection.cursor() as cursor:
        cursor.execute(
            ("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + question[0], question[1]
        )
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "task_to_remind_of" in plan, plan
    took = taken([lambda: list(reminders.due_between(now - timedelta(minutes=1), now))] * 40)
    return took.line(f"a minute's reminders among {Task._base_manager.count():,} tasks, by index", bare)


def feed(bare: float) -> Iterator[str]:
    user = invite_user(
        BENCH, name="Calendar", email=f"c{time.time_ns()}@bench.example", role=Role.objects.get(name="Sees all"),
        mail=False,
    )  # fmt: skip
    fill_calendar(user)
    held = Feed(user=user, name="Bench", tasks="events")
    yield taken([lambda: whole(held)] * 12).line(f"a calendar feed of {ENTRIES:,} entries", bare)
    yield taken([lambda: tag(held)] * 12).line("the same, unchanged since (304)", bare)


def fill_calendar(user: User) -> None:
    lead, now = Lead.objects.filter(archived_at=None).latest("pk"), clock.now()
    hours = [now + timedelta(hours=n) for n in range(ENTRIES // 2)]
    add(user.actor("web"), Meeting, [
        {"title": f"Meeting {n}; with them, at noon", "place": "Room 1", "note": "Bring the offer\nand samples",
         "lead_id": lead.pk, "starts_at": at, "ends_at": at + timedelta(hours=1), "organiser_id": user.pk}
        for n, at in enumerate(hours)
    ])  # fmt: skip
    add(user.actor("web"), Task, [
        {"title": f"Ring {lead}", "lead_id": lead.pk, "assignee_id": user.pk, "due_on": at.date(), "due_at": at}
        for at in hours
    ])  # fmt: skip


def whole(held: Feed) -> str:
    found = feeds.read(held)
    assert found is not None
    text = found.text
    assert found.tag and text.count("BEGIN:VEVENT") == ENTRIES
    return text


def tag(held: Feed) -> str:
    found = feeds.read(held)
    assert found is not None
    return found.tag


# --- measuring ---------------------------------------------------------------------------------------------------


def taken(calls: list[Callable[[], Any]]) -> Took:
    """The first of several is left out: it makes what is kept for the others."""
    took = Took([], [], [])
    for number, call in enumerate(calls):
        spent: list[float] = []
        wall, cpu = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(clocked(spent)):
            call()
        if number or len(calls) == 1:
            took.wall.append((time.perf_counter() - wall) * 1e3)
            took.cpu.append((time.process_time() - cpu) * 1e3)
            took.sql.append(sum(spent) * 1e3)
    return took


def clocked(spent: list[float]) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append(time.perf_counter() - started)

    return wrapper


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


if __name__ == "__main__":
    print("| Seen | What | p50 ms | p95 ms | | CPU ms | in statements ms | CPU beside the bare view |")
    print("|---|---|---|---|---|---|---|---|")
    for each in lines():
        print(each, flush=True)
