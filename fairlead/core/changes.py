"""The ways in which records change inside a verb: create, change and remove, one or many at once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F, ProtectedError
from django.utils.translation import gettext as _

from fairlead.core import bulk
from fairlead.core.act import copy_values, current, key_of
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.objections import by_field
from fairlead.core.record import (
    Record,
    Row,
    chunks,
    dump_many,
    is_keyed,
    kept,
    keyed_values,
    link_table,
    linked,
    pack,
    put,
    writing,
)

R = TypeVar("R", bound=Row)


def create(model: type[R], **values: Any) -> R:
    """Add a row with these values (many-to-many as lists of records); checked, kept in the event, undoable."""
    many = {name: _ids(values.pop(name)) for name in list(values) if _is_many(model, name)}
    row = model(**{name: value for name, value in values.items() if not is_keyed(name)})
    for name in filter(is_keyed, values):
        put(row, name, values[name])
    _clean(row)
    return insert([row], [many])[0]


def create_many(
    model: type[R], values: Sequence[dict[str, Any]], links: Mapping[str, Sequence[Iterable[int]]] | None = None
) -> list[R]:
    """Add many rows by bulk statements; each keeps a compact event of its own, with its id alone.

    Values are the caller's to check. `links` by many-to-many field: what each row is linked to, by ids.
    """
    if not values:
        return []
    with writing(), _unique(model):
        same = {"created_at": current().at} if issubclass(model, Record) else {}
        made = bulk.add(model, values, same)
        for name, each in (links or {}).items():
            _link(model, name, {row.pk: set(ids) for row, ids in zip(made, each, strict=True) if ids})
    current().note_new(made)
    return made


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
        act.held[key_of(row)] = [row]
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
        for copy in act.held[key_of(row)]:
            copy_values(row, copy)
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
        act.held.pop(key_of(row), None)


def _write(model: type[Row], changed: Sequence[tuple[Row, dict[str, Any], dict[str, Any]]]) -> None:
    """One statement for all rows that get the same values; links by one statement for each kind of change."""
    alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
    many = {each.name for each in model._meta.many_to_many}
    for row, _old, new in changed:
        values = {_column(row, name).attname: new[name] for name in new if name not in many}
        own = {name: getattr(row, name) for name in values}
        alike.setdefault(repr(values | {row.keyed: own.get(row.keyed)}), (own, []))[1].append(row.pk)
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
    bulk.add(through, [{near: pk, far: other} for pk, others in added.items() for other in sorted(others)])


def _set(row: Row, values: Mapping[str, Any], *, checked: bool) -> dict[str, Any]:
    """Set these values in memory; what they are now, as events keep them."""
    many = {name: _ids(value) for name, value in values.items() if _is_many(type(row), name)}
    plain = {name: value for name, value in values.items() if name not in many}
    for name, value in plain.items():
        put(row, name, value)
    names = {_name(row, given) for given in plain}
    if checked:
        _clean(row, only=names)
    now = {f.name: pack(f, getattr(row, f.attname)) for f in kept(type(row)) if f.name in names}
    return now | keyed_values(row, names) | many


@contextmanager
def _as_before(rows: Sequence[Row], names: Iterable[str]) -> Iterator[None]:
    """What fails leaves the rows in memory as they were."""
    wanted = {_column(rows[0], name).name for name in names}
    columns = [f.attname for f in rows[0]._meta.concrete_fields if f.name in wanted]
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
    if is_keyed(given):
        return given
    found = row._meta.get_field(given)
    if found.name == row.keyed:
        raise TypeError(f"{given} of {row.noun()} is set value by value.")
    if found.name in row.derived:
        raise TypeError(f"{given} of {row.noun()} is derived and cannot be set.")
    return found.name


def _is_many(model: type[Row], name: str) -> bool:
    return any(many.name == name for many in model._meta.many_to_many)


def _ids(values: Iterable[Any]) -> list[int]:
    return sorted({getattr(value, "pk", value) for value in values})


def _column(row: Row, name: str) -> Any:
    return row._meta.get_field(row.keyed if is_keyed(name) else name)


def _columns(row: Row) -> dict[str, Any]:
    return {f.name: pack(f, getattr(row, f.attname)) for f in kept(type(row))} | keyed_values(row)


def _clean(row: Row, only: Iterable[str] | None = None) -> None:
    """Check values by the fields' own rules; foreign keys are left to the database.

    Where a text is needed, and as a name, one that nobody sees is none; elsewhere it stays as it came.
    """
    skip = {f.name for f in row._meta.concrete_fields if f.is_relation or f.name in row.derived}
    if only is not None:
        skip |= {f.name for f in row._meta.concrete_fields if f.name not in only}
    for f in row._meta.concrete_fields:
        if f.name not in skip and (not f.blank or f.name == "name") and _is_unseen(getattr(row, f.attname)):
            setattr(row, f.attname, "")
    try:
        row.clean_fields(exclude=skip)
    except ValidationError as error:
        raise Invalid(by_field(error)) from None


def _is_unseen(value: Any) -> bool:
    """Is it a text of nothing but spaces, line ends and signs that nobody sees?"""
    return (
        isinstance(value, str) and value != "" and not any(sign.isprintable() and not sign.isspace() for sign in value)
    )


def _allow(row: Row, name: str, before: Any, after: Any) -> None:
    pairs = row.transitions.get(name)
    if pairs is not None and (before, after) not in pairs:
        text = _("%(record)s is %(before)s and cannot become %(after)s.")
        raise WrongState(text % {"record": row, "before": before, "after": after}, before=before, after=after)
