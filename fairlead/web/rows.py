"""What a page of rows shows besides its own columns, each with one question for all of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.light import Glimpse
from fairlead.core.prepared import AT_ONCE, Prepared, PreparedFor, padded
from fairlead.core.record import Row
from fairlead.models import Meeting, Stage, Task
from fairlead.models.about import ABOUT
from fairlead.models.suppression import in_force

PLANNED = ("public_id", "title", "starts_at", "all_day", "zone")
STEP = ("public_id", "title", "due_at", "due_on", "due_time")


def next_steps(noun: str, rows: Sequence[Any], by: Actor) -> dict[int, Task | Meeting]:
    """The earliest dated open task, or planned meeting, of each row that this reader sees."""
    if not access.can_any(by, "see", Task.access_noun()):
        return {}
    dated = [row.pk for row in rows if value(row, "next_step_at")]
    if not dated:
        return {}
    found: dict[int, Any] = {}
    for task in (task for some in padded(dated) for task in _STEPS[noun](*some)):
        found.setdefault(getattr(task, f"{noun}_id"), task)
    earlier = [row.pk for row in rows if row.pk in dated and _is_before(value(row, "next_step_at"), found.get(row.pk))]
    for meeting in (each for some in padded(earlier) for each in _MEETINGS[noun](by, *some)):
        pk = getattr(meeting, f"{noun}_id")
        if _is_before(meeting.starts_at, found.get(pk)):
            found[pk] = meeting
    return found


def _is_before(moment: datetime, step: Any) -> bool:
    """Is something planned before this step, which then is a meeting?"""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # as SQLite gives it
    return step is None or aware < step.due_at


def stopped(noun: str, rows: Sequence[Any]) -> dict[int, str]:
    """The channel on which each person or company must not be contacted; any before mail, phone or post."""
    ids = {row.pk for row in rows}
    companies = {value(row, "company_id") for row in rows} - {None} if noun == "person" else ids
    people = ids if noun == "person" else set()
    held = [row for some in padded(people) for row in _held_people(clock.now(), *some)]
    held += [row for some in padded(companies) for row in _held_companies(clock.now(), *some)]
    found: dict[tuple[str, int], str] = {}
    for person, company, channel in held:
        key = ("person", person) if person else ("company", company)
        found[key] = "any" if "any" in {found.get(key), channel} else channel
    return {row.pk: channel for row in rows if (channel := _stop(noun, row, found))}


def _stop(noun: str, row: Any, found: dict[tuple[str, int], str]) -> str:
    """A person is also stopped by what holds for the whole company."""
    company = value(row, "company_id") if noun == "person" else None
    held = {found.get((noun, row.pk), ""), found.get(("company", company), "") if company else ""} - {""}
    return "any" if "any" in held else next(iter(sorted(held)), "")


def value(row: Any, name: str) -> Any:
    """A column of a row, as the database gave it if the row was not made yet."""
    return row[name] if isinstance(row, Glimpse) else getattr(row, name)


def stages() -> dict[int, tuple[int, int]]:
    """Each stage's place on its pipeline's line, (place, how many), counted from 1."""
    lines: dict[int, list[int]] = {}
    for pk, pipeline in _stages():
        lines.setdefault(pipeline, []).append(pk)
    return {pk: (at, len(line)) for line in lines.values() for at, pk in enumerate(line, 1)}


def reached(by: Actor, action: str, rows: Iterable[Row | None]) -> frozenset[int]:
    """Those of these rows (all of one noun) on which the reader may do `action`, by id."""
    known = [row for row in rows if row is not None]
    if not known:
        return frozenset()
    model, ids = type(known[0]), [row.pk for row in known]
    return on_which(by, action, model, ids)


def on_which(by: Actor, action: str, model: type[Row], ids: Sequence[int]) -> frozenset[int]:
    """As `reached`, of rows of this noun by their ids."""
    level = by.level(action, model.access_noun())
    if level in ("all", "none") and model.governed(by, action) is None:
        return frozenset(ids if level == "all" else ())
    return frozenset(pk for some in padded(ids) for (pk,) in _reached(model, action)(by, *some))


@cache
def _reached(model: type[Row], action: str) -> PreparedFor:
    def rows(by: Actor, *ids: int) -> Any:
        condition = access.reach(by, action, model)
        return model._base_manager.filter(condition, pk__in=ids).values_list("pk")

    return PreparedFor(rows, (), *[int] * AT_ONCE)


def _steps(noun: str) -> Prepared:
    def rows(*ids: int) -> Any:
        # of rows that the reader sees, whose tasks follow them
        # nosemgrep
        tasks: Any = Task.objects.all()
        # the noun is one of a list
        # nosemgrep
        return tasks.open().filter(**{f"{noun}__in": ids}, due_at__isnull=False).order_by("due_at", "pk")

    return Prepared(rows, [*STEP, f"{noun}_id"], *[int] * AT_ONCE)


def _meetings(noun: str) -> PreparedFor:
    def rows(by: Actor, *ids: int) -> Any:
        # the noun is one of a list
        # nosemgrep
        planned = Meeting.objects.visible_to(by).filter(**{f"{noun}__in": ids}, state="planned", archived_at=None)
        return planned.order_by("starts_at", "pk")

    return PreparedFor(rows, [*PLANNED, f"{noun}_id"], *[int] * AT_ONCE)


def _held(noun: str) -> Prepared:
    def rows(now: datetime, *ids: int) -> Any:
        # nosemgrep
        return in_force(now).filter(**{f"{noun}__in": ids}).values_list("person_id", "company_id", "channel")

    return Prepared(rows, (), datetime, *[int] * AT_ONCE)


_STEPS = {noun: _steps(noun) for noun in ABOUT}
_MEETINGS = {noun: _meetings(noun) for noun in ABOUT}
_held_people, _held_companies = _held("person"), _held("company")
_stages = Prepared(lambda: Stage.objects.filter(archived_at=None).values_list("pk", "pipeline_id"))
