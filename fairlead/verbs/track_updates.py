"""A running track brought to the newest version of its definition: what is done stays, the remaining steps change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import bulk, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, insert
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import RunningTrack, Task, TrackStep, TrackVersion, User, about
from fairlead.models.track_dates import counted, not_past, settled
from fairlead.models.track_plan import Asked, Known, Whose, first_day, whose_of
from fairlead.verbs.track_steps import NO_DAY, UNDONE, is_untouched, on_day, over_on, today_of

WHOSE = ("rule", "user", "role")
PACE = ("days", "unit", "after", "time", *WHOSE)


@verb("{by} brought the remaining steps of the track {running_track} up to date", may="edit")
def update_steps(by: Actor, running_track: RunningTrack) -> RunningTrack:
    """Give a running track the steps of the newest version. What is done or skipped stays.

    Steps that were left out stay out; those that somebody put off keep their day, like those that are counted as
    before; new ones come in, and what the definition has no more is skipped.
    """
    newest = running_track.track.newest
    if running_track.version_of_id == newest.pk:
        return running_track
    if running_track.state != RunningTrack.State.RUNNING:
        raise WrongState(_("%(track)s does not run at the moment. Go on with it first.") % {"track": running_track})
    update = _update(by, running_track, newest)
    line: list[Task] = []
    for step in newest.steps.select_related("user"):
        if step.key not in update.left_out:
            line.append(update.brought(step, line[-1] if line else None))
    for task in update.tasks.values():
        if not task.is_over and task not in line:
            change(task, state="skipped", done_at=clock.now(), outcome=_("No part of the track any more"))
    _end_if_over(running_track)
    return running_track


@dataclass
class _Update:
    """What is known while the steps of one running track are brought to a version.

    `by_hand`: waiting steps that were given a day when the track was applied, which do not wait.
    """

    by: Actor
    running: RunningTrack
    version: TrackVersion
    tasks: Mapping[str, Task]
    left_out: Collection[str]
    by_hand: Collection[str]
    whose: Whose
    asked: Asked
    known: Known

    def brought(self, step: TrackStep, before: Task | None) -> Task:
        """The task of one step, made or changed, behind the one before it."""
        task = self.tasks.get(step.key)
        follows = before if step.waits and step.key not in self.by_hand else None
        if task is None:
            return self._made(step, follows, self._user(step, before))
        if task.is_over or task.step is None:
            return task
        facts: dict[str, Any] = {"step": step, "title": step.text, "kind": step.kind, "follows": follows}
        same = _said(task.step, PACE) == _said(step, PACE) and task.follows_id == (follows.pk if follows else None)
        if not same and is_untouched(task):
            kept = _said(task.step, WHOSE) == _said(step, WHOSE)
            facts |= self._turn(step, follows, task.assignee if kept else self._user(step, before))
        change(task, **facts)
        return task

    def _user(self, step: TrackStep, before: Task | None) -> User:
        found, _replaced = self.whose(step, before.assignee if before else None, {})
        if found is None:
            raise Invalid({"assignees": [_("Nobody is there who could do “%(step)s”.") % {"step": step}]})
        return found

    def _turn(self, step: TrackStep, follows: Task | None, user: User) -> dict[str, Any]:
        """When a step is due by the new version, not in the past; or it waits."""
        if follows is not None and not follows.is_over:
            return {"state": Task.State.WAITING, **NO_DAY, "assignee": user}
        self.known.users.setdefault(user.pk, user)
        if follows is None:
            _wanted, day = first_day(self.version, step, user, self.asked, self.known)
        else:
            calendar = self.known.of(user.pk)
            day = not_past(counted(over_on(follows), step, calendar), step, self.asked.today, calendar)
        place = settled(day, user.pk, self.known)
        return {"state": Task.State.OPEN, **on_day(step, place.on, self.known.user(place.user))}

    def _made(self, step: TrackStep, follows: Task | None, user: User) -> Task:
        task = Task(
            id=bulk.take_ids(Task, 1)[0],
            **about.place(self.running.about),
            title=step.text,
            kind=step.kind,
            planned_by_id=self.by.user_id,
            running_track=self.running,
            step=step,
            follows=follows,
            **self._turn(step, follows, user),
        )
        return insert([task])[0]


def _update(by: Actor, running: RunningTrack, newest: TrackVersion) -> _Update:
    """The update to a version, begun: the running track is of that version now."""
    found = Task.objects.filter(running_track=running).select_related("step", "assignee").order_by("pk")
    tasks = {task.step.key: task for task in found if task.step is not None}
    old = list(running.version_of.steps.all())
    line = [step for step in old if step.key in tasks]
    by_hand = {step.key for step in line[1:] if step.waits and tasks[step.key].follows_id is None}
    left_out = {step.key for step in old} - tasks.keys()
    change(running, version_of=newest)
    known, today = Known(), today_of(running)
    whose = whose_of(running.about, running.owner, known)
    start = running.ends_on or running.started_on + timedelta(days=running.late_by)
    asked = Asked(start, today, began=running.started_on)
    return _Update(by, running, newest, tasks, left_out, by_hand, whose, asked, known)


def _said(step: TrackStep, names: Sequence[str]) -> list[Any]:
    facts = step.facts
    return [facts[name] for name in names]


def _end_if_over(running: RunningTrack) -> None:
    if not Task.objects.filter(running_track=running, state__in=UNDONE).exists():
        facts = {"state": RunningTrack.State.DONE, "question": RunningTrack.Question.NEXT}
        change(running, **facts, stopped_on=today_of(running))
