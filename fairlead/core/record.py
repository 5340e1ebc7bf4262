"""The base of every noun: guarded rows with public ids, whose values can be kept exactly and put back."""

import copy
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor, Level
from fairlead.core.errors import WriteOutsideVerb

if TYPE_CHECKING:
    from fairlead.core.act import Change

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
EVENTS = "fairlead_event"
# Every letter for as many bytes as any other; the few bytes beyond are drawn again.
_LETTERS = (ALPHABET * (256 // len(ALPHABET) + 1))[:256].encode()
_BEYOND = bytes(range(256 - 256 % len(ALPHABET), 256))
KEYED = "x."
Link = tuple[str, int]
M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


def new_public_id() -> str:
    """Ten random characters without vowels (48 bits), for URLs and the API."""
    letters = b""
    while len(letters) < 10:
        letters += secrets.token_bytes(16).translate(_LETTERS, _BEYOND)
    return letters[:10].decode()


class RowQuerySet(models.QuerySet[M]):
    """`_reader`: who reads, when their role hides some values; the rows then come without these."""

    _reader: Actor | None = None

    def visible_to(self, by: Actor) -> "RowQuerySet[M]":
        """The rows this actor may see; the only way from an id to a record behind a door."""
        found = self.filter(access.reach(by, "see", self.model))  # type: ignore[arg-type]
        found._reader = by if access.conceals(by) else None
        return found

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        for row in super().iterator(chunk_size):
            yield conceal(row, self._reader) if self._reader else row

    def _clone(self) -> "RowQuerySet[M]":
        copied: RowQuerySet[M] = super()._clone()  # type: ignore[misc]
        copied._reader = self._reader
        return copied

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._reader is not None:
            for row in self._result_cache or ():
                conceal(row, self._reader)

    def reached_by(self, by: Actor, action: str) -> "RowQuerySet[M]":
        """The rows on which this actor may do `action`."""
        return self.filter(access.reach(by, action, self.model))  # type: ignore[arg-type]

    def live(self) -> "RowQuerySet[M]":
        return self.filter(archived_at=None)


class Row(models.Model):
    """A guarded row: it changes only by create, change and remove inside a verb, so every change is an event."""

    # Allowed moves of a state field, as {"state": {("open", "won"), …}}; anything else raises.
    transitions: ClassVar[dict[str, set[tuple[str, str]]]] = {}
    # Columns derived from other rows: kept by `derive`, never in an event.
    derived: ClassVar[frozenset[str]] = frozenset()
    # The noun whose rights govern this one, when it is not its own.
    access_as: ClassVar[str] = ""
    # Undo of an act leaves such a row, which the act made, when others use it meanwhile (a tag).
    outlives_undo: ClassVar[bool] = False
    # Rows that are people's own business: what `governed` says is enough, no role's right is needed besides.
    personal: ClassVar[bool] = False
    # Fields, and parts by their names, that roles show and hide apart from the record: {"amount": "money"}.
    field_classes: ClassVar[Mapping[str, str]] = {}
    # What many of them are called in addresses, when it is not noun + s.
    many: ClassVar[str] = ""
    # A JSON column whose values are fields of their own to everybody: named x.KEY in changes, events and clashes.
    keyed: ClassVar[str] = ""

    objects = RowQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def noun(cls) -> str:
        return cls._meta.model_name or cls.__name__.lower()

    @classmethod
    def plural(cls) -> str:
        """The word for many in addresses: people, companies, leads."""
        return cls.many or f"{cls.noun()}s"

    @classmethod
    def access_noun(cls) -> str:
        """The noun whose rights govern this one (a part of a person is governed as a person)."""
        return cls.access_as or cls.noun()

    @classmethod
    def within(cls, by: Actor, level: Level) -> Q:
        """The condition for rows at a level of own or team. Rows without an owner belong to everybody who has any."""
        return Q()

    @classmethod
    def ways(cls, by: Actor) -> Mapping[str, Q]:
        """The ways by which a row is this actor's own (owner, helper) or the team's (team), each with its condition."""
        return {}

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """The whole condition, for rows whose access follows from others; None: from roles and `within`."""
        return None

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """Which of these values, `label` too, outsiders may have written; assistants get them marked as untrusted."""
        return frozenset()

    @classmethod
    def classes(cls) -> Mapping[str, str]:
        """`field_classes`, with those of keyed values."""
        return cls.field_classes

    @classmethod
    def keyed_shown(cls, held: Sequence[Mapping[str, Any]], by: Actor) -> list[dict[str, Any]]:
        """The keyed values of many rows by their keys, as programs see them; without those kept from this actor."""
        return [dict(each) for each in held]

    @classmethod
    def word_for(cls, name: str) -> str:
        """What people call the field of this name."""
        return str(getattr(cls._meta.get_field(name), "verbose_name", name))

    def root(self) -> "Row":
        """The record this row is a part of; itself when it is none's part."""
        return self

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        """Bring what is derived from these rows up to date; called once per act, before it commits."""

    @classmethod
    def renew(cls, ids: "Collection[int]") -> None:
        """Rebuild what these rows are looked up by; called once per act, for all that `act.outdated` was told."""

    def timelines(self) -> list[Link]:
        """The records on whose timelines a change of this row shows."""
        return [(self.noun(), self.pk)]

    def happened(self) -> Any:
        """When what this row tells of took place, if that is not when it was written."""
        return None


class Record(Row):
    """A noun of the process: addressed by its public id, edited under a version, archived rather than deleted."""

    # Texts of which few differ, so that lists are grouped by them.
    few_values: ClassVar[frozenset[str]] = frozenset()

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def label(self) -> str:
        """What people call this record; kept in events, so that history reads well after it is gone."""
        return str(self)

    def api_extra(self, by: Actor) -> dict[str, Any]:
        """What programs see besides the columns, such as a person's mails."""
        return {}


def conceal(row: T, by: Actor) -> T:
    """The row in memory without the values that this actor's role hides, and the same for what was read with it."""
    if isinstance(row, Row):
        for name in access.hidden(by, type(row)):
            _forget(row, name)
        for other in row._state.fields_cache.values():
            conceal(other, by)
    return row


def _forget(row: Row, name: str) -> None:
    if is_keyed(name):
        if row.keyed not in row.get_deferred_fields():
            put(row, name, None)
    elif name in (parts := {each.get_accessor_name(): each for each in row._meta.related_objects}):
        nobody = parts[name].related_model._base_manager.none()
        row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = nobody
    elif name in {field.name for field in row._meta.concrete_fields} and name not in row.get_deferred_fields():
        field = row._meta.get_field(name)
        setattr(row, field.attname, None if field.null else field.get_default())  # type: ignore[union-attr]


@cache
def nouns() -> dict[str, type[Record]]:
    """Every noun by its name."""
    return {m.noun(): m for m in apps.get_models() if issubclass(m, Record)}


@cache
def rows() -> dict[str, type[Row]]:
    """Every guarded kind of row by its name, nouns and their parts."""
    return {m.noun(): m for m in apps.get_models() if issubclass(m, Row)}


# --- values, exactly ---------------------------------------------------------------------------------------------


def dump(row: Row, names: Collection[str] | None = None) -> dict[str, Any]:
    """The row's values (all, or those named) as JSON can carry them without loss; many-to-many as sorted ids."""
    return dump_many([row], names)[0]


def dump_many(rows: Sequence[Row], names: Collection[str] | None = None) -> list[dict[str, Any]]:
    """As `dump`, for many rows of one kind."""
    model = type(rows[0])
    columns = [field for field in kept(model) if names is None or field.name in names]
    values = [{field.name: pack(field, getattr(row, field.attname)) for field in columns} for row in rows]
    if model.keyed:
        for row, each in zip(rows, values, strict=True):
            each |= keyed_values(row, names)
    for field in model._meta.many_to_many:
        if names is None or field.name in names:
            found = linked(model, field.name, [row.pk for row in rows])
            for row, each in zip(rows, values, strict=True):
                each[field.name] = found[row.pk]
    return values


@cache
def kept(model: type[Row]) -> list[models.Field]:
    """The columns whose values events keep whole."""
    apart = {*model.derived, model.keyed}
    return [f for f in model._meta.concrete_fields if not f.primary_key and f.name not in apart]


def is_keyed(name: str) -> bool:
    """Is this the name of a value within a keyed column?"""
    return name.startswith(KEYED)


def key_in(name: str) -> str:
    """The key of such a name: size of x.size."""
    return name.removeprefix(KEYED)


def put(row: Row, name: str, value: Any) -> None:
    """Set one value in memory by the name that events use; None takes a keyed value away."""
    if not is_keyed(name):
        setattr(row, name, value)
        return
    others = {key: each for key, each in getattr(row, row.keyed).items() if key != key_in(name)}
    setattr(row, row.keyed, others if value is None else others | {key_in(name): copy.deepcopy(value)})


def keyed_values(row: Row, names: Collection[str] | None = None) -> dict[str, Any]:
    """The values of the keyed column (all that there are, or those named) as events keep them."""
    held = getattr(row, row.keyed) if row.keyed else {}
    wanted = [KEYED + key for key in held] if names is None else [name for name in names if is_keyed(name)]
    return {name: copy.deepcopy(held.get(key_in(name))) for name in wanted}


def linked(model: type[Row], name: str, ids: Sequence[int]) -> dict[int, list[int]]:
    """What a many-to-many field links each of these rows to, as sorted ids."""
    through, near, far = link_table(model, name)
    found: dict[int, list[int]] = {pk: [] for pk in ids}
    for chunk in chunks(ids):
        rows = through._base_manager.filter(**{f"{near}__in": chunk}).order_by(far)
        for pk, other in rows.values_list(near, far):
            found[pk].append(other)
    return found


def link_table(model: type[models.Model], name: str) -> tuple[type[models.Model], str, str]:
    """The table behind a many-to-many field, its column that points back, and the one that points on."""
    field: Any = model._meta.get_field(name)
    return field.remote_field.through, f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"


def chunks(values: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Pieces small enough for one statement."""
    rest = list(values)
    return (rest[start : start + size] for start in range(0, len(rest), size))


def pack(field: models.Field, value: Any) -> Any:
    """One value for JSON: moments in UTC (to the microsecond), dates, decimals and ids as text or number."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, dict)):
        return copy.deepcopy(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, (bool, int)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def unpack(field: models.Field, value: Any) -> Any:
    """The value `pack` was given."""
    plain: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    return plain.to_python(value)


# --- the guard ---------------------------------------------------------------------------------------------------

_writing: ContextVar[str] = ContextVar("writing", default="")
_statement = re.compile(
    r"\b(INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)"
    r'\s+(?:ONLY\s+)?(?:"?public"?\.)?"?(\w+)"?',
    re.I,
)


@contextmanager
def writing() -> Iterator[None]:
    """Open the guard: for the kernel and for migrations. Events can be added, never changed."""
    with _open("rows"):
        yield


@contextmanager
def erasing() -> Iterator[None]:
    """Open the guard for events too: for erasure, and for a test's cleaning up."""
    with _open("everything"):
        yield


@contextmanager
def _open(how: str) -> Iterator[None]:
    token = _writing.set(how)
    try:
        yield
    finally:
        _writing.reset(token)


def guard(execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Refuse a write to a guarded table from outside the kernel; installed on every connection."""
    how = _writing.get()
    if how != "everything" and not sql.startswith("SELECT"):
        for deed, table in _statement.findall(sql):
            adds = deed[:6].upper() == "INSERT"
            if table == EVENTS and not (how and adds):
                raise WriteOutsideVerb(f"{deed} {table}: events are added in a verb and never changed.")
            if not how and table in _guarded_tables():
                raise WriteOutsideVerb(f"{deed} {table}: records change only by create, change and remove in a verb.")
    return execute(sql, params, many, context)


@cache
def _guarded_tables() -> frozenset[str]:
    tables = {EVENTS}
    for model in rows().values():
        tables.add(model._meta.db_table)
        tables.update(link_table(model, many.name)[0]._meta.db_table for many in model._meta.many_to_many)
    return frozenset(tables)
