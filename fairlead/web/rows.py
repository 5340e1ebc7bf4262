"""What a page of rows shows besides its own columns, each with one question for all of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.light import light
from fairlead.core.record import Row
from fairlead.models import Stage, Task
from fairlead.models.suppression import in_force

STEP = ("public_id", "title", "due_at", "due_on", "due_time")


def next_steps(noun: str, rows: Sequence[Any], by: Actor) -> dict[int, Task]:
    """The earliest dated open task of each row."""
    dated = [row.pk for row in rows if row.next_step_at]
    if not dated:
        return {}
    tasks: Any = Task.objects.visible_to(by).open().filter(**{f"{noun}__in": dated}, due_at__isnull=False)  # type: ignore[attr-defined]
    found: dict[int, Task] = {}
    for task in light(tasks.order_by("due_at", "pk"), [*STEP, f"{noun}_id"]):
        found.setdefault(getattr(task, f"{noun}_id"), task)
    return found


def stopped(noun: str, rows: Sequence[Any]) -> dict[int, str]:
    """The channel on which each person or company must not be contacted; any before mail, phone or post."""
    ids = {row.pk for row in rows}
    companies = {row.company_id for row in rows} - {None} if noun == "person" else ids
    held = in_force().filter(Q(person__in=ids) | Q(company__in=companies) if noun == "person" else Q(company__in=ids))
    found: dict[tuple[str, int], str] = {}
    for person, company, channel in held.values_list("person_id", "company_id", "channel"):
        key = ("person", person) if person else ("company", company)
        found[key] = "any" if "any" in {found.get(key), channel} else channel
    return {row.pk: channel for row in rows if (channel := _stop(noun, row, found))}


def _stop(noun: str, row: Any, found: dict[tuple[str, int], str]) -> str:
    """A person is also stopped by what holds for the whole company."""
    company = getattr(row, "company_id", None)
    held = {found.get((noun, row.pk), ""), found.get(("company", company), "") if company else ""} - {""}
    return "any" if "any" in held else next(iter(sorted(held)), "")


def stages() -> dict[int, tuple[int, int]]:
    """Each stage's place on its pipeline's line, (place, how many), counted from 1."""
    lines: dict[int, list[int]] = {}
    for pk, pipeline in Stage.objects.filter(archived_at=None).values_list("pk", "pipeline_id"):
        lines.setdefault(pipeline, []).append(pk)
    return {pk: (at, len(line)) for line in lines.values() for at, pk in enumerate(line, 1)}


def reached(by: Actor, action: str, rows: Iterable[Row | None]) -> frozenset[int]:
    """Those of these rows (all of one noun) on which the reader may do `action`, by id."""
    known = [row for row in rows if row is not None]
    if not known:
        return frozenset()
    model = type(known[0])
    condition, ids = access.reach(by, action, model), [row.pk for row in known]
    if not condition:
        return frozenset(ids)
    return frozenset(model._base_manager.filter(condition, pk__in=ids).values_list("pk", flat=True))
