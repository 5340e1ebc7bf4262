"""What follows for a track when its steps, its record or its owner change; called by name within the verbs' acts."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.changes import assign, change
from fairlead.models import Organisation, RunningTrack, Task, TrackStep, User
from fairlead.models.task import due_moment
from fairlead.models.track_plan import Known, next_place

UNDONE = (Task.State.OPEN, Task.State.WAITING)


def step_over(task: Task, doer: User | None) -> None:
    """A step is done or skipped: the one that waited for it gets its day; after the last one the track is done.

    The day is counted from the day on which this one was completed; `doer` is who completed it.
    """
    running = _locked(task)
    if running is None:
        return
    if running.state == RunningTrack.State.RUNNING:
        known = Known()
        for follower in _followers(task).filter(state=Task.State.WAITING):
            release(follower, task, doer, known)
    if running.is_live and not Task.objects.filter(running_track=running, state__in=UNDONE).exists():
        facts = {"state": RunningTrack.State.DONE, "question": RunningTrack.Question.NEXT, "cause": ""}
        change(running, **facts, stopped_on=over_on(task))


def step_open_again(task: Task) -> None:
    """A step that was done is open again: the one after it waits again, unless somebody has touched it."""
    running = _locked(task)
    if running is None:
        return
    for follower in _followers(task).filter(state=Task.State.OPEN):
        if is_untouched(follower):
            change(follower, state=Task.State.WAITING, **NO_DAY)
    if running.state == RunningTrack.State.DONE:
        change(running, state=RunningTrack.State.RUNNING, question="", stopped_on=None)


def step_over_on_another_day(task: Task) -> None:
    """The day on which a step was completed was corrected: the one after it moves along, unless it was touched."""
    running, known = _locked(task), Known()
    if running is None or running.state != RunningTrack.State.RUNNING:
        return
    for follower in _followers(task).filter(state=Task.State.OPEN):
        if is_untouched(follower):
            place_after(follower, task, follower.assignee, known)


def release(follower: Task, before: Task, doer: User | None, known: Known) -> None:
    """It is this step's turn: it is open, on its day."""
    previous = follower.step is not None and follower.step.rule == TrackStep.Rule.PREVIOUS
    place_after(follower, before, doer if previous and doer is not None else follower.assignee, known)


def place_after(follower: Task, before: Task, user: User, known: Known) -> None:
    """Give a step its day after the one before it, open, for this user or who stands in for them."""
    if follower.step is None:
        return
    place = next_place(follower.step, over_on(before), user, known)
    change(follower, state=Task.State.OPEN, **on_day(follower.step, place.on, known.user(place.user)))


def on_day(step: TrackStep | None, on: date | None, user: User) -> dict[str, Any]:
    """The values of a step's task that follow from its day and who does it."""
    at = step.time if step and on else None
    return {
        "due_on": on,
        "due_time": at,
        "due_at": due_moment(on, at, user.tz),
        "planned_on": on,
        "assignee": user,
    }


NO_DAY: dict[str, Any] = {"due_on": None, "due_time": None, "due_at": None, "planned_on": None}


def over_on(task: Task) -> date:
    """The day on which a task was done or skipped, on its assignee's calendar."""
    return (task.done_at or clock.now()).astimezone(task.assignee.tz).date()


def done_moment(task: Task, on: date | None) -> datetime:
    """When a task was done that somebody says was done on this day: now if it is today, else at its time, or noon."""
    now = clock.now()
    if on is None or on == now.astimezone(task.assignee.tz).date():
        return now
    at = task.due_time if task.due_time and task.due_on == on else time(12)
    return datetime.combine(on, at, task.assignee.tz)


def is_untouched(task: Task) -> bool:
    """Is this step open where its track put it?"""
    return task.state == Task.State.OPEN and task.due_on == task.planned_on


def ended_with(record: Any, cause: str, *, question: str = "") -> list[Task]:
    """End the tracks on a record: what is left of them is cancelled. Returns the tasks that were open."""
    tracks = list(
        RunningTrack.objects.filter(state__in=["running", "paused"], **{record.noun(): record}).order_by("pk")
    )
    return [task for running in tracks for task in end(running, cause, question=question)]


def end(running: RunningTrack, cause: str, *, question: str = "") -> list[Task]:
    """End one track: what is left of it is cancelled. Returns the tasks that were open."""
    left = list(Task.objects.filter(running_track=running, state__in=UNDONE).select_related("assignee").order_by("pk"))
    was_open = [task for task in left if task.is_open]
    assign([(task, {"state": Task.State.CANCELLED}) for task in left])
    change(running, state=RunningTrack.State.ENDED, cause=cause, question=question, stopped_on=today_of(running))
    return was_open


def ask_to_resume(record: Any) -> list[RunningTrack]:
    """A record is open again: of what its closing ended, the owner is asked whether to resume it. Returns these."""
    closed = RunningTrack.objects.filter(state="ended", cause=RunningTrack.Cause.CLOSED, **{record.noun(): record})
    last = closed.order_by("-stopped_on").values_list("stopped_on", flat=True).first()
    found = list(closed.filter(stopped_on=last).order_by("pk")) if last else []
    for running in found:
        change(running, question=RunningTrack.Question.RESUME)
    return found


def answered(record: Any, *, but: RunningTrack | None = None) -> None:
    """What comes after the tracks that are over on this record is settled: they ask no more."""
    over = RunningTrack.objects.filter(state__in=["done", "ended"], **{record.noun(): record}).exclude(question="")
    for running in over.exclude(pk=but.pk if but else 0).order_by("pk"):
        change(running, question="")


def owner_changed(records: Sequence[Any]) -> None:
    """These records have another owner now: the steps that are the owner's go to them, those they were left with."""
    if not records:
        return
    noun = records[0].noun()
    by_pk = {each.pk: each for each in records if each.owner_id}
    live = RunningTrack.objects.exclude(state__in=["ended"]).filter(**{f"{noun}__in": list(by_pk)})
    found = [each for each in live.order_by("pk") if each.owner_id != by_pk[getattr(each, f"{noun}_id")].owner_id]
    if not found:
        return
    owners = User.objects.in_bulk({each.owner_id for each in by_pk.values()})
    new = {each.pk: owners[by_pk[getattr(each, f"{noun}_id")].owner_id] for each in found}
    old = {each.pk: each.owner_id for each in found}
    tasks = Task.objects.filter(running_track__in=found, state__in=UNDONE).select_related("step").order_by("pk")
    moved = [task for task in tasks if task.assignee_id == old[task.running_track_id or 0] and _is_the_owners(task)]
    assign([(task, _handed(task, new[task.running_track_id or 0])) for task in moved])
    assign([(each, {"owner": new[each.pk]}) for each in found])


def moved_along(record: Any, to: Any) -> None:
    """What runs on a record goes on on another: a lead that was qualified into an opportunity."""
    live = RunningTrack.objects.filter(state__in=["running", "paused"], **{record.noun(): record})
    for running in live.order_by("pk"):
        change(running, **{record.noun(): None, to.noun(): to})
        left = list(Task.objects.filter(running_track=running, state__in=UNDONE).order_by("pk"))
        assign([(task, {record.noun(): None, to.noun(): to}) for task in left])


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The steps of one track in the order of their line."""
    return sorted(tasks, key=lambda task: (task.step.position if task.step else 0, task.pk))


def _is_the_owners(task: Task) -> bool:
    """Is it the owner's by its rule, or because its rule found nobody?"""
    rules = TrackStep.Rule
    if task.step is None or task.step.rule == rules.ASK:
        return False
    return bool(task.step.rule != rules.USER or task.step.user_id != task.assignee_id)


def _handed(task: Task, to: User) -> dict[str, Any]:
    return {"assignee": to, "due_at": due_moment(task.due_on, task.due_time, to.tz)}


def _locked(task: Task) -> RunningTrack | None:
    """The task's track, locked: of two who end its last two steps at once, the second one sees the first."""
    running: RunningTrack | None = task.running_track
    if running is not None:
        current().hold([running])
    return running


def _followers(task: Task) -> Any:
    return Task.objects.filter(follows=task).select_related("step", "assignee").order_by("pk")


def today_of(running: RunningTrack) -> date:
    """Today, on its owner's calendar."""
    return clock.today(running.owner.tz if running.owner else Organisation.ours().tz)
