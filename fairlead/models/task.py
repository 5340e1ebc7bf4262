"""Task: something to do, by somebody, usually on a day and about a record."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import RowQuerySet
from fairlead.models.about import About, exactly_one, touched
from fairlead.models.custom import Customised
from fairlead.models.next_step import keep_next_step


def _of_step(to: str, related_name: str, on_delete: Any = models.PROTECT) -> Any:
    """A link that only steps of tracks have; other tasks are not in its index."""
    facts: dict[str, Any] = {"null": True, "blank": True, "editable": False, "db_index": False}
    return models.ForeignKey(to, on_delete=on_delete, related_name=related_name, **facts)


class TaskQuerySet(RowQuerySet["Task"]):
    def open(self) -> "TaskQuerySet":
        return self.filter(state="open", archived_at=None)


class Task(Customised, About):
    """`due_on` with an optional `due_time`, both as the assignee's clock shows; `due_at` is that moment in UTC.

    Without a time a task is date-only, and its moment is the end of the day.
    """

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        MAIL = "mail", _("E-mail")
        MEETING = "meeting", _("Meeting")
        TODO = "todo", _("To-do")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        # Steps of a track alone: not its turn yet, or its track is paused; left out, with the reason as outcome.
        WAITING = "waiting", _("Waiting")
        SKIPPED = "skipped", _("Skipped")

    transitions: ClassVar = {
        "state": {("open", "done"), ("open", "cancelled"), ("done", "open"), ("cancelled", "open")}
        | {("waiting", "open"), ("open", "waiting"), ("waiting", "done"), ("done", "waiting")}
        | {("open", "skipped"), ("waiting", "skipped"), ("skipped", "open"), ("skipped", "waiting")}
        | {("waiting", "cancelled"), ("cancelled", "waiting")}
    }

    title = models.CharField(_("title"), max_length=300)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.TODO)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_time = models.TimeField(_("time"), null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    assignee = models.ForeignKey("User", on_delete=models.PROTECT, related_name="tasks", verbose_name=_("assignee"))
    planned_by = models.ForeignKey(
        "User", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="planned_tasks"
    )
    outcome = models.CharField(_("outcome"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    # Of a step: its track, what it is made from, the task it waits for, and the day that the track gave it.
    running_track = _of_step("RunningTrack", "tasks")
    step = _of_step("TrackStep", "tasks")
    # The database minds it at the end of the act, so that the steps of a track can go together.
    follows = _of_step("self", "followers", models.DO_NOTHING)
    planned_on = models.DateField(_("planned for"), null=True, blank=True, editable=False)

    objects: ClassVar = TaskQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("task"), _("tasks")
        constraints = [exactly_one("task_about_one")]
        indexes = [
            models.Index(fields=["assignee", "due_at"], name="task_open_by_due", condition=Q(state="open")),
            models.Index(fields=["assignee", "done_at"], name="task_done_by_day", condition=Q(state="done")),
            models.Index(fields=["planned_by", "due_at"], name="task_open_by_planner", condition=Q(state="open")),
            models.Index(fields=["due_at", "id"], name="task_by_due"),
            *(
                models.Index(fields=[each], name=f"task_by_{each}", condition=Q(**{f"{each}__isnull": False}))
                for each in ("running_track", "step", "follows")
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_over(self) -> bool:
        """Is nothing left to do of it?"""
        return self.state not in {self.State.OPEN, self.State.WAITING}

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """A task on a lead may carry its name."""
        return frozenset({"label", "title"}) if values.get("lead", True) else frozenset()

    @classmethod
    def own(cls, by: Actor) -> Q:
        return Q(assignee_id=by.user_id)

    @classmethod
    def derive(cls, changes: Any) -> None:
        """Keep the next step of what these tasks are, or were, about."""
        for name, ids in touched(changes):
            keep_next_step(name, ids)


def due_moment(due_on: Any, due_time: time | None, zone: ZoneInfo) -> datetime | None:
    """The moment a task is due: its time, or the last second of its day, on the assignee's clock."""
    if due_on is None:
        return None
    return datetime.combine(due_on, due_time or time(23, 59, 59), zone)
