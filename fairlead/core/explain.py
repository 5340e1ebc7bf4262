"""Why somebody may do something, asked of the same conditions that let them: nothing here decides."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import BooleanField, Case, Q, Value, When

from fairlead.core.access import NOBODY, actions_on, governing, reach
from fairlead.core.actor import Actor, Level
from fairlead.core.record import Record, rows

MOST = 10_000  # records counted; one more stands for all above


@dataclass(frozen=True)
class Right:
    """How far somebody's right to `action` on `noun` reaches, and on how many records (None: it is not counted)."""

    noun: str
    action: str
    level: Level
    count: int | None


@dataclass(frozen=True)
class Shift:
    """A right that is not what it was."""

    before: Right
    after: Right

    @property
    def is_one(self) -> bool:
        return self.before != self.after

    @property
    def gains(self) -> bool:
        return (self.after.count or 0, _rank(self.after)) > (self.before.count or 0, _rank(self.before))


class Counts:
    """How many records somebody reaches; all of a noun are counted once."""

    def __init__(self) -> None:
        self._all: dict[str, int] = {}

    def of(self, by: Actor, action: str, noun: str) -> int | None:
        if noun == "organisation" or action == "create" or noun not in rows():
            return None
        condition = reach(by, action, rows()[noun])
        if condition == NOBODY:
            return 0
        if condition:
            return _count(noun, condition)
        if noun not in self._all:
            self._all[noun] = _count(noun, condition)
        return self._all[noun]


def rights(by: Actor, counts: Counts) -> Iterator[Right]:
    """Every right of this actor, noun by noun."""
    for noun in governing():
        for action in actions_on(noun):
            yield _right(by, action, noun, counts)


def shifts(before: Actor, after: Actor, counts: Counts) -> list[Shift]:
    """What this actor gains and loses when they may what `after` may.

    Besides the rights that change themselves these are records that are seen with others, such as a person's tasks.
    """
    return [
        shift
        for noun in governing()
        for action in actions_on(noun)
        if action == "see" or before.level(action, noun) != after.level(action, noun)
        if (shift := Shift(_right(before, action, noun, counts), _right(after, action, noun, counts))).is_one
    ]


def through(by: Actor, action: str, record: Record) -> list[str]:
    """Through what this actor may do `action` on a record: all, or which of the noun's ways; empty: they may not."""
    model = type(record)
    level = by.level(action, model.access_noun())
    if level in {"all", "none"}:
        return ["all"] if level == "all" else []
    ways = {name: way for name, way in model.ways(by).items() if name != "team" or level == "team"}
    asked = {f"by_{name}": _yes_or_no(way) for name, way in ways.items()}
    found = model._base_manager.filter(reach(by, action, model), pk=record.pk).annotate(**asked).values(*asked).first()
    return [name for name in ways if found and found[f"by_{name}"]]


def _right(by: Actor, action: str, noun: str, counts: Counts) -> Right:
    return Right(noun, action, by.level(action, noun), counts.of(by, action, noun))


def _count(noun: str, condition: Q) -> int:
    live = Q(archived_at=None) if issubclass(rows()[noun], Record) else Q()
    return rows()[noun]._base_manager.filter(condition, live).order_by()[: MOST + 1].count()


def _yes_or_no(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _rank(right: Right) -> int:
    return ("none", "own", "team", "all").index(right.level)
