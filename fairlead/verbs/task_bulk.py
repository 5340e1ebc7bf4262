"""Many tasks at once: done, put off, handed over; one act with one undo."""

from datetime import date, time

from fairlead.core.actor import Actor
from fairlead.core.verb import verb
from fairlead.models import Task, User
from fairlead.verbs.bulk import begin
from fairlead.verbs.tasks import assign_task, complete_task, snooze_task


@verb("{by} did {what}", may="member")
def complete_tasks(by: Actor, tasks: list[Task], *, outcome: str = "") -> list[Task]:
    """Mark many tasks as done; those that are done stay as they were."""
    begin(by, tasks, "edit")
    return [complete_task(by, task, outcome=outcome) for task in tasks]


@verb("{by} put {what} off to {due_on}", may="member")
def snooze_tasks(by: Actor, tasks: list[Task], *, due_on: date, due_time: time | None = None) -> list[Task]:
    """Put many open tasks off to another day."""
    begin(by, tasks, "edit")
    return [snooze_task(by, task, due_on=due_on, due_time=due_time) for task in tasks if task.is_open]


@verb("{by} handed {what} to {assignee}", may="member")
def assign_tasks(by: Actor, tasks: list[Task], *, assignee: User) -> list[Task]:
    """Hand many open tasks to somebody."""
    begin(by, tasks, "edit")
    return [assign_task(by, task, assignee=assignee) for task in tasks if task.is_open]
