"""A running track brought to the newest version of its definition: what is done stays, the remaining steps change."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import bulk, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, insert
from fairlead.core.errors import WrongState
from fairlead.core.verb import verb
from fairlead.models import RunningTrack, Task
from fairlead.models.about import place
from fairlead.models.track_plan import Asked, Known, Planned, plan, whose_of
from fairlead.verbs.track_steps import NO_DAY, UNDONE, is_untouched, on_day, place_after, today_of
from fairlead.verbs.tracks import assignee


@verb("{by} brought the remaining steps of the track {running_track} up to date", may="edit")
def update_steps(by: Actor, running_track: RunningTrack) -> RunningTrack:
    """Give a running track the steps of the newest version. What is done or skipped stays.

    Steps that were left out stay out; those that somebody put off or handed over keep their day and assignee; new
    ones come in, and what the definition has no more is skipped.
    """
    newest = running_track.track.newest
    if running_track.version_of_id == newest.pk:
        return running_track
    if running_track.state != RunningTrack.State.RUNNING:
        raise WrongState(_("%(track)s does not run at the moment. Go on with it first.") % {"track": running_track})
    tasks = {
        task.step.key: task
        for task in Task.objects.filter(running_track=running_track).select_related("step", "assignee").order_by("pk")
        if task.step is not None
    }
    left_out = set(running_track.version_of.steps.values_list("key", flat=True)) - tasks.keys()
    steps = list(newest.steps.select_related("user"))
    change(running_track, version_of=newest)
    planned = plan(newest, steps, _whose(running_track), _asked(running_track, left_out), Known())
    line: list[Task] = []
    for each in planned:
        if not each.left_out:
            line.append(_brought(by, running_track, each, tasks.get(each.step.key), line[-1] if line else None))
    for key in tasks.keys() - {step.key for step in steps}:
        if not tasks[key].is_over:
            change(tasks[key], state="skipped", done_at=clock.now(), outcome=_("No part of the track any more"))
    _end_if_over(running_track)
    return running_track


def _brought(by: Actor, running: RunningTrack, planned: Planned, task: Task | None, before: Task | None) -> Task:
    """The task of one step, made or changed, behind the one before it."""
    step, known = planned.step, Known()
    follows = before if step.waits else None
    if task is None:
        task = _made(by, running, planned, follows)
    elif task.is_over:
        return task
    else:
        touched = task.due_on is not None and not is_untouched(task)
        facts: dict[str, Any] = {"step": step, "title": step.text, "kind": step.kind, "follows": follows}
        if not touched:
            facts |= _turn(task, planned, follows)
        change(task, **facts)
    if follows is not None and follows.is_over and task.state == Task.State.WAITING:
        place_after(task, follows, task.assignee, known)
    return task


def _turn(task: Task, planned: Planned, follows: Task | None) -> dict[str, Any]:
    """When it is due by the new version, and whose it is if the rule for that has changed."""
    same = task.step is not None and task.step.facts["rule"] == planned.step.facts["rule"]
    user = task.assignee if same or planned.assignee is None else planned.assignee
    if follows is not None:
        return {"state": Task.State.WAITING, "assignee": user, **NO_DAY}
    return {"state": Task.State.OPEN, **on_day(planned.step, planned.due_on, user)}


def _made(by: Actor, running: RunningTrack, planned: Planned, follows: Task | None) -> Task:
    step = planned.step
    task = Task(
        id=bulk.take_ids(Task, 1)[0],
        **place(running.about),
        title=step.text,
        kind=step.kind,
        state=Task.State.WAITING if follows is not None else Task.State.OPEN,
        planned_by_id=by.user_id,
        running_track=running,
        step=step,
        follows=follows,
        **on_day(step, None if follows is not None else planned.due_on, assignee(planned)),
    )
    return insert([task])[0]


def _whose(running: RunningTrack) -> Any:
    return whose_of(running.about, running.owner, Known())


def _asked(running: RunningTrack, left_out: set[str]) -> Asked:
    start = running.ends_on if running.version_of.back and running.ends_on else running.started_on
    return Asked(start, today_of(running), left_out)


def _end_if_over(running: RunningTrack) -> None:
    if not Task.objects.filter(running_track=running, state__in=UNDONE).exists():
        facts = {"state": RunningTrack.State.DONE, "question": RunningTrack.Question.NEXT}
        change(running, **facts, stopped_on=today_of(running))
