"""One user's day: what wants an answer, what is due, what lacks a next step, and what others owe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property, reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, ExpressionWrapper, F, FilteredRelation, OuterRef, Q, Sum

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.models import money
from fairlead.models.about import ABOUT
from fairlead.models.activity import Activity
from fairlead.models.call import Call
from fairlead.models.developing import Notice
from fairlead.models.lead import Lead
from fairlead.models.meeting import Meeting
from fairlead.models.opportunity import Opportunity
from fairlead.models.pipeline import Stage
from fairlead.models.task import Task
from fairlead.models.track import RunningTrack

MOST = 100
FEW = 8
LOOKED_BACK = timedelta(days=7)
CALLERS = ("person", "company", "lead")
ABOUT_WHAT = (
    "opportunity__stage",
    "opportunity__company",
    "opportunity__person",
    "company",
    "person__company",
    "lead",
)


@dataclass(frozen=True)
class Filling:
    """A stage with the user's open opportunities in it: how many, and their value (base currency) if they see it."""

    name: str
    count: int
    value: Decimal | None


@dataclass(frozen=True)
class Day:
    """What one user sees of their work at `now`, on the clock of `zone`; each part is one statement."""

    by: Actor
    now: datetime
    zone: ZoneInfo

    @cached_property
    def answer_first(self) -> Sequence[Lead]:
        """Open leads that nobody has answered yet: the user's own and those of their teams that nobody owns."""
        mine = Q(owner_id=self.by.user_id) | Q(owner=None, team_id__in=self.by.team_ids)
        waiting = Lead.objects.visible_to(self.by).filter(mine, state="open", archived_at=None, responded_at=None)
        return list(waiting.exclude(respond_by=None).select_related("source", "owner").order_by("respond_by")[:MOST])

    @cached_property
    def overdue(self) -> Sequence[Task]:
        return [task for task in self._open if task.due_on and task.due_on < self._today]

    @cached_property
    def due_today(self) -> Sequence[Task]:
        """Those with a time in its order, then those for any time."""
        return [task for task in self._open if task.due_on == self._today]

    @cached_property
    def unplanned(self) -> Sequence[Opportunity]:
        """The user's open opportunities without a next step, the oldest in their stage first."""
        own = Opportunity.objects.without_next_step(self._today).visible_to(self.by).filter(owner_id=self.by.user_id)
        return list(own.select_related("stage", "company", "person").order_by("stage_since")[:MOST])

    @cached_property
    def timed(self) -> Sequence[Task | Meeting]:
        """Meetings of today, and tasks that have a time, done ones too."""
        done = [task for task in self._done if task.due_on == self._today]
        tasks = [task for task in [*done, *self.due_today] if task.due_time]
        return sorted([*tasks, *self.meetings_today], key=lambda each: each.due_at or self.now)

    @cached_property
    def meetings_today(self) -> Sequence[Meeting]:
        return [each for each in self._meetings if each.ends_at > self._midnight]

    @cached_property
    def unheld(self) -> Sequence[Meeting]:
        """Meetings of the last 7 days that the user held, by the clock, and that have no entry."""
        over = [each for each in self._meetings if each.is_open and each.ends_at <= self.now]
        return [each for each in reversed(over) if each.organiser_id == self.by.user_id]

    @cached_property
    def contacts(self) -> Sequence[Task]:
        """Calls and meetings ticked in the last 7 days."""
        return [task for task in self._done if task.kind in {Task.Kind.CALL, Task.Kind.MEETING}]

    @cached_property
    def unlogged(self) -> Sequence[Task]:
        """Those of them that have no entry."""
        return [task for task in self.contacts if not task.has_entry]  # type: ignore[attr-defined]

    @cached_property
    def calls(self) -> list[Call]:
        """Calls of the last 7 days that the telephone system told of and that have no entry: those that the user took
        or made, and those that nobody took, of who is theirs."""
        return _CALLS(self.by, self.now - LOOKED_BACK)

    @cached_property
    def asking(self) -> Sequence[RunningTrack]:
        """Tracks of the user's that stand still or are over, and ask how to go on."""
        mine = RunningTrack.objects.visible_to(self.by).filter(owner_id=self.by.user_id, archived_at=None)
        links = [name for name in ABOUT_WHAT if name != "opportunity__stage"]
        return list(mine.exclude(question="").select_related("version_of__track", *links).order_by("-pk")[:FEW])

    @cached_property
    def waiting(self) -> Sequence[Task]:
        """Open tasks that the user planned for others."""
        planned = Task.objects.open().visible_to(self.by).filter(planned_by_id=self.by.user_id)
        others = planned.exclude(assignee_id=self.by.user_id).order_by(F("due_at").asc(nulls_last=True))
        return list(others.select_related("assignee", *ABOUT_WHAT)[:MOST])

    @cached_property
    def notices(self) -> Sequence[Notice]:
        """What the user was told and has not seen yet, the newest first."""
        unseen = Notice.objects.filter(user_id=self.by.user_id or 0, seen_at=None)
        seen = Q(opportunity__in=Opportunity.objects.visible_to(self.by)) | Q(lead__in=Lead.objects.visible_to(self.by))
        return list(unseen.filter(seen).select_related("opportunity", "lead").order_by("-pk")[:FEW])

    def pipeline(self, currency: str) -> list[Filling]:
        """The user's open opportunities by stage, of the pipelines they are in; other currencies are left apart."""
        own = {"owner_id": self.by.user_id, "state": "open", "archived_at": None}
        condition = Q(**{f"opportunities__{name}": value for name, value in own.items()})
        theirs = FilteredRelation("opportunities", condition=condition)
        live = Stage.objects.live().filter(pipeline__archived_at=None)
        stages = live.annotate(mine=theirs).annotate(
            count=Count("mine"), minor=Sum("mine__amount_minor", filter=Q(mine__currency=currency))
        )
        hidden = access.hidden(self.by, Opportunity)
        found = list(stages.order_by("pipeline__position", "pipeline_id", "position"))
        used = {stage.pipeline_id for stage in found if stage.count} or {stage.pipeline_id for stage in found[:1]}
        return [
            Filling(stage.name, stage.count, None if hidden else money.from_minor(stage.minor or 0, currency))
            for stage in found
            if stage.pipeline_id in used
        ]

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def _midnight(self) -> datetime:
        return datetime.combine(self._today, time(), self.zone)

    @cached_property
    def _meetings(self) -> Sequence[Meeting]:
        """The user's meetings of the last 7 days and of today."""
        end = datetime.combine(self._today + timedelta(days=1), time(), self.zone)
        mine = Meeting.objects.of([self.by.user_id or 0]).between(self.now - LOOKED_BACK, end)
        return list(mine.visible_to(self.by).select_related(*ABOUT_WHAT).order_by("starts_at", "pk")[:MOST])

    @cached_property
    def _open(self) -> Sequence[Task]:
        """The user's open tasks until the end of today."""
        end = datetime.combine(self._today, time.max, self.zone)
        mine = Task.objects.open().visible_to(self.by).filter(assignee_id=self.by.user_id, due_at__lte=end)
        return list(mine.select_related(*ABOUT_WHAT).order_by("due_at", "pk")[:MOST])

    @cached_property
    def _done(self) -> Sequence[Any]:
        """The user's tasks done in the last 7 days, each with whether the same kind of entry stands on its record."""
        mine = Task.objects.visible_to(self.by).filter(
            assignee_id=self.by.user_id, state="done", done_at__gte=self.now - LOOKED_BACK, archived_at=None
        )
        return list(mine.annotate(has_entry=Exists(_entries())).select_related(*ABOUT_WHAT).order_by("-done_at")[:MOST])


def _entries() -> Any:
    """Entries by the one who did a task, of its kind, about its record, on the day before it or later."""
    same = reduce(or_, (Q(**{name: OuterRef(f"{name}_id")}) for name in ABOUT))
    since = ExpressionWrapper(OuterRef("done_at") - timedelta(days=1), Activity._meta.get_field("happened_at"))
    return Activity.objects.filter(same, kind=OuterRef("kind"), by_user=OuterRef("assignee_id"), happened_at__gte=since)


def _calls(by: Actor, since: datetime) -> Any:
    owned = reduce(or_, (Q(**{f"{name}__owner_id": by.user_id}) for name in CALLERS))
    known: Any = Call.objects.visible_to(by).filter(Q(agent_id=by.user_id) | Q(owned, agent=None))
    return known.unlogged().filter(started_at__gte=since).select_related(*CALLERS).order_by("-started_at")[:MOST]


_CALLS = PreparedFor(_calls, (), datetime)
