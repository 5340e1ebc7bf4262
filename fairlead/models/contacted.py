"""When somebody was last in contact: the newest call, e-mail or meeting on a record or on those that belong to it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, NullIf

from fairlead.core.record import Row, chunks, rows

# Whose contacts count: for each noun the ways from an entry to it.
WAYS = {
    "company": ("company", "person__company", "opportunity__company", "lead__company"),
    "lead": ("lead",),
    "opportunity": ("opportunity",),
    "person": ("person", "opportunity__person", "lead__person"),
}
NEVER = Value(datetime.min.replace(tzinfo=UTC), DateTimeField())


def logged_on(noun: str, ids: list[int]) -> None:
    """Entries on these records came, went or changed: theirs, and what they belong to, is brought up to date."""
    wanted: dict[str, set[int]] = defaultdict(set, {noun: set(ids)})
    owners = [owner for owner in WAYS if f"{noun}__{owner}" in WAYS[owner]]
    if owners:
        for found in rows()[noun]._base_manager.filter(pk__in=ids).values_list(*(f"{owner}_id" for owner in owners)):
            for owner, pk in zip(owners, found, strict=True):
                wanted[owner].add(pk)
    for each in sorted(wanted):
        _bring_up_to_date(each, wanted[each])


def linked_anew(model: type[Row], changes: Any) -> None:
    """Records that belong to others now, or are gone: those that had them and those that have them count again."""
    for owner, ways in WAYS.items():
        if f"{model.noun()}__{owner}" in ways:
            moved = [each for each in changes if each.op != "create" and owner in each.before]
            now = {getattr(each.row, f"{owner}_id") for each in moved}
            _bring_up_to_date(owner, now | {each.before[owner] for each in moved})


def _bring_up_to_date(noun: str, ids: Iterable[int | None]) -> None:
    found: Any = rows()[noun]._base_manager.order_by("pk")
    for chunk in chunks(sorted({pk for pk in ids if pk is not None})):
        # Locked first: of two that log at once, the later one's statement sees the other's entry.
        list(found.select_for_update(no_key=True).filter(pk__in=chunk).values_list("pk"))
        found.filter(pk__in=chunk).update(last_contact_at=_newest(noun))


def _newest(noun: str) -> Any:
    moments = [_newest_by(way) for way in WAYS[noun]]
    if len(moments) == 1:
        return moments[0]
    return NullIf(Greatest(*(Coalesce(each, NEVER) for each in moments)), NEVER)


def _newest_by(way: str) -> Subquery:
    # the way is one of WAYS
    # nosemgrep
    entries: Any = rows()["activity"]._base_manager
    talks = entries.filter(archived_at=None, automatic=False, **{way: OuterRef("pk")}).exclude(kind="note")
    return Subquery(talks.order_by().values(way).annotate(newest=Max("happened_at")).values("newest"))
