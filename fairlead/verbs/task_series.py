"""What follows a task: the next one of a series, and the next step that is planned in the same motion."""

from datetime import date, time
from typing import Literal

from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import create
from fairlead.models import Task, User, repeating
from fairlead.models.task import due_moment


class Following(TypedDict, total=False):
    """The next step, planned as a task on the same record; without `next_assignee`, for the one who had this."""

    next_step: str
    next_on: date | None
    next_time: time | None
    next_kind: Literal["call", "mail", "meeting", "todo"]
    next_assignee: User | None


def next_of_series(by: Actor, task: Task) -> Task | None:
    """The next task of a series, made once, on its next day that is not over; None when the series has ended."""
    left = repeating.one_less(task.repeats) if task.repeats else None
    if not left or Task.objects.filter(made_from=task).exists():
        return None
    today = clock.today(task.assignee.tz)
    begun = today if task.repeats_after_done else task.due_on or today
    day = repeating.following(task.repeats, begun, max(begun, today) if task.due_on and task.due_on < today else begun)
    if day is None:
        return None
    return create(
        Task,
        **{f"{noun}_id": pk for noun, pk in [task.about_link()]},
        made_from=task,
        title=task.title,
        kind=task.kind,
        assignee=task.assignee,
        planned_by_id=task.planned_by_id or by.user_id,
        due_on=day,
        due_time=task.due_time,
        due_at=due_moment(day, task.due_time, task.assignee.tz),
        checklist=[{**item, "done": False} for item in task.checklist],
        repeats=left,
        repeats_after_done=task.repeats_after_done,
        remind_minutes=task.remind_minutes,
        custom=task.custom,
    )
