"""The next step of a record: its earliest dated open task or planned meeting, overdue or not."""

from typing import Any

from django.db.models import Min, OuterRef, Q, Subquery

from fairlead.core.record import rows
from fairlead.models.progress import count_anew


def keep_next_step(name: str, ids: list[int]) -> None:
    """Bring `next_step_at` of these records of one noun up to date: one statement, and one more if they have meetings.

    Most records have none, and tasks come in thousands.
    """
    model, tasks, meetings = (_all(each) for each in (name, "task", "meeting"))
    open_tasks = _earliest(tasks.filter(state="open", archived_at=None), name, "due_at")
    model.filter(pk__in=ids).update(next_step_at=Subquery(open_tasks))
    # the noun is one of ABOUT
    # nosemgrep
    planned = meetings.filter(**{f"{name}__in": ids}, state="planned", archived_at=None)
    starts = planned.order_by().values_list(name).annotate(earliest=Min("starts_at"))
    for pk, earliest in starts:
        later = Q(next_step_at=None) | Q(next_step_at__gt=earliest)
        model.filter(later, pk=pk).update(next_step_at=earliest)
    if name == "opportunity":
        count_anew(ids)


def _all(noun: str) -> Any:
    return rows()[noun]._base_manager


def _earliest(found: Any, name: str, moment: str) -> Any:
    same = found.filter(**{name: OuterRef("pk")}).order_by().values(name)
    return same.annotate(earliest=Min(moment)).values("earliest")
