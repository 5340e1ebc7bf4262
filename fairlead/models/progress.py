"""What an opportunity has of its stage's exit criteria, and what it is worth: kept as columns in the act itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, Case, DateTimeField, F, Value, When
from django.db.models.functions import Coalesce

from fairlead.core.act import current, outdated
from fairlead.core.prepared import AT_ONCE, Prepared, padded
from fairlead.core.record import chunks, rows
from fairlead.models.facts import FACTS

Counts = tuple[int, int, int | None, int | None]
KEPT = ("criteria_met", "criteria_of", "total_minor", "weighted_minor")
# An opportunity's own values that its counts follow from.
FROM = frozenset(
    {"stage", "state", "company", "person", "solution", "close_on"}
    | {"stands_at", "amount_minor", "currency", "recurs", "months", "likelihood"}
)
A_YEAR = 12
# Where in a lane those stand that nobody placed and that have no next step.
LAST = datetime(9000, 1, 1, tzinfo=UTC)


STANDS = Coalesce("stands_at", "next_step_at", Value(LAST, DateTimeField()))


def count_anew(ids: Iterable[int | None]) -> None:
    """The counts of these opportunities follow from something that changed: they are kept when the act ends."""
    from fairlead.models import CriterionTick

    outdated(CriterionTick, {pk for pk in ids if pk is not None})


def count_stages_anew(stage_ids: Collection[int]) -> None:
    """The criteria of these stages changed: the open opportunities in them count again."""
    count_anew(_opportunities().filter(stage__in=stage_ids, state="open").values_list("pk", flat=True))


def weigh_anew(stage_id: int, probability: int) -> None:
    """A stage's probability changed: what it weighs follows, where nobody wrote a likelihood."""
    total, there = F("total_minor"), _opportunities().filter(stage=stage_id, likelihood=None)
    # As `_weighted`, in parts, so that no product is larger than the database's integers.
    there.update(weighted_minor=total / 100 * probability + (total % 100) * probability / 100)


def keep(ids: Iterable[int]) -> None:
    """Count these opportunities and keep what differs; few statements for any number of them."""
    for chunk in chunks(sorted(ids)):
        _lock(chunk)
        differing: dict[Counts, list[int]] = defaultdict(list)
        for pk, before, now in counted(chunk):
            if before != now:
                differing[now].append(pk)
        for counts, same in differing.items():
            _opportunities().filter(pk__in=same).update(**dict(zip(KEPT, counts, strict=True)))
        found = _opportunities().filter(pk__in=chunk).annotate(stands=STANDS)
        found.exclude(lane_at=F("stands")).update(lane_at=STANDS)


def met(ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Which facts are true of these opportunities, by id."""
    return {
        pk: frozenset(name for name, true in zip(FACTS, values, strict=True) if true)
        for some in padded(ids)
        for pk, *values in FOUND_OUT(*some)
    }


def _found_out(*ids: int) -> Any:
    known = _opportunities().filter(pk__in=ids).annotate(**facts())
    return known.values_list("pk", *(f"is_{name}" for name in FACTS))


FOUND_OUT = Prepared(_found_out, (), *[int] * AT_ONCE)


def total(amount_minor: int | None, recurs: str, months: int | None) -> int | None:
    """Value × duration, in minor units: what recurs counts for a year unless its months are known."""
    if amount_minor is None or recurs == "once":
        return amount_minor
    whole = amount_minor * (months or A_YEAR)
    return whole if recurs == "month" else whole // A_YEAR


def counted(ids: list[int]) -> list[tuple[int, Counts, Counts]]:
    """Each opportunity with the counts it has and those it should have."""
    own = ("pk", "stage_id", "amount_minor", "recurs", "months", "likelihood", "stage__probability", *KEPT)
    read = list(_opportunities().filter(pk__in=ids).values_list(*own))
    criteria = _criteria({each[1] for each in read})
    asked = [each[0] for each in read if criteria[each[1]]]
    ticks = _ticks(asked) if any(not fact for each in criteria.values() for _pk, fact in each) else set()
    true = met(asked) if any(fact for each in criteria.values() for _pk, fact in each) else {}
    found = []
    for pk, stage_id, amount, recurs, months, likelihood, probability, *before in read:
        done = [fact in true.get(pk, ()) if fact else (pk, each) in ticks for each, fact in criteria[stage_id]]
        whole = total(amount, recurs, months)
        chance = probability if likelihood is None else likelihood
        found.append((pk, tuple(before), (sum(done), len(done), whole, _weighted(whole, chance))))
    return found


def _weighted(whole: int | None, chance: int) -> int | None:
    return None if whole is None else whole * chance // 100


def _criteria(stage_ids: set[int]) -> dict[int, list[tuple[int, str]]]:
    """The live criteria of these stages as (id, fact), by stage."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    criteria: Any = rows()["criterion"]._base_manager
    live = criteria.filter(stage__in=stage_ids, archived_at=None)
    for stage_id, pk, fact in live.values_list("stage_id", "pk", "fact"):
        found[stage_id].append((pk, fact))
    return found


def _ticks(ids: Collection[int]) -> set[tuple[int, int]]:
    ticks: Any = rows()["criteriontick"]._base_manager
    return set(ticks.filter(opportunity__in=ids).values_list("opportunity_id", "criterion_id"))


def facts() -> dict[str, Any]:
    """Every fact as an annotation: is_value, is_need, …"""
    return {
        f"is_{each.name}": Case(When(each.met(), then=Value(True)), default=Value(False), output_field=BooleanField())
        for each in FACTS.values()
    }


def _lock(ids: list[int]) -> None:
    """Of two acts that change what counts, the later one sees the other's."""
    held = current().held
    free = [pk for pk in ids if ("opportunity", pk) not in held]
    if free:
        list(_opportunities().select_for_update(no_key=True).filter(pk__in=free).order_by("pk").values_list("pk"))


def _opportunities() -> Any:
    return rows()["opportunity"]._base_manager
