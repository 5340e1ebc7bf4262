"""Where terms are kept and looked up: GIN indexes over a tsvector on PostgreSQL, an FTS5 table on SQLite.

On PostgreSQL each noun has an index of its own, because a list of a million rows that are people costs most of a
search for the few that match. FTS5 skips through such a list; there one table holds the rows of all nouns.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, models
from django.db.backends.ddl_references import Statement, Table

from fairlead.models.terms import AllOf, AnyOf, Term, Without

TABLE = "fairlead_searchterms"  # SQLite's
SIGNS = "@.+&''-_^<~=!"
MERGED = 200  # pages at once when the index is tidied up


class Terms(models.Field):
    """The terms of one row, on PostgreSQL; SQLite keeps them in a table of its own and leaves this empty."""

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return sorted(value) if connection.vendor == "postgresql" and value is not None else None


class TermIndex(models.Index):
    """Made with the table it serves, so that it is there however the tables came about."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **facts: Any) -> Any:
        name = schema_editor.quote_name
        if schema_editor.connection.vendor == "postgresql":
            where = self._get_condition_sql(model, schema_editor)  # type: ignore[attr-defined]
            using = f"USING gin ({self.fields[0]}) WITH (fastupdate = off) WHERE {where}"
            sql = f"CREATE INDEX {name(self.name)} ON %(table)s {using}"
        else:
            sql = (
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5(terms, content='', contentless_delete=1, "
                f"detail=none, tokenize=\"ascii tokenchars '{SIGNS}'\")"
            )
        return Statement(sql, table=Table(model._meta.db_table, name))

    def remove_sql(self, model: Any, schema_editor: Any, **facts: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return super().remove_sql(model, schema_editor, **facts)
        return Statement(f"DROP TABLE IF EXISTS {TABLE}", table=Table(model._meta.db_table, schema_editor.quote_name))


@Terms.register_lookup
class Matches(models.Lookup):
    """Rows that hold these terms."""

    lookup_name = "match"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [spoken(value)]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        asked = questions(self.rhs)
        return matching(left, len(asked)), [value for each in asked for value in (*params, each)]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        alias = compiler.quote_name_unless_alias(self.lhs.alias)
        return f"{alias}.id IN (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s)", [spoken(self.rhs)]  # noqa: S608


def questions(term: Term) -> list[str]:
    """What a row must answer to, all of it, in the words of the database.

    PostgreSQL weighs every part of one question for every row that may fit, but goes through several questions like a
    zipper: it is asked word by word.
    """
    if connection.vendor == "postgresql":
        parts = list(_one_by_one(term))
        never = [part for part in parts if isinstance(part, Without)]
        first, *others = [part for part in parts if not isinstance(part, Without)]
        return [spoken(AllOf((first, *never)) if never else first), *map(spoken, others)]
    return [spoken(term)]


def matching(column: str, number: int) -> str:
    """PostgreSQL's condition for so many questions."""
    return " AND ".join([f"{column} @@ %s::tsquery"] * number)


def _one_by_one(term: Term) -> Iterator[Term]:
    """The parts that must all be there; the fragments of one word stay together."""
    if isinstance(term, AllOf) and not all(isinstance(part, str) for part in term.parts):
        for part in term.parts:
            yield from _one_by_one(part)
    else:
        yield term


def spoken(term: Term) -> str:
    """The question in the words of the database."""
    postgres = connection.vendor == "postgresql"
    if isinstance(term, str):
        return _quoted(term, postgres)
    if isinstance(term, Without):
        return "!" + spoken(term.part)
    sign = (" & " if postgres else " AND ") if isinstance(term, AllOf) else (" | " if postgres else " OR ")
    return "(" + sign.join(spoken(part) for part in term.parts) + ")"


def live(noun: str) -> Term:
    """What rows of this noun hold that are not archived, where its own index is asked, or that of all."""
    return Without(away(noun)) if connection.vendor == "postgresql" else here(noun)


def among(noun: str, term: Term) -> dict[str, Any]:
    """What a query for rows of this noun with these terms is filtered by."""
    if connection.vendor == "postgresql":
        return {"noun": noun, "terms__match": term}
    return {"terms__match": AllOf((term, AnyOf((here(noun), away(noun)))))}


def here(noun: str) -> str:
    return f"={noun}"


def away(noun: str) -> str:
    return f"!{noun}"


def keep(pairs: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Keep the terms of these rows where the row itself does not: on SQLite."""
    if connection.vendor == "sqlite":
        keep_said((pk, " ".join(terms)) for pk, terms in pairs)


def keep_said(pairs: Iterable[tuple[int, str]]) -> None:
    """Keep terms that are in the words of SQLite already."""
    with connection.cursor() as cursor:
        # a name of ours
        # nosemgrep
        cursor.executemany(
            f"INSERT OR REPLACE INTO {TABLE}(rowid, terms) VALUES (%s, %s)",  # noqa: S608
            list(pairs),
        )


def said(terms: Iterable[str]) -> str:
    """Terms in the words in which the database takes them."""
    if connection.vendor == "sqlite":
        return " ".join(terms)
    plain = "' '".join(held := list(terms))
    if held and "\\" not in plain and plain.count("'") == 2 * len(held) - 2:
        return f"'{plain}'"
    return " ".join(_quoted(term, postgres=True) for term in held)


def drop(ids: list[int]) -> None:
    """Forget the terms of these rows."""
    if connection.vendor == "sqlite" and ids:
        with connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(ids))
            # nosemgrep
            cursor.execute(f"DELETE FROM {TABLE} WHERE rowid IN ({marks})", ids)  # noqa: S608


def tidy(seconds: float = 30) -> None:
    """On SQLite: bring the pieces that writing leaves into one, by steps for which no writer waits long.

    What is not done after so many seconds is done the next time.
    """
    if connection.vendor == "sqlite":
        end, pages = time.monotonic() + seconds, -MERGED  # below zero: all pieces, however few
        while _merged(pages) and time.monotonic() < end:
            pages = MERGED


def _merged(pages: int) -> bool:
    """Merge so many pages; was there anything to do?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT total_changes()")
        (before,) = cursor.fetchone()
        # a name of ours
        # nosemgrep
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('merge', %s)", [pages])  # noqa: S608
        cursor.execute("SELECT total_changes()")
        return bool(cursor.fetchone()[0] - before > 1)


def _quoted(term: str, postgres: bool) -> str:
    if postgres:
        plain = term.replace("\\", "\\\\").replace("'", "''")
        return f"'{plain}'"
    return '"' + term.replace('"', '""') + '"'
