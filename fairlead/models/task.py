"""Task: something to do, by somebody, usually on a day and about a record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import RowQuerySet, chunks
from fairlead.models import repeating
from fairlead.models.about import About, exactly_one, touched
from fairlead.models.custom import Customised
from fairlead.models.next_step import keep_next_step

LONGEST_LIST = 50
MOST_MINUTES = 28 * 24 * 60


def checklist_items(items: Any) -> None:
    """Refuse what is not a list of {"text", "done"}."""
    right = isinstance(items, list) and len(items) <= LONGEST_LIST
    if not right or not all(_is_item(each) for each in items):
        raise ValidationError(gettext("A checklist has up to 50 lines, each with up to 200 characters."))


def within_four_weeks(minutes: int) -> None:
    if minutes > MOST_MINUTES:
        raise ValidationError(gettext("A reminder comes at most four weeks ahead."))


def known_rule(text: str) -> None:
    """Refuse what is not a rule of RFC 5545 that a task can follow."""
    if text:
        try:
            repeating.rule(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def _is_item(item: Any) -> bool:
    text = item.get("text") if isinstance(item, dict) else None
    return isinstance(text, str) and 0 < len(text.strip()) <= 200 and isinstance(item.get("done"), bool)


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

    derived = frozenset({"remind_at"})
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
    checklist = models.JSONField(_("checklist"), default=list, blank=True, validators=[checklist_items])
    repeats = models.CharField(_("repeats"), max_length=300, blank=True, validators=[known_rule])
    # counted from the day on which it was done, not from the day on which it was due
    repeats_after_done = models.BooleanField(_("repeats after it is done"), default=False)
    made_from = models.OneToOneField(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="next_one"
    )
    # minutes before a task with a time; empty: as its assignee wants it
    remind_minutes = models.PositiveIntegerField(_("reminder"), null=True, blank=True, validators=[within_four_weeks])
    remind_at = models.DateTimeField(null=True, blank=True, editable=False)

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
            models.Index(fields=["due_at", "id"], name="task_open_by_moment", condition=Q(state="open")),
            models.Index(
                fields=["remind_at"], name="task_to_remind_of", condition=Q(state="open", remind_at__isnull=False)
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
        _keep_reminders([each.row for each in changes])


def due_moment(due_on: Any, due_time: time | None, zone: ZoneInfo) -> datetime | None:
    """The moment a task is due: its time, or the last second of its day, on the assignee's clock."""
    if due_on is None:
        return None
    return datetime.combine(due_on, due_time or time(23, 59, 59), zone)


def reminder(due_time: time | None, due_at: datetime | None, minutes: int | None) -> datetime | None:
    """When to remind of a task, so many minutes before its time; never of one without a time."""
    return due_at - timedelta(minutes=minutes) if due_time and due_at and minutes is not None else None


def renew_reminders(user_ids: set[int]) -> None:
    """After somebody chose other minutes: of their open tasks that say none themselves."""
    timed = Task.objects.open().filter(assignee_id__in=user_ids, due_time__isnull=False, remind_minutes=None)
    _keep_reminders(list(timed))


def _keep_reminders(tasks: Sequence[Any]) -> None:
    """When each is reminded of: so many minutes before its time, as it says, or as its assignee wants it."""
    timed = [task for task in tasks if task.remind_at or (task.due_time and task.due_at)]
    usual: dict[int, int | None] = {}
    if any(task.remind_minutes is None for task in timed):
        users = apps.get_model("fairlead", "User")._base_manager.filter(pk__in={task.assignee_id for task in timed})
        usual = dict(users.values_list("pk", "remind_minutes"))
    alike: dict[datetime | None, list[int]] = defaultdict(list)
    for task in timed:
        minutes = usual.get(task.assignee_id) if task.remind_minutes is None else task.remind_minutes
        moment = reminder(task.due_time, task.due_at, minutes)
        if moment != task.remind_at:
            task.remind_at = moment
            alike[moment].append(task.pk)
    for moment, ids in alike.items():
        for chunk in chunks(ids):
            Task._base_manager.filter(pk__in=chunk).update(remind_at=moment)
