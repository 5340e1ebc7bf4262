"""Multiplies the tasks of a grown database, in SQL: `tasks.py [TASKS]`, 5,000,000 unless given.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/tasks.py [TASKS]

Each task that is there is copied, with its event, onto the same record and for the same colleague. Of fourteen, eight
are done, one is cancelled, three are open (one of these with a time and a reminder), and two wait. The last five copies
are the steps of a track that runs on the record: two done, one open, two waiting for the one before. What is open
comes later than what the record had, so that its next step stays as it is.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import os
import sys
from dataclasses import dataclass

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from fill import BENCH, settle, told
from growing import POSTGRES, later, padded, quickly, run, top

from fairlead.core.event import Event, EventLink
from fairlead.core.record import erasing
from fairlead.models import RunningTrack, Task, Track
from fairlead.verbs.first_tracks import NEW_LEAD
from fairlead.verbs.track_definitions import create_track

TRACK = "Followed up at scale"
ABOUT = ("person", "company", "lead", "opportunity")
EVERY = ["lead", "opportunity", "person", "company"]
SEEDS = "state = 'open' AND running_track_id IS NULL AND due_at IS NOT NULL"


@dataclass(frozen=True)
class Shape:
    """What a copy is: in which state, so many days after the first one, which step of a track, timed or not."""

    state: str
    days: int
    step: int | None = None
    timed: bool = False


STEPS = [
    Shape("done", 1, 0), Shape("done", 4, 1), Shape("open", 9, 2), Shape("waiting", 0, 3), Shape("waiting", 0, 4),
]  # fmt: skip
SINGLE = [Shape("open", 5, timed=True), Shape("done", -30), Shape("done", -80), Shape("cancelled", -10),
          Shape("done", -120), Shape("done", -200), Shape("done", -300), Shape("done", -365)]  # fmt: skip


def main(wanted: int) -> None:
    seeds = Task._base_manager.extra(where=[SEEDS]).count()
    copies = -(-(wanted - Task._base_manager.count()) // max(seeds, 1))
    if copies <= 0:
        return
    with erasing():
        keep_seeds()
        with quickly((Task, RunningTrack, Event, EventLink)):
            copied(seeds, shapes(copies))
            run("DROP TABLE bench_seed")
    settle()
    told("done")


def shapes(copies: int) -> list[Shape]:
    """Single ones, and where there are enough the steps of a track."""
    single = copies - len(STEPS) if copies > len(STEPS) else copies
    return [SINGLE[number % len(SINGLE)] for number in range(single)] + (STEPS if copies > len(STEPS) else [])


def keep_seeds() -> None:
    """The tasks that are copied, numbered without gaps, with the event of each."""
    run("DROP TABLE IF EXISTS bench_seed")
    run(
        "CREATE TABLE bench_seed AS SELECT row_number() OVER (ORDER BY t.id) AS n, t.id AS task, "
        "(SELECT min(event_id) FROM fairlead_eventlink WHERE kind = 'task' AND record_id = t.id) AS event "
        f"FROM fairlead_task t WHERE {SEEDS}"
    )
    run("CREATE UNIQUE INDEX bench_seed_n ON bench_seed (n)")
    run("ANALYZE bench_seed")


def copied(size: int, wanted: list[Shape]) -> None:
    tracks = top(RunningTrack)
    if any(each.step is not None for each in wanted):
        run_tracks(tracks)
        told(f"{size:,} running tracks")
    for number, shape in enumerate(wanted, 1):
        tasks, events = top(Task), top(Event)
        run(task_copy(shape, tasks, size, tracks))
        run(event_copy(shape, number, tasks, events))
        run(link_copy(tasks, events))
        told(f"{top(Task):,} tasks, with {shape.state} ones")


# --- statements: `m` is the task that is copied, `s` its number --------------------------------------------------


def run_tracks(after: int) -> None:
    """One on the record of each task."""
    track = Track.objects.filter(name=TRACK).first()
    track = track or create_track(BENCH, name=TRACK, applies_to=EVERY, steps=NEW_LEAD)  # type: ignore[arg-type]
    given = {
        "id": f"{after} + s.n",
        "public_id": f"'r' || {padded(f'{after} + s.n', 9)}",
        "version": "1",
        "created_at": "m.created_at",
        **{f"{noun}_id": f"m.{noun}_id" for noun in ABOUT},
        "version_of_id": str(track.newest.pk),
        "started_on": "date(m.created_at)",
        **dict.fromkeys(("cause", "question", "despite"), "''"),
        "state": "'running'",
        "owner_id": "m.assignee_id",
        "applied_by_id": "m.assignee_id",
    }
    run(_insert(RunningTrack, given))


def task_copy(shape: Shape, after: int, size: int, tracks: int) -> str:
    given = {field.column: f'm."{field.column}"' for field in Task._meta.concrete_fields}
    given |= {"id": f"{after} + s.n", "public_id": f"'t' || {padded(f'{after} + s.n', 9)}", "state": f"'{shape.state}'"}
    given |= _dates(shape)
    if shape.step is not None:
        steps = list(Track.objects.get(name=TRACK).newest.steps.all())
        follows = f"{after} + s.n - {size}" if shape.state == "waiting" else "NULL"
        said = {"title": f"'{steps[shape.step].text}'", "kind": f"'{steps[shape.step].kind}'"}
        given |= {"running_track_id": f"{tracks} + s.n", "step_id": str(steps[shape.step].pk), "follows_id": follows}
        given |= said | {"planned_on": given["due_on"], "planned_by_id": "m.assignee_id"}
    return _insert(Task, given)


def _dates(shape: Shape) -> dict[str, str]:
    if shape.state == "waiting":
        return dict.fromkeys(("due_on", "due_at", "due_time", "done_at"), "NULL")
    on = f"m.due_on + {shape.days}" if POSTGRES else f"date(m.due_on, '{shape.days} days')"
    at = later("m.due_at", shape.days)
    given = {"due_on": on, "due_at": at, "done_at": later("m.created_at", 1)}
    if shape.state != "done":
        given["done_at"] = "NULL"
    return given | _timed(on) if shape.timed else given


def _timed(on: str) -> dict[str, str]:
    """At some time of a working day on the clock of UTC, with a reminder a quarter of an hour before."""
    hour, quarter = "(8 + s.n % 10)", "(s.n % 4 * 15)"
    if POSTGRES:
        time = f"make_time(CAST({hour} AS int), CAST({quarter} AS int), 0)"
        moment = f"(({on}) + {time}) AT TIME ZONE 'UTC'"
        return {"due_time": time, "due_at": moment, "remind_at": f"{moment} - INTERVAL '15 minutes'"}
    time = f"printf('%02d:%02d:00', {hour}, {quarter})"
    moment = f"{on} || ' ' || {time}"
    return {"due_time": time, "due_at": moment, "remind_at": f"datetime({moment}, '-15 minutes')"}


def event_copy(shape: Shape, number: int, tasks: int, events: int) -> str:
    """The event of the copy is that of the first one, of another act."""
    given = {field.column: f'e."{field.column}"' for field in Event._meta.concrete_fields}
    other = f"'{number + 0xB000:08x}'"
    act = f"e.act::text, 1, 28) || {other})::uuid" if POSTGRES else f"e.act, 1, 24) || {other})"
    changes = f"'[[\"task\", ' || ({tasks} + s.n) || ', \"create\", {{}}, {{}}]]'"
    given |= {"id": f"{events} + s.n", "act": f"(substr({act}", "order": "'[0]'"}
    given |= {"changes": f"CAST({changes} AS jsonb)" if POSTGRES else changes}
    return _insert(Event, given, "JOIN fairlead_event e ON e.id = s.event")


def link_copy(tasks: int, events: int) -> str:
    """It shows at the task and at what this is about."""
    about = " ".join(f"WHEN m.{noun}_id IS NOT NULL THEN '{noun}'" for noun in ABOUT)
    held = f"COALESCE({', '.join(f'm.{noun}_id' for noun in ABOUT)})"
    rows = [("'task'", f"{tasks} + s.n"), (f"CASE {about} END", held)]
    source = "FROM bench_seed s JOIN fairlead_task m ON m.id = s.task"
    found = " UNION ALL ".join(
        f"SELECT {kind} AS kind, {record} AS record_id, m.created_at AS happened_at, m.created_at AS at, "
        f"{events} + s.n AS event_id {source}" for kind, record in rows
    )  # fmt: skip
    return f"INSERT INTO fairlead_eventlink (kind, record_id, happened_at, at, event_id) {found}"


def _insert(model: type, given: dict[str, str], joins: str = "") -> str:
    table = model._meta.db_table  # type: ignore[attr-defined]
    names = ", ".join(f'"{name}"' for name in given)
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(given.values())} FROM bench_seed s "
        f"JOIN fairlead_task m ON m.id = s.task {joins} ORDER BY s.n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
