"""One act: one transaction with its steps, the rows it holds, and the events it ends in."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from fairlead.core import bulk, clock
from fairlead.core.actor import Actor
from fairlead.core.errors import NotFound, WriteOutsideVerb
from fairlead.core.event import Event, EventLink
from fairlead.core.prepared import Prepared
from fairlead.core.record import Link, Record, Row, chunks, is_keyed, put, unpack, writing

Op = Literal["create", "change", "remove"]


OWN = ("changes", "order", "undoes")  # what the events of one step do not share
Told = tuple[tuple[Any, ...], list[tuple[Link, datetime]]]  # an event's OWN values, and where it shows


@dataclass(slots=True)
class Change:
    """What happened to one row: its values before (change, remove) and after (create, change)."""

    row: Row
    op: Op
    before: dict[str, Any]
    after: dict[str, Any]
    compact: bool = False
    number: int = 0


@dataclass
class Step:
    """One verb call inside an act."""

    verb: str
    by: Actor
    cause: int | None
    labels: dict[str, Any] = field(default_factory=dict)
    refs: dict[str, Any] = field(default_factory=dict)
    about: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    promised: int = 0
    undoes: uuid.UUID | None = None
    always: bool = False
    # Were events of changes in bulk written already? Those that were not of new rows.
    wrote: bool = False
    settled: list[Change] = field(default_factory=list)

    @property
    def took_effect(self) -> bool:
        return bool(self.changes or self.wrote or self.promised or self.always)


@dataclass
class Act:
    """A verb call with everything that it caused; what undo takes back as one."""

    by: Actor
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    at: datetime = field(default_factory=clock.now)
    steps: list[Step] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    # Every copy in memory of the rows this act has locked: all of them say what the database says.
    held: dict[Link, list[Row]] = field(default_factory=dict)
    # What is looked up by other than its columns, to be rebuilt when the act ends: ids by kind of row.
    outdated: dict[type[Row], set[int]] = field(default_factory=lambda: defaultdict(set))
    # Of new rows, what they will be looked up by, where it is known already; void as soon as anything else changes.
    lookups: dict[Link, Any] = field(default_factory=dict)
    counted: int = 0
    spoiled_by: str = ""

    @property
    def step(self) -> Step:
        return self.steps[self.stack[-1]]

    @property
    def changed(self) -> bool:
        """Did anything take effect? A repeated call changes nothing."""
        return any(step.took_effect for step in self.steps)

    def hold(self, records: Iterable[Row]) -> None:
        """Lock these rows in (noun, id) order and read them again in place, unless this act holds them already."""
        fresh = {id(row): row for row in records if not self._holds(row)}
        wanted: dict[type[Row], list[int]] = defaultdict(list)
        for row in fresh.values():
            wanted[type(row)].append(row.pk)
        found = self.lock(wanted)
        for row in fresh.values():
            if key_of(row) not in found:
                raise NotFound(_("This record is gone. It may have been undone or erased."))
            copy_values(found[key_of(row)], row)
            self.held[key_of(row)].append(row)

    def _holds(self, row: Row) -> bool:
        return any(copy is row for copy in self.held.get(key_of(row), ()))

    def lock(self, wanted: Mapping[type[Row], Iterable[int]]) -> dict[Link, Row]:
        """Lock rows by their ids, in (noun, id) order, and read them; those that are gone are missing."""
        for model in sorted(wanted, key=lambda model: model.noun()):
            ids = sorted(pk for pk in set(wanted[model]) if (model.noun(), pk) not in self.held)
            for chunk in chunks(ids):
                rows = _locked_one(model, chunk[0]) if len(chunk) == 1 else _locking(model, chunk)
                self.held |= {key_of(row): [row] for row in rows}
        links = [(model.noun(), pk) for model, ids in wanted.items() for pk in ids]
        return {link: self.held[link][0] for link in links if link in self.held}

    def note(self, row: Row, op: Op, before: dict[str, Any], after: dict[str, Any], *, compact: bool) -> None:
        self.step.changes.append(Change(row, op, before, after, compact, self.counted))
        self.counted += 1
        if self.lookups:
            for link in row.timelines():
                self.lookups.pop(link, None)

    def settle(self) -> None:
        """Derive what follows from the bulk changes of this step so far, write their events, and let go of new rows.

        So an act of very many rows needs the memory of a piece of them.
        """
        step = self.step
        bulked = [each for each in step.changes if each.compact]
        step.changes = [each for each in step.changes if not each.compact]
        step.settled += [each for each in bulked if each.op != "create"]
        step.wrote = step.wrote or bool(bulked)
        _derive_from(bulked)
        _write(self, [(_facts(self, step, self.stack[-1]), list(_of_many(self, step, bulked)))])
        for each in bulked:
            if each.op == "create":
                self.held.pop(key_of(each.row), None)

    def note_new(self, rows: Sequence[Row]) -> None:
        """Rows made in bulk: their events keep the ids alone."""
        noun, changes, held = rows[0].noun(), self.step.changes, self.held
        for number, row in enumerate(rows, self.counted):
            held[noun, row.__dict__["id"]] = [row]
            changes.append(Change(row, "create", {}, {}, True, number))
        self.counted += len(rows)
        for link in (link for row in rows for link in row.timelines()) if self.lookups else ():
            self.lookups.pop(link, None)


def _locking(model: type[Row], ids: Sequence[int]) -> Any:
    """Rows to be changed. "No key": others may meanwhile link to them; only changes wait."""
    return model._base_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")


def _locked_one(model: type[Row], pk: int) -> list[Row]:
    """One of them, as most acts lock them: put into SQL once."""
    names, asked = _LOCKING.get(model) or _LOCKING.setdefault(model, _prepare(model))
    return [model.from_db("default", names, row) for row in asked(pk)]


def _prepare(model: type[Row]) -> tuple[list[str], Prepared]:
    names = [field.attname for field in model._meta.concrete_fields]
    return names, Prepared(lambda pk: _locking(model, [pk]).values_list(*names), (), int)


_LOCKING: dict[type[Row], tuple[list[str], Prepared]] = {}
_current: ContextVar[Act | None] = ContextVar("act", default=None)
_last: ContextVar[Act | None] = ContextVar("last_act", default=None)
_remembered: ContextVar[dict[str, Any] | None] = ContextVar("remembered", default=None)


def current() -> Act:
    """The running act; only inside a verb."""
    act = _current.get()
    if act is None:
        raise WriteOutsideVerb("Records change only inside a verb.")
    return act


def outdated(model: type[Row], ids: Iterable[int]) -> None:
    """Have these rows' `renew` called at the end of the act, once for all that is told of them."""
    current().outdated[model].update(ids)


def last() -> Act | None:
    """The act that committed last in this context: what a page offers to undo."""
    return _last.get()


def forget() -> None:
    """Begin anew: what was last done belongs to an earlier request."""
    _last.set(None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within this, what is read once need not be read again: a request."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def remembered() -> dict[str, Any] | None:
    """What this request has read already; None outside of any."""
    return _remembered.get()


def key_of(row: Row) -> Link:
    """What a row is known by within an act and in events."""
    return row.noun(), row.pk


def copy_values(source: Row, target: Row) -> None:
    """Make another copy of the same row say what this one says."""
    if source is target:
        return
    for column in source._meta.concrete_fields:
        setattr(target, column.attname, getattr(source, column.attname))
    target._state.fields_cache.clear()
    target.__dict__.pop("_prefetched_objects_cache", None)


# --- the end of an act -------------------------------------------------------------------------------------------


def finish(act: Act) -> None:
    """Derive what follows from the changes and write the act's events, in one statement each."""
    if act.spoiled_by:
        raise RuntimeError(f"{act.spoiled_by} failed half way, so the act around it cannot go on.")
    _derive_from([each for step in act.steps for each in step.changes])
    with writing():
        for model, ids in act.outdated.items():
            model.renew(ids)
    _write(act, [(_facts(act, step, at), list(_events(act, step, at))) for at, step in enumerate(act.steps)])
    for row in (copy for copies in act.held.values() for copy in copies):
        for name in row.derived:
            row.__dict__.pop(name, None)  # read again when somebody asks


def _write(act: Act, told: Sequence[tuple[dict[str, Any], list[Told]]]) -> None:
    """The events of steps: what all events of a step say, and each of them."""
    with writing():
        ids = bulk.add_alike(Event, OWN, [(facts, [values for values, _moments in events]) for facts, events in told])
        moments = [moments for _facts, events in told for _values, moments in events]
        links = [(*link, at, event) for event, each in zip(ids, moments, strict=True) for link, at in each]
        bulk.add_alike(EventLink, ("kind", "record_id", "happened_at", "event_id"), [({"at": act.at}, links)])


def roll_back(act: Act) -> None:
    """The act failed and the database forgot it: so do the rows in memory."""
    for change in reversed([change for step in act.steps for change in (*step.settled, *step.changes)]):
        for row in act.held.get(key_of(change.row), [change.row]):
            if change.op == "change":
                _put_back(row, change.before)
            elif change.op == "create":
                row.pk, row._state.adding = None, True


def _put_back(row: Row, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        if is_keyed(name):
            put(row, name, value)
            continue
        column: Any = row._meta.get_field(name)
        if not column.many_to_many:
            setattr(row, column.attname, unpack(column, value))
    if isinstance(row, Record):
        row.version -= 1


def _events(act: Act, step: Step, number: int) -> Iterator[Told]:
    """The step's event with its links, and one for each record changed in bulk."""
    own = [change for change in step.changes if not change.compact]
    bulked = [change for change in step.changes if change.compact]
    if own or step.promised or step.always or (not bulked and not step.wrote and _caused_something(act, number)):
        yield _event(step, own), _links(act, step, [*step.about, *(each.row for each in own)], own)
    yield from _of_many(act, step, bulked)


def _of_many(act: Act, step: Step, bulked: Sequence[Change]) -> Iterator[Told]:
    for links, together in _together(bulked):
        yield _event(step, together), _moments(act, step, links, together)


def _together(changes: Sequence[Change]) -> Iterator[tuple[Iterable[Link], list[Change]]]:
    """Changes made in bulk that show in the same place, such as a person's and their mails': one event for all."""
    found: dict[tuple[Link, ...], dict[Link, Change]] = {}
    again: list[Change] = []  # changed twice: each keeps its own before and after
    for each in changes:
        together = found.setdefault(tuple(each.row.timelines()), {})
        if together.setdefault(key_of(each.row), each) is not each:
            again.append(each)
    yield from ((links, list(together.values())) for links, together in found.items())
    yield from ((each.row.timelines(), [each]) for each in again)


def _caused_something(act: Act, number: int) -> bool:
    """A step without an effect of its own is kept only as the cause of later ones that have some."""
    causes = {number}
    for later, step in enumerate(act.steps[number + 1 :], number + 1):
        if step.cause in causes:
            causes.add(later)
            if step.took_effect:
                return True
    return False


def _derive_from(changes: Sequence[Change]) -> None:
    by_model: dict[type[Row], list[Change]] = defaultdict(list)
    for each in changes:
        by_model[type(each.row)].append(each)
    with writing():
        for model, alike in by_model.items():
            model.derive(alike)


def _facts(act: Act, step: Step, number: int) -> dict[str, Any]:
    """What all events of a step say."""
    return {
        "act": act.id,
        "step": number,
        "cause": step.cause,
        "verb": step.verb,
        "at": act.at,
        "by_kind": step.by.kind,
        "by_user_id": step.by.user_id,
        "by_token": step.by.token_id,
        "by_label": step.by.label[:200],
        "by_cause": step.by.cause,
        "door": step.by.door,
        "labels": step.labels,
        "refs": step.refs,
    }


def _event(step: Step, changes: list[Change]) -> tuple[Any, ...]:
    """What one of them says for itself, by OWN."""
    compact = any(change.compact for change in changes)
    return (
        [[each.row.noun(), each.row.pk, each.op, each.before, each.after] for each in changes],
        [each.number for each in changes],
        None if compact else step.undoes,
    )


def _links(act: Act, step: Step, touched: Sequence[Row], changes: Sequence[Change]) -> list[tuple[Link, datetime]]:
    return _moments(act, step, (link for row in touched for link in row.timelines()), changes)


def _moments(act: Act, step: Step, links: Iterable[Link], changes: Sequence[Change]) -> list[tuple[Link, datetime]]:
    """Where the event shows and when: at what it tells of, except for an undo, which happens now."""
    moments = [moment for each in changes if (moment := each.row.happened())]
    at = min(moments) if moments and not step.undoes else act.at
    return [(link, at) for link in dict.fromkeys(links) if link[1]]
