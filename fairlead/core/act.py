"""One act: one transaction, its steps, and the three ways in which records change inside it."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotFound, WriteOutsideVerb, WrongState
from fairlead.core.event import Event, EventLink
from fairlead.core.record import Link, Record, Row, dump, writing

Op = Literal["create", "change", "remove"]
R = TypeVar("R", bound=Row)


@dataclass
class Change:
    """What happened to one row: its values before (change, remove) and after (create, change)."""

    row: Row
    op: Op
    before: dict[str, Any]
    after: dict[str, Any]
    compact: bool = False


@dataclass
class Step:
    """One verb call inside an act."""

    verb: str
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
    held: dict[Link, Row] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        return self.steps[self.stack[-1]]

    @property
    def changed(self) -> bool:
        """Did anything take effect? A repeated call changes nothing."""
        return any(step.took_effect for step in self.steps)

    def hold(self, records: Iterable[Row]) -> None:
        """Lock these rows in (noun, id) order and read them again in place, unless this act holds them already."""
        wanted: dict[type[Row], dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in records:
            if self.held.get((row.noun(), row.pk)) is not row:
                wanted[type(row)][row.pk].append(row)
        for model in sorted(wanted, key=lambda model: model.noun()):
            ids = sorted(wanted[model])
            for start in range(0, len(ids), 500):
                self._read_again(model, {pk: wanted[model][pk] for pk in ids[start : start + 500]})

    def _read_again(self, model: type[Row], rows: dict[int, list[Row]]) -> None:
        locked = model._base_manager.select_for_update().filter(pk__in=rows).order_by("pk").in_bulk()
        for pk, copies in rows.items():
            if pk not in locked:
                raise NotFound(_("This record is gone. It may have been undone or erased."))
            for row in copies:
                for column in model._meta.concrete_fields:
                    setattr(row, column.attname, getattr(locked[pk], column.attname))
                row._state.fields_cache.clear()
                self.held[(model.noun(), pk)] = row


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
    act = current()
    many = {name: values.pop(name) for name in list(values) if _is_many(model, name)}
    row = model(**values)
    _clean(row)
    with writing():
        row.save(force_insert=True)
        for name, others in many.items():
            getattr(row, name).set(others)
    act.held[(row.noun(), row.pk)] = row
    act.step.changes.append(Change(row, "create", {}, dump(row)))
    return row


def change(row: Row, **values: Any) -> bool:
    """Set these values; True when any of them differed. A move that the noun does not allow raises WrongState."""
    return _change(row, values, _allow)


def restore(row: Row, values: dict[str, Any]) -> bool:
    """As `change`, for undo: going back is always an allowed move."""
    return _change(row, values, lambda *_move: None)


def _change(row: Row, values: dict[str, Any], allow: Callable[[Row, str, Any, Any], None]) -> bool:
    current().hold([row])
    before = dump(row, list(values))
    many = {name: values.pop(name) for name in list(values) if _is_many(type(row), name)}
    for name, value in values.items():
        setattr(row, name, value)
    _clean(row, only=values)
    with writing():
        for name, others in many.items():
            getattr(row, name).set(others)
    after = dump(row, [*values, *many])
    changed = [name for name in before if before[name] != after[name]]
    for name in changed:
        allow(row, name, before[name], after[name])
    if not changed:
        return False
    _bump(row)
    with writing():
        row.save(update_fields=[name for name in changed if name not in many] + _versioned(row))
    kept = {name: after[name] for name in changed} | _version(row)
    current().step.changes.append(Change(row, "change", {name: before[name] for name in changed}, kept))
    return True


def remove(row: Row) -> None:
    """Take a row away for good; its values stay in the event, so that undo brings it back with the same id."""
    act = current()
    act.hold([row])
    kept, row_id = dump(row), row.pk
    with writing():
        row.delete()
    row.pk = row_id
    act.held.pop((row.noun(), row_id), None)
    act.step.changes.append(Change(row, "remove", kept, {}))


def create_many(model: type[R], values: Sequence[dict[str, Any]], *, batch: int = 1000) -> list[R]:
    """Add many rows by bulk statements; each keeps a compact event of its own. Values are the caller's to check."""
    rows = [model(**each) for each in values]
    with writing():
        model._base_manager.bulk_create(rows, batch_size=batch)
    current().step.changes.extend(Change(row, "create", {}, {}, compact=True) for row in rows)
    return rows


def change_many(rows: Sequence[R], *, batch: int = 500, **values: Any) -> list[R]:
    """Set the same values on many rows of one noun by bulk statements; returns those that differed."""
    current().hold(rows)
    changed: list[R] = []
    for row in rows:
        before = dump(row, list(values))
        for name, value in values.items():
            setattr(row, name, value)
        after = dump(row, list(values))
        differing = [name for name in before if before[name] != after[name]]
        if not differing:
            continue
        for name in differing:
            _allow(row, name, before[name], after[name])
        _bump(row)
        kept = {n: after[n] for n in differing} | _version(row)
        current().step.changes.append(Change(row, "change", {n: before[n] for n in differing}, kept, compact=True))
        changed.append(row)
    if changed:
        with writing():
            type(changed[0])._base_manager.bulk_update(changed, [*values, *_versioned(changed[0])], batch_size=batch)
    return changed


def link_many(rows: Sequence[R], name: str, others: Sequence[Row], *, batch: int = 500) -> list[R]:
    """Add these to a many-to-many field of many rows of one noun by bulk statements; returns those that lacked any."""
    current().hold(rows)
    if not rows:
        return []
    field: Any = type(rows[0])._meta.get_field(name)
    through, near, far = (
        field.remote_field.through,
        f"{field.m2m_field_name()}_id",
        f"{field.m2m_reverse_field_name()}_id",
    )
    wanted, held = {other.pk for other in others}, defaultdict(set)
    ids = [row.pk for row in rows]
    for start in range(0, len(ids), batch):
        linked = through._base_manager.filter(**{f"{near}__in": ids[start : start + batch]})
        for pk, other in linked.values_list(near, far):
            held[pk].add(other)
    changed = [row for row in rows if wanted - held[row.pk]]
    for row in changed:
        _bump(row)
        kept = {name: sorted(held[row.pk] | wanted)} | _version(row)
        current().step.changes.append(Change(row, "change", {name: sorted(held[row.pk])}, kept, compact=True))
    with writing():
        links = [through(**{near: row.pk, far: pk}) for row in changed for pk in sorted(wanted - held[row.pk])]
        through._base_manager.bulk_create(links, batch_size=batch)
        if changed and _versioned(changed[0]):
            type(changed[0])._base_manager.bulk_update(changed, _versioned(changed[0]), batch_size=batch)
    return changed


def _is_many(model: type[Row], name: str) -> bool:
    return any(many.name == name for many in model._meta.many_to_many)


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


def _bump(row: Row) -> None:
    if isinstance(row, Record):
        row.version += 1


def _version(row: Row) -> dict[str, Any]:
    return {"version": row.version} if isinstance(row, Record) else {}


def _versioned(row: Row) -> list[str]:
    return ["version"] if isinstance(row, Record) else []


# --- the end of an act -------------------------------------------------------------------------------------------


def finish(act: Act) -> None:
    """Derive what follows from the changes and write the act's events, in one statement each."""
    _derive(act)
    pairs: list[tuple[Event, list[tuple[Link, datetime]]]] = []
    for number, step in enumerate(act.steps):
        own = [change for change in step.changes if not change.compact]
        bulk = [change for change in step.changes if change.compact]
        if own or step.always or (not bulk and _tells(act, step)):
            pairs.append((_event(act, step, number, own), _links(act, step, own)))
        pairs += [(_event(act, step, number, [each]), _links(act, None, [each])) for each in bulk]
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


def _tells(act: Act, step: Step) -> bool:
    """A step without changes of its own is kept only as the cause of later ones that have some."""
    number = act.steps.index(step)
    return any(later.cause == number and (later.changes or _tells(act, later)) for later in act.steps)


def _derive(act: Act) -> None:
    by_model: dict[type[Row], list[Change]] = defaultdict(list)
    for step in act.steps:
        for each in step.changes:
            by_model[type(each.row)].append(each)
    with writing():
        for model, changes in by_model.items():
            model.derive(changes)


def _event(act: Act, step: Step, number: int, changes: list[Change]) -> Event:
    return Event(
        act=act.id,
        step=number,
        cause=step.cause,
        verb=step.verb,
        at=act.at,
        by_kind=act.by.kind,
        by_user_id=act.by.user_id,
        by_token=act.by.token_id,
        by_label=act.by.label[:200],
        by_cause=act.by.cause,
        door=act.by.door,
        labels=step.labels,
        refs=step.refs,
        changes=[[each.row.noun(), each.row.pk, each.op, each.before, each.after] for each in changes],
        undoes=step.undoes,
    )


def _links(act: Act, step: Step | None, changes: list[Change]) -> list[tuple[Link, datetime]]:
    """Where the event shows and when: at what it tells of, except for an undo, which happens now."""
    touched = [*(step.about if step else []), *(each.row for each in changes)]
    moments = [each.row.happened() for each in changes if each.row.happened()]
    at = min(moments) if moments and not (step and step.undoes) else act.at
    return [(link, at) for link in dict.fromkeys(link for row in touched for link in row.timelines()) if link[1]]


def related(row: models.Model) -> list[tuple[type[models.Model], str]]:
    """The (model, field) pairs that point at this row's table, for undo to see what was built upon it."""
    return [(r.related_model, r.field.name) for r in row._meta.related_objects if not r.many_to_many]
