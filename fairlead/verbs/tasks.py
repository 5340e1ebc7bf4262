"""Tasks: planned, completed, snoozed, handed over."""

from datetime import date, time
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Task, User
from fairlead.models.about import place
from fairlead.models.subject import Subject
from fairlead.models.task import due_moment
from fairlead.verbs.custom_values import Custom, with_custom

TaskKind = Literal["call", "mail", "meeting", "todo"]


class TaskFacts(TypedDict, total=False):
    title: str
    kind: TaskKind
    due_on: date | None
    due_time: time | None
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
) -> Task:
    """Plan a task on a record. `due_on` and `due_time` are as the assignee's clock shows; without one, it is yours."""
    doer = assignee or _self(by)
    due = {"due_on": due_on, "due_time": due_time, "due_at": due_moment(due_on, due_time, doer.tz)}
    more = with_custom(by, "task", due | {"custom": custom})
    return create(Task, **place(about), title=title, kind=kind, assignee=doer, planned_by_id=by.user_id, **more)


@verb("{by} edited “{task}”", may="edit")
def edit_task(by: Actor, task: Task, *, version: int | None = None, **facts: Unpack[TaskFacts]) -> Task:
    """Change a task's title, kind or date."""
    values = with_custom(by, "task", dict(facts))
    check_version(task, version, values)
    change(task, **_due(task, values, task.assignee))
    return task


@verb("{by} did “{task}”", may="edit")
def complete_task(by: Actor, task: Task, *, outcome: str = "") -> Task:
    """Mark a task as done, with what came of it; one that is done stays as it was."""
    if task.is_open:
        change(task, state="done", done_at=clock.now(), outcome=outcome)
    return task


@verb("{by} reopened “{task}”", may="edit")
def reopen_task(by: Actor, task: Task) -> Task:
    """Open a task again that was done or cancelled."""
    if not task.is_open:
        change(task, state="open", done_at=None)
    return task


@verb("{by} cancelled “{task}”", may="edit")
def cancel_task(by: Actor, task: Task) -> Task:
    """Cancel a task that is not needed any more."""
    if task.is_open:
        change(task, state="cancelled")
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


def _self(by: Actor) -> User:
    user: User | None = User.objects.filter(pk=by.user_id).first()
    if user is None:
        raise Invalid({"assignee": [_("Say who is to do it.")]})
    return user


def _due(task: Task, facts: dict[str, Any], assignee: User) -> dict[str, Any]:
    """The facts, with the moment that follows from them."""
    due_on, due_time = facts.get("due_on", task.due_on), facts.get("due_time", task.due_time)
    return facts | {"due_at": due_moment(due_on, due_time, assignee.tz)}
