"""Tasks: planned, completed, snoozed, handed over."""

from datetime import date, datetime, time
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Task, User
from fairlead.models.about import place
from fairlead.models.meeting import FIRST_YEAR, LAST_YEAR
from fairlead.models.subject import Subject
from fairlead.models.task import due_moment
from fairlead.reading.repeats import rule_said
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.task_series import Following, next_of_series
from fairlead.verbs.track_steps import done_moment, step_open_again, step_over, step_over_on_another_day

TaskKind = Literal["call", "mail", "meeting", "todo"]


class ChecklistItem(TypedDict):
    text: str
    done: bool


class More(TypedDict, total=False):
    """What a task may have besides: a reminder so many minutes before its time, a checklist, a rule of RFC 5545.

    A task that repeats makes the next one when it is done or left out: counted from the day on which it was due, or
    with `repeats_after_done` from the day on which it was done.
    """

    remind_minutes: int | None
    checklist: list[ChecklistItem]
    repeats: str
    repeats_after_done: bool


class TaskFacts(TypedDict, total=False):
    title: str
    kind: TaskKind
    due_on: date | None
    due_time: time | None
    remind_minutes: int | None
    checklist: list[ChecklistItem]
    repeats: str
    repeats_after_done: bool
    custom: Custom


@verb("{by} planned “{title}” for {assignee}", may="task.create")
def add_task(
    by: Actor,
    about: Subject,
    *,
    title: str,
    kind: TaskKind = "todo",
    due_on: date | None = None,
    due_time: time | None = None,
    assignee: User | None = None,
    custom: Custom | None = None,
    **more: Unpack[More],
) -> Task:
    """Plan a task on a record. `due_on` and `due_time` are as the assignee's clock shows; without one, it is yours."""
    doer = assignee or _self(by)
    due = {"due_on": due_on, "due_time": due_time, "due_at": _moment(due_on, due_time, doer)}
    facts = with_custom(by, "task", due | {"custom": custom} | _as_rule(dict(more)))
    return create(Task, **place(about), title=title, kind=kind, assignee=doer, planned_by_id=by.user_id, **facts)


@verb("{by} edited “{task}”", may="edit")
def edit_task(by: Actor, task: Task, *, version: int | None = None, **facts: Unpack[TaskFacts]) -> Task:
    """Change a task's title, kind, date, reminder, checklist or how it repeats."""
    values = with_custom(by, "task", _as_rule(dict(facts)))
    check_version(task, version, values)
    change(task, **_due(task, values, task.assignee))
    return task


@verb("{by} did “{task}”", may="edit")
def complete_task(
    by: Actor, task: Task, *, outcome: str = "", done_on: date | None = None, **following: Unpack[Following]
) -> Task:
    """Mark a task as done, with what came of it, today or on an earlier day; one that is done stays as it was.

    The step of a track that waited for it counts its days from that day. `next_step` and its kin plan what follows.
    """
    if not task.is_over:
        _not_later(task, done_on)
        change(task, state="done", done_at=done_moment(task, done_on), outcome=outcome)
        step_over(task, User.objects.filter(pk=by.user_id).first() if task.running_track_id else None)
        next_of_series(by, task)
        _plan(by, task, following)
    return task


@verb("{by} corrected when “{task}” was done", may="edit")
def correct_completion(by: Actor, task: Task, *, done_on: date) -> Task:
    """Change the day on which a task was done; the step of a track that counts from it moves along if untouched."""
    if task.state != Task.State.DONE:
        raise WrongState(_("“%(task)s” is not done, so there is no day to correct.") % {"task": task})
    _not_later(task, done_on)
    if change(task, done_at=done_moment(task, done_on)):
        step_over_on_another_day(task)
    return task


@verb("{by} skipped “{task}”: {reason}", may="edit")
def skip_task(by: Actor, task: Task, *, reason: str) -> Task:
    """Leave a task out, with the reason; the step of a track that waited for it has its turn."""
    if not reason.strip():
        raise Invalid({"reason": [_("Write one line on why it is left out.")]})
    if not task.is_over:
        change(task, state="skipped", done_at=clock.now(), outcome=reason.strip()[:300])
        step_over(task, None)
        next_of_series(by, task)
    return task


@verb("{by} reopened “{task}”", may="edit")
def reopen_task(by: Actor, task: Task) -> Task:
    """Open a task again that was done, skipped or cancelled; the step after it waits again if nobody touched it."""
    if task.is_over:
        change(task, state="open", done_at=None)
        step_open_again(task)
    return task


@verb("{by} cancelled “{task}”", may="edit")
def cancel_task(by: Actor, task: Task) -> Task:
    """Cancel a task that is not needed any more; the step of a track that waited for it has its turn."""
    if task.running_track_id and not task.is_over:
        change(task, state="skipped", done_at=clock.now())
        step_over(task, None)
    elif not task.is_over:
        change(task, state="cancelled")
        next_of_series(by, task)
    return task


@verb("{by} ended the series of “{task}”", may="edit")
def end_series(by: Actor, task: Task) -> Task:
    """Let a task repeat no more; it stays as it is."""
    change(task, repeats="", repeats_after_done=False)
    return task


@verb("{by} ticked “{item}” of “{task}”", may="edit")
def tick_item(by: Actor, task: Task, *, item: str, done: bool = True) -> Task:
    """Tick a line of a task's checklist, or with `done` false take the tick away."""
    if item not in {each["text"] for each in task.checklist}:
        raise Invalid({"item": [_("There is no line “%(item)s” on this checklist.") % {"item": item[:80]}]})
    items = [{**each, "done": done if each["text"] == item else each["done"]} for each in task.checklist]
    change(task, checklist=items)
    return task


@verb("{by} put “{task}” off to {due_on}", may="edit")
def snooze_task(by: Actor, task: Task, *, due_on: date, due_time: time | None = None) -> Task:
    """Put a task off to another day."""
    change(task, **_due(task, {"due_on": due_on, "due_time": due_time}, task.assignee))
    return task


@verb("{by} handed “{task}” to {assignee}", may="edit")
def assign_task(by: Actor, task: Task, *, assignee: User) -> Task:
    """Hand a task to somebody; its date stays what their clock shows."""
    change(task, **_due(task, {"assignee": assignee}, assignee))
    return task


def _not_later(task: Task, done_on: date | None) -> None:
    if done_on is not None and done_on > clock.today(task.assignee.tz):
        raise Invalid({"done_on": [_("This day lies ahead. Write the day on which it was done.")]})


def _plan(by: Actor, task: Task, following: Following) -> None:
    if not following.get("next_step") and not following.get("next_on"):
        return
    title = following.get("next_step") or _("Follow up with %(name)s") % {"name": task.about}
    add_task(
        by,
        task.about,
        title=title[:300],
        kind=following.get("next_kind", "todo"),
        due_on=following.get("next_on"),
        due_time=following.get("next_time"),
        assignee=following.get("next_assignee") or task.assignee,
    )


def _as_rule(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with what was said of repeating as a rule: “every Monday” as FREQ=WEEKLY;BYDAY=MO."""
    if facts.get("repeats"):
        found = rule_said(facts["repeats"])
        if found is None:
            raise Invalid({"repeats": [_("Write it like every 2 weeks, monthly, or FREQ=MONTHLY;BYDAY=-1FR.")]})
        facts["repeats"] = found
    return facts


def _self(by: Actor) -> User:
    user: User | None = User.objects.filter(pk=by.user_id).first()
    if user is None:
        raise Invalid({"assignee": [_("Say who is to do it.")]})
    return user


def _due(task: Task, facts: dict[str, Any], assignee: User) -> dict[str, Any]:
    """The facts, with the moment that follows from them."""
    due_on, due_time = facts.get("due_on", task.due_on), facts.get("due_time", task.due_time)
    if due_on is not None and task.due_on is None and task.state == Task.State.WAITING:
        text = _("“%(task)s” waits for the step before it. It gets its day when that one is done.")
        raise WrongState(text % {"task": task})
    return facts | {"due_at": _moment(due_on, due_time, assignee)}


def _moment(due_on: date | None, due_time: time | None, assignee: User) -> datetime | None:
    if due_on is not None and not FIRST_YEAR <= due_on.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise Invalid({"due_on": [_("Choose a day between the years %(first)s and %(last)s.") % years]})
    return due_moment(due_on, due_time, assignee.tz)
