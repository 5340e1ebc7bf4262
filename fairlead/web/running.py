"""The tracks that run on a record, as its page shows them: steps to check off, and what their owner is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Q

from fairlead.models import RunningTrack, Task, Track, TrackVersion
from fairlead.verbs.track_steps import in_order
from fairlead.web.applying import offered

LIVE = ("running", "paused")
# The tasks that a record's page shows: open ones, and all steps of tracks that run or ask something.
SHOWN = Q(state="open") | Q(running_track__state__in=LIVE) | Q(running_track__question__gt="")
JOINED = ("assignee", "step", "running_track__version_of__track")


@dataclass
class Running:
    """One track: its steps in order, whether a newer version is there, and what can come next, the proposed first."""

    track: RunningTrack
    steps: list[Task]
    is_old: bool = False
    next: list[Track] = field(default_factory=list)
    proposed: str = ""

    @property
    def over(self) -> int:
        return sum(task.is_over for task in self.steps)


def running_on(noun: str, tasks: Sequence[Task]) -> list[Running]:
    """The tracks of these steps; nothing is asked of the database when there are none."""
    found: dict[int, Running] = {}
    for task in tasks:
        if task.running_track is not None:
            found.setdefault(task.running_track.pk, Running(task.running_track, [])).steps.append(task)
    if not found:
        return []
    newest = _newest({each.track.version_of.track_id for each in found.values()})
    asking = any(each.track.question for each in found.values())
    fitting = offered(noun) if asking else []
    for each in found.values():
        each.steps = in_order(each.steps)
        each.is_old = newest[each.track.version_of.track_id] > each.track.version_of.number
        each.proposed = proposed_by(each.steps)
        others = [track for track in fitting if track.pk != each.track.version_of.track_id]
        each.next = sorted(others, key=lambda track, first=each.proposed: track.public_id != first)  # type: ignore[misc]
    return sorted(found.values(), key=lambda each: each.track.pk)


def proposed_by(steps: Sequence[Any]) -> str:
    """The public id of the track that the last outcome proposes, if it does."""
    for task in reversed(steps):
        for each in task.step.outcomes if task.step and task.outcome else ():
            if each["name"].casefold() == task.outcome.casefold() and each["next"]:
                return str(each["next"])
    return ""


def _newest(tracks: set[int]) -> dict[int, int]:
    numbers = TrackVersion.objects.filter(track__in=tracks).order_by().values_list("track")
    return dict(numbers.annotate(newest=Max("number")))
