"""What a track does: how far its steps come, how late, why they are skipped, and whether records with it end better.

Only what the reader may see is counted. Days are calendar days; a step is late by the days between the day that the
track gave it and the day on which it was done, on its assignee's clock.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Min

from fairlead.core.actor import Actor
from fairlead.models import Lead, Opportunity, RunningTrack, Task, Track, TrackStep

SURE = 1.96  # of the normal distribution: intervals hold in 95 of 100 cases
MOST = 20_000  # steps looked at, the newest ones
# By noun: what it ends as at best, all that it ends as, and where the moment stands.
ENDS: dict[str, tuple[Any, str, tuple[str, ...], str]] = {
    "opportunity": (Opportunity, "won", ("won", "lost"), "closures__on__gte"),
    "lead": (Lead, "qualified", ("qualified", "disqualified"), "decided_at__gte"),
}


@dataclass(frozen=True)
class StepReport:
    """One step in all versions of its track. `delay` is the median in days, below 0 when done early."""

    text: str
    kind: str
    planned: int
    reached: int
    done: int
    skipped: int
    on_time: int
    dated: int
    delay: float | None
    reasons: Sequence[tuple[str, int]]
    outcomes: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Share:
    """So many of so many; the true share lies between `low` and `high` in 95 of 100 cases (Wilson)."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        return self._bounds[0]

    @property
    def high(self) -> float:
        return self._bounds[1]

    @property
    def _bounds(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        square = SURE * SURE / self.of
        middle = (self.share + square / 2) / (1 + square)
        half = SURE * sqrt(self.share * (1 - self.share) / self.of + square / (4 * self.of)) / (1 + square)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Effect:
    """How records ended, with the track and without it, since it was first applied; `noun` says which."""

    noun: str
    since: datetime
    with_it: Share
    without: Share

    @property
    def difference(self) -> tuple[float, float, float]:
        """Of the shares, and the bounds it lies between in 95 of 100 cases (Newcombe)."""
        a, b = self.with_it, self.without
        low = sqrt((a.share - a.low) ** 2 + (b.high - b.share) ** 2)
        high = sqrt((a.high - a.share) ** 2 + (b.share - b.low) ** 2)
        return a.share - b.share, a.share - b.share - low, a.share - b.share + high

    @property
    def is_sure(self) -> bool:
        """Is the difference more than chance would make?"""
        _difference, low, high = self.difference
        return bool(self.with_it.of and self.without.of) and not low <= 0 <= high


@dataclass(frozen=True)
class TrackReport:
    applied: int
    running: int
    done: int
    ended: int
    steps: Sequence[StepReport]
    effects: Sequence[Effect]
    complete: bool


def track_report(by: Actor, track: Track) -> TrackReport:
    """Of all runs of a track that this reader sees."""
    runs = RunningTrack.objects.visible_to(by).filter(version_of__track=track, archived_at=None)
    states = Counter(runs.values_list("state", flat=True))
    steps, complete = _steps(by, track)
    effects = [found for noun in ENDS if (found := _effect(by, track, noun, runs))]
    running = states["running"] + states["paused"]
    return TrackReport(states.total(), running, states["done"], states["ended"], steps, effects, complete)


def _steps(by: Actor, track: Track) -> tuple[list[StepReport], bool]:
    names = ("step__key", "state", "outcome", "planned_on", "done_at", "assignee__zone")
    tasks = Task.objects.visible_to(by).filter(step__version_of__track=track, archived_at=None)
    rows = list(tasks.order_by("-pk").values_list(*names)[: MOST + 1])
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *values in rows[:MOST]:
        found[key].append(tuple(values))
    newest = TrackStep.objects.filter(version_of__track=track).order_by("-version_of__number", "position")
    known: dict[str, TrackStep] = {}
    for step in newest:
        known.setdefault(step.key, step)
    return [_step(step, found[key]) for key, step in known.items()], len(rows) <= MOST


def _step(step: TrackStep, tasks: Sequence[tuple[Any, ...]]) -> StepReport:
    states = Counter(state for state, *_rest in tasks)
    late = [_late(*dates) for state, _outcome, *dates in tasks if state == "done" and all(dates[:2])]
    return StepReport(
        text=step.text,
        kind=step.kind,
        planned=len(tasks),
        reached=states["open"] + states["done"] + states["skipped"],
        done=states["done"],
        skipped=states["skipped"],
        on_time=sum(days <= 0 for days in late),
        dated=len(late),
        delay=median(late) if late else None,
        reasons=_counted(outcome for state, outcome, *_rest in tasks if state == "skipped"),
        outcomes=_counted(outcome for state, outcome, *_rest in tasks if state == "done"),
    )


def _late(planned_on: date, done_at: datetime, zone: str) -> int:
    return (done_at.astimezone(ZoneInfo(zone)).date() - planned_on).days


def _counted(texts: Iterable[str]) -> list[tuple[str, int]]:
    return Counter(text for text in texts if text).most_common(5)


def _effect(by: Actor, track: Track, noun: str, runs: Any) -> Effect | None:
    """Against records of the same kind that ended since the track was first applied and never had it."""
    if noun not in track.applies_to:
        return None
    model, good, ends, moment = ENDS[noun]
    # the noun is one of ENDS
    # nosemgrep
    mine = runs.filter(**{f"{noun}__isnull": False})
    since = mine.aggregate(since=Min("created_at"))["since"]
    if since is None:
        return None
    ids = mine.values(pk_of=F(noun))
    over = model.objects.visible_to(by).filter(state__in=ends, archived_at=None)
    had = over.filter(pk__in=ids)
    # nosemgrep
    others = over.filter(**{moment: since.date() if noun == "opportunity" else since}).exclude(pk__in=ids).distinct()
    return Effect(noun, since, _share(had, good), _share(others, good))


def _share(records: Any, good: str) -> Share:
    return Share(records.filter(state=good).count(), records.count())
