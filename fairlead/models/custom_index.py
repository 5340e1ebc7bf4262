"""Custom values as expressions that both databases can compare, sort and index, and the indexes of those."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection, models
from django.db.models import CharField, Func, Index, IntegerField

from fairlead.core.outbox import Outbox
from fairlead.core.record import nouns
from fairlead.models.custom import CustomField

State = Literal["none", "ready", "waiting", "failed", "missing", "rows"]
PREFIX = "custom_"
EFFECT = "follow_custom_field"


@dataclass(frozen=True)
class IndexState:
    """`none`: not asked for; `rows`: a kind that is read row by row; `missing`: nobody is building it."""

    state: State
    error: str = ""

    @property
    def is_quick(self) -> bool:
        return self.state == "ready"


class Kept(Func):
    """The kept value of one custom field. Its key stands in the SQL, since an index knows no parameters."""

    arity = 1

    def __init__(self, column: Any, *, key: str, kind: str) -> None:
        if not key.isidentifier() or not key.isascii():
            raise ValueError(key)
        self.key, self.kind = key, kind
        whole = kind in {"number", "money"}
        field: Any = models.BigIntegerField() if whole else IntegerField() if kind == "yes_no" else CharField()
        super().__init__(column, output_field=field)

    def __repr__(self) -> str:
        return f"Kept({self.key!r}, {self.kind!r})"

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return f"{self.__module__}.Kept", tuple(self.source_expressions), {"key": self.key, "kind": self.kind}

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # a key has letters, digits and _ alone
        # nosemgrep
        return self.as_sql(compiler, connection, template=f"json_extract(%(expressions)s, '$.{self.key}')", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = f"%(expressions)s ->> '{self.key}'"
        kinds = {"number": ("number", "bigint"), "money": ("number", "bigint"), "yes_no": ("boolean", "boolean::int")}
        template = f"({text})"
        if self.kind in kinds:
            known, cast = kinds[self.kind]
            template = (
                f"(CASE WHEN jsonb_typeof(%(expressions)s -> '{self.key}') = '{known}' THEN ({text})::{cast} END)"
            )
        # as above
        # nosemgrep
        return self.as_sql(compiler, connection, template=template, **context)


def kept(field: CustomField, column: str = "custom") -> Kept:
    return Kept(column, key=field.key, kind=field.kind)


def index_name(field: CustomField) -> str:
    return f"{PREFIX}{field.public_id}"


def states(fields: Iterable[CustomField]) -> dict[int, IndexState]:
    """How far the index of each field is, by id: asked of the database itself and of what is promised."""
    wanted = list(fields)
    built = _built() if any(field.filterable for field in wanted) else {}
    promised = {row.payload.get("field"): row for row in _promised(wanted)}
    return {field.pk: _state(field, built, promised.get(field.pk)) for field in wanted}


def is_quick(field: CustomField) -> bool:
    return states([field])[field.pk].is_quick


def follow(field: CustomField) -> None:
    """Make the index of this field as its definition has it; those of fields that are gone go."""
    _drop_strangers()
    wanted, name = field.filterable and field.is_live and field.kind != "choices", index_name(field)
    if _built().get(name) is (True if wanted else None):
        return
    _run(f'DROP INDEX IF EXISTS "{name}"')
    if wanted:
        _run(_create(field, name))


def _create(field: CustomField, name: str) -> str:
    model: Any = nouns()[field.of_noun]
    editor: Any = connection.schema_editor()
    apart = connection.vendor == "postgresql" and not connection.in_atomic_block
    how: Any = {"concurrently": True} if apart else {}  # others go on writing meanwhile
    return str(Index(kept(field), "id", name=name).create_sql(model, editor, **how))


def _drop_strangers() -> None:
    known = {index_name(field) for field in CustomField.objects.all()}
    for name in _built().keys() - known:
        _run(f'DROP INDEX IF EXISTS "{name}"')


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _built() -> dict[str, bool]:
    """The indexes of custom fields that there are, and whether each is whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                " WHERE c.relname LIKE %s AND pg_table_is_visible(c.oid)",
                [f"{PREFIX}%"],
            )
        else:
            cursor.execute("SELECT name, 1 FROM sqlite_master WHERE type = 'index' AND name LIKE %s", [f"{PREFIX}%"])
        return {name: bool(valid) for name, valid in cursor.fetchall()}


def _promised(fields: list[CustomField]) -> Iterable[Outbox]:
    """The last promise for each field, the newest last."""
    if not any(field.filterable for field in fields):
        return []
    ids = [field.pk for field in fields]
    return Outbox.objects.filter(effect=EFFECT, payload__field__in=ids).exclude(state="cancelled").order_by("pk")


def _state(field: CustomField, built: dict[str, bool], row: Outbox | None) -> IndexState:
    if not field.filterable:
        return IndexState("none")
    if field.kind == "choices":
        return IndexState("rows")
    if built.get(index_name(field)):
        return IndexState("ready")
    if row is None or row.state == "done":
        return IndexState("missing")
    return IndexState("failed", row.error) if row.state == "failed" else IndexState("waiting", row.error)
