"""One act: one transaction, its steps, and the three ways in which records change inside it."""

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F, ProtectedError
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotFound, WriteOutsideVerb, WrongState
from fairlead.core.event import Event, EventLink
from fairlead.core.record import (
    Link,
    Record,
    Row,
    chunks,
    dump_many,
    kept,
    link_table,
    linked,
    pack,
    unpack,
    writing,
)

Op = Literal["create", "change", "remove"]
R = TypeVar("R", bound=Row)
Allow = Callable[[Row, str, Any, Any], None]


@dataclass
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

    @property
    def took_effect(self) -> bool:
        return bool(self.changes or self.promised or self.always)


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
            if _key(row) not in found:
                raise NotFound(_("This record is gone. It may have been undone or erased."))
            _copy(found[_key(row)], row)
            self.held[_key(row)].append(row)

    def _holds(self, row: Row) -> bool:
        return any(copy is row for copy in self.held.get(_key(row), ()))

    def lock(self, wanted: Mapping[type[Row], Iterable[int]]) -> dict[Link, Row]:
        """Lock rows by their ids, in (noun, id) order, and read them; those that are gone are missing."""
        for model in sorted(wanted, key=lambda model: model.noun()):
            ids = sorted(pk for pk in set(wanted[model]) if (model.noun(), pk) not in self.held)
            for chunk in chunks(ids):
                # "No key": others may meanwhile link to these rows; only changes wait.
                rows = model._base_manager.select_for_update(no_key=True).filter(pk__in=chunk).order_by("pk")
                self.held |= {_key(row): [row] for row in rows}
        links = [(model.noun(), pk) for model, ids in wanted.items() for pk in ids]
        return {link: self.held[link][0] for link in links if link in self.held}

    def note(self, row: Row, op: Op, before: dict[str, Any], after: dict[str, Any], *, compact: bool) -> None:
        self.step.changes.append(Change(row, op, before, after, compact, self.counted))
        self.counted += 1


_current: ContextVar[Act | None] = ContextVar("act", default=None)
_last: ContextVar[Act | None] = ContextVar("last_act", default=None)


def current() -> Act:
    """The running act; only inside a verb."""
    act = _current.get()
    if act is None:
        raise WriteOutsideVerb("Records change only inside a verb.")
    return act


def last() -> Act | None:
    """The act that committed last in this context: what a page offers to undo."""
    return _last.get()


def forget() -> None:
    """Begin anew: what was last done belongs to an earlier request."""
    _last.set(None)


# --- the three ways records change -------------------------------------------------------------------------------


def create(model: type[R], **values: Any) -> R:
    """Add a row with these values (many-to-many as lists of records); checked, kept in the event, undoable."""
    many = {name: _ids(values.pop(name)) for name in list(values) if _is_many(model, name)}
    row = model(**values)
    _clean(row)
    return insert([row], [many])[0]


def create_many(model: type[R], values: Sequence[dict[str, Any]]) -> list[R]:
    """Add many rows by bulk statements; each keeps a compact event of its own. Values are the caller's to check."""
    return insert([model(**each) for each in values], compact=True)


def change(row: Row, **values: Any) -> bool:
    """Set these values; True when any of them differed. A move that the noun does not allow raises WrongState."""
    return bool(assign([(row, values)]))


def change_many(rows: Sequence[R], **values: Any) -> list[R]:
    """Set the same values on many rows of one noun by bulk statements; returns those that differed."""
    return assign([(row, values) for row in rows], compact=True)


def link_many(rows: Sequence[R], name: str, others: Sequence[Row]) -> list[R]:
    """Add these to a many-to-many field of many rows of one noun by bulk statements; returns those that lacked any."""
    current().hold(rows)
    held = linked(type(rows[0]), name, [row.pk for row in rows]) if rows else {}
    return assign([(row, {name: [*held[row.pk], *others]}) for row in rows], compact=True)


def remove(row: Row) -> None:
    """Take a row away for good; its values stay in the event, so that undo brings it back with the same id."""
    delete([row])


# --- the same for any number of rows of one kind -----------------------------------------------------------------


def insert(rows: Sequence[R], many: Sequence[dict[str, list[int]]] = (), *, compact: bool = False) -> list[R]:
    """Add these rows with their many-to-many ids; compact events of new rows keep the id alone."""
    act, found = current(), list(rows)
    if not found:
        return found
    model, links = type(found[0]), many or [{}] * len(found)
    with writing(), _unique(model):
        model._base_manager.bulk_create(found, batch_size=1000)
        for each in model._meta.many_to_many:
            _link(
                model, each.name, {row.pk: set(own.get(each.name, ())) for row, own in zip(found, links, strict=True)}
            )
    for row, own in zip(found, links, strict=True):
        act.held[_key(row)] = [row]
        columns = {} if compact and not many else _columns(row) | {m.name: [] for m in model._meta.many_to_many}
        act.note(row, "create", {}, columns | own, compact=compact)
    return found


def assign(pairs: Sequence[tuple[R, Mapping[str, Any]]], *, free: bool = False, compact: bool = False) -> list[R]:
    """Set each row's values; returns the rows that differed. `free`, for undo: going back is always allowed."""
    if not pairs:
        return []
    act, rows = current(), [row for row, _values in pairs]
    act.hold(rows)
    model, names = type(rows[0]), {_name(rows[0], given) for _row, values in pairs for given in values}
    before = dump_many(rows, names)
    changed: list[tuple[R, dict[str, Any], dict[str, Any]]] = []
    with _as_before(rows, names):
        for (row, values), old in zip(pairs, before, strict=True):
            new = _set(row, values, checked=not free)
            differing = [name for name in new if old[name] != new[name]]
            for name in () if free else differing:
                _allow(row, name, old[name], new[name])
            if differing:
                changed.append((row, {name: old[name] for name in differing}, {name: new[name] for name in differing}))
        with writing(), _unique(model):
            _write(model, changed)
    for row, old, new in changed:
        if isinstance(row, Record):
            row.version += 1
            new["version"] = row.version
        for copy in act.held[_key(row)]:
            _copy(row, copy)
        act.note(row, "change", old, new, compact=compact)
    return [row for row, _old, _new in changed]


def delete(rows: Sequence[Row], *, compact: bool = False) -> None:
    """Take these rows away; others that point at them are in the way."""
    act = current()
    act.hold(rows)
    values = dump_many(rows) if rows else []
    for chunk in chunks(rows):
        try:
            with writing():
                type(chunk[0])._base_manager.filter(pk__in=[row.pk for row in chunk]).delete()
        except ProtectedError as error:
            other = next(iter(error.protected_objects))
            raise WrongState(_("%(other)s belongs to it.") % {"other": other}) from None
    for row, each in zip(rows, values, strict=True):
        act.note(row, "remove", each, {}, compact=compact)
        act.held.pop(_key(row), None)


def _write(model: type[Row], changed: Sequence[tuple[Row, dict[str, Any], dict[str, Any]]]) -> None:
    """One statement for all rows that get the same values; links by one statement for each kind of change."""
    alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
    many = {each.name for each in model._meta.many_to_many}
    for row, _old, new in changed:
        values = {name: getattr(row, _column(row, name).attname) for name in new if name not in many}
        alike.setdefault(repr([(name, new[name]) for name in values]), (values, []))[1].append(row.pk)
    bumped: dict[str, Any] = {"version": F("version") + 1} if issubclass(model, Record) else {}
    for values, ids in alike.values():
        for chunk in chunks(ids):
            model._base_manager.filter(pk__in=chunk).update(**values, **bumped)
    for name in many:
        touched = [(row.pk, set(old[name]), set(new[name])) for row, old, new in changed if name in new]
        _link(model, name, {pk: new - old for pk, old, new in touched}, {pk: old - new for pk, old, new in touched})


def _link(
    model: type[Row], name: str, added: Mapping[int, set[int]], taken: Mapping[int, set[int]] | None = None
) -> None:
    through, near, far = link_table(model, name)
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for pk, others in (taken or {}).items():
        alike[frozenset(others)].append(pk)
    for same, ids in alike.items():
        for chunk in chunks(ids if same else []):
            through._base_manager.filter(**{f"{near}__in": chunk, f"{far}__in": same}).delete()
    new = [through(**{near: pk, far: other}) for pk, others in added.items() for other in sorted(others)]
    through._base_manager.bulk_create(new, batch_size=1000)


def _set(row: Row, values: Mapping[str, Any], *, checked: bool) -> dict[str, Any]:
    """Set these values in memory; what they are now, as events keep them."""
    many = {name: _ids(value) for name, value in values.items() if _is_many(type(row), name)}
    plain = {name: value for name, value in values.items() if name not in many}
    for name, value in plain.items():
        setattr(row, name, value)
    names = {_name(row, given) for given in plain}
    if checked:
        _clean(row, only=names)
    return {f.name: pack(f, getattr(row, f.attname)) for f in kept(type(row)) if f.name in names} | many


@contextmanager
def _as_before(rows: Sequence[Row], names: Iterable[str]) -> Iterator[None]:
    """What fails leaves the rows in memory as they were."""
    columns = [f.attname for f in rows[0]._meta.concrete_fields if f.name in set(names)]
    old = [[getattr(row, column) for column in columns] for row in rows]
    try:
        yield
    except BaseException:
        for row, values in zip(rows, old, strict=True):
            for column, value in zip(columns, values, strict=True):
                setattr(row, column, value)
        raise


@contextmanager
def _unique(model: type[Row]) -> Iterator[None]:
    """A value that another row has already is the caller's to mend, not a fault."""
    try:
        yield
    except IntegrityError as error:
        text = str(error)
        keys = re.search(r"Key \((.*?)\)=", text) if "unique" in text else None
        # the table's own name
        # nosemgrep
        columns = re.findall(r"\w+", keys[1]) if keys else re.findall(rf"{model._meta.db_table}\.(\w+)", text)
        names = [f.name for f in model._meta.concrete_fields if f.column in columns]
        if not names:
            raise
        message = _("Another one has this already. Nothing was changed.")
        raise Invalid({name: [message] for name in names}) from None


def _name(row: Row, given: str) -> str:
    """The field's name, also when its column was given (owner for owner_id)."""
    found = row._meta.get_field(given)
    if found.name in row.derived:
        raise TypeError(f"{given} of {row.noun()} is derived and cannot be set.")
    return found.name


def _is_many(model: type[Row], name: str) -> bool:
    return any(many.name == name for many in model._meta.many_to_many)


def _ids(values: Iterable[Any]) -> list[int]:
    return sorted({getattr(value, "pk", value) for value in values})


def _column(row: Row, name: str) -> Any:
    return row._meta.get_field(name)


def _columns(row: Row) -> dict[str, Any]:
    return {f.name: pack(f, getattr(row, f.attname)) for f in kept(type(row))}


def _key(row: Row) -> Link:
    return row.noun(), row.pk


def _copy(source: Row, target: Row) -> None:
    if source is target:
        return
    for column in source._meta.concrete_fields:
        setattr(target, column.attname, getattr(source, column.attname))
    target._state.fields_cache.clear()
    target.__dict__.pop("_prefetched_objects_cache", None)


def _clean(row: Row, only: Iterable[str] | None = None) -> None:
    """Check values by the fields' own rules; foreign keys are left to the database."""
    skip = {f.name for f in row._meta.concrete_fields if f.is_relation or f.name in row.derived}
    if only is not None:
        skip |= {f.name for f in row._meta.concrete_fields if f.name not in only}
    try:
        row.clean_fields(exclude=skip)
    except ValidationError as error:
        raise Invalid(error.message_dict) from None


def _allow(row: Row, name: str, before: Any, after: Any) -> None:
    pairs = row.transitions.get(name)
    if pairs is not None and (before, after) not in pairs:
        text = _("%(record)s is %(before)s and cannot become %(after)s.")
        raise WrongState(text % {"record": row, "before": before, "after": after}, before=before, after=after)


# --- the end of an act -------------------------------------------------------------------------------------------


def finish(act: Act) -> None:
    """Derive what follows from the changes and write the act's events, in one statement each."""
    if act.spoiled_by:
        raise RuntimeError(f"{act.spoiled_by} failed half way, so the act around it cannot go on.")
    _derive(act)
    pairs = [pair for number, step in enumerate(act.steps) for pair in _events(act, step, number)]
    with writing():
        events = Event.objects.bulk_create([event for event, _links in pairs], batch_size=2000)
        EventLink.objects.bulk_create(
            [
                EventLink(kind=kind, record_id=record_id, happened_at=at, event=event)
                for event, (_, links) in zip(events, pairs, strict=True)
                for (kind, record_id), at in links
            ],
            batch_size=5000,
        )
    for row in (copy for copies in act.held.values() for copy in copies):
        for name in row.derived:
            row.__dict__.pop(name, None)  # read again when somebody asks


def roll_back(act: Act) -> None:
    """The act failed and the database forgot it: so do the rows in memory."""
    for change in reversed([change for step in act.steps for change in step.changes]):
        for row in act.held.get(_key(change.row), [change.row]):
            if change.op == "change":
                _put_back(row, change.before)
            elif change.op == "create":
                row.pk, row._state.adding = None, True


def _put_back(row: Row, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        column = _column(row, name)
        if not column.many_to_many:
            setattr(row, column.attname, unpack(column, value))
    if isinstance(row, Record):
        row.version -= 1


def _events(act: Act, step: Step, number: int) -> Iterator[tuple[Event, list[tuple[Link, datetime]]]]:
    """The step's event with its links, and one for each change made in bulk."""
    own = [change for change in step.changes if not change.compact]
    bulk = [change for change in step.changes if change.compact]
    if own or step.promised or step.always or (not bulk and _caused_something(act, number)):
        yield _event(act, step, number, own), _links(act, step, [*step.about, *(each.row for each in own)], own)
    for each in bulk:
        yield _event(act, step, number, [each]), _links(act, step, [each.row], [each])


def _caused_something(act: Act, number: int) -> bool:
    """A step without an effect of its own is kept only as the cause of later ones that have some."""
    causes = {number}
    for later, step in enumerate(act.steps[number + 1 :], number + 1):
        if step.cause in causes:
            causes.add(later)
            if step.took_effect:
                return True
    return False


def _derive(act: Act) -> None:
    by_model: dict[type[Row], list[Change]] = defaultdict(list)
    for step in act.steps:
        for each in step.changes:
            by_model[type(each.row)].append(each)
    with writing():
        for model, changes in by_model.items():
            model.derive(changes)


def _event(act: Act, step: Step, number: int, changes: list[Change]) -> Event:
    compact = any(change.compact for change in changes)
    return Event(
        act=act.id,
        step=number,
        cause=step.cause,
        verb=step.verb,
        at=act.at,
        by_kind=step.by.kind,
        by_user_id=step.by.user_id,
        by_token=step.by.token_id,
        by_label=step.by.label[:200],
        by_cause=step.by.cause,
        door=step.by.door,
        labels=step.labels,
        refs=step.refs,
        changes=[[each.row.noun(), each.row.pk, each.op, each.before, each.after] for each in changes],
        order=[each.number for each in changes],
        undoes=None if compact else step.undoes,
    )


def _links(act: Act, step: Step, touched: Sequence[Row], changes: Sequence[Change]) -> list[tuple[Link, datetime]]:
    """Where the event shows and when: at what it tells of, except for an undo, which happens now."""
    moments = [each.row.happened() for each in changes if each.row.happened()]
    at = min(moments) if moments and not step.undoes else act.at
    return [(link, at) for link in dict.fromkeys(link for row in touched for link in row.timelines()) if link[1]]
