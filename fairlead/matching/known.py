"""What is there already: records by external id, mail address, phone number or name, for many rows at once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection

from fairlead.core.actor import Actor
from fairlead.core.record import chunks
from fairlead.models import Company, ExternalId, Lead, Opportunity, Person, Task

MODELS = {"people": Person, "leads": Lead, "companies": Company, "opportunities": Opportunity, "tasks": Task}
Key = tuple[str, str]
ROWS = "row"  # the system of ids that are made from what a row says


class Known:
    """The records of one noun that an actor may see; others are as if they were not there."""

    def __init__(self, by: Actor, noun: str, system: str) -> None:
        self.by, self.model, self.system = by, MODELS[noun], system
        self.noun = self.model.noun()

    def same(self, keys: Mapping[int, Sequence[Key]]) -> dict[int, int]:
        """By row, the record that it is: the first key that finds one. A record with another id in the same system
        is another one, however alike they are."""
        found = self.of(keys.values())
        first = {row: next((key for key in each if key in found), None) for row, each in keys.items()}
        sure = ("record", "id")
        alike = {row for row, key in first.items() if key and key[0] not in sure and keys[row][0][0] == "id"}
        others = self._with_ids({found[key] for row in alike if (key := first[row])})
        return {row: found[key] for row, key in first.items() if key and not (row in alike and found[key] in others)}

    def of(self, keys: Iterable[Sequence[Key]]) -> dict[Key, int]:
        wanted: dict[str, set[str]] = defaultdict(set)
        for several in keys:
            for kind, value in several:
                wanted[kind].add(value)
        found = {(kind, value): pk for kind, values in wanted.items() for value, pk in self._look_up(kind, values)}
        seen = self._seen(set(found.values()))
        return {key: pk for key, pk in found.items() if pk in seen}

    def _look_up(self, kind: str, values: set[str]) -> Iterable[tuple[str, int]]:
        """The oldest record of each value, whoever may see it."""
        if kind in ("id", "row"):
            column = f"{self.noun}_id"
            where = f"e.system = %s AND e.{column} IS NOT NULL"
            return _rows(f"e.value, e.{column}", "fairlead_externalid", "value", where, [self._named(kind)], values)
        if kind == "record":
            table = self.model._meta.db_table
            return _rows("e.public_id, e.id", table, "public_id", "e.archived_at IS NULL", [], values)
        if kind in ("mail", "phone"):
            where = "e.kind = %s AND e.noun = %s"
            return _rows("e.value, e.record_id", "fairlead_exactkey", "value", where, [kind, self.noun], values)
        if kind == "name" and self.noun == "company":
            return _rows("e.name, e.id", "fairlead_company", "name", "e.archived_at IS NULL", [], values)
        if kind == "name" and self.noun == "opportunity":
            return _sales(values)
        return []

    def _named(self, kind: str) -> str:
        return self.system if kind == "id" else ROWS

    def _with_ids(self, pks: set[int]) -> set[int]:
        column, found = f"{self.noun}_id", set[int]()
        for chunk in chunks(sorted(pks)):
            rows = ExternalId.objects.filter(system=self.system, **{f"{column}__in": chunk})
            found |= set(rows.values_list(column, flat=True))
        return found

    def _seen(self, ids: set[int]) -> set[int]:
        found: set[int] = set()
        for chunk in chunks(sorted(ids)):
            found |= set(
                self.model.objects.visible_to(self.by).live().filter(pk__in=chunk).values_list("pk", flat=True)
            )
        return found


def _sales(values: set[str]) -> Iterator[tuple[str, int]]:
    """Opportunities by their title and customer, a line each; the oldest comes last."""
    titles = {each.partition("\n")[0] for each in values}
    for chunk in chunks(sorted(titles)):
        named = Opportunity._base_manager.filter(title__in=chunk, archived_at=None).order_by("-pk")
        for title, company, person, pk in named.values_list("title", "company__name", "person__name", "pk"):
            for customer in {company, person} - {None} or {""}:
                if f"{title}\n{customer}" in values:
                    yield f"{title}\n{customer}", pk


def _rows(
    columns: str, table: str, by: str, where: str, values: list[str], wanted: Iterable[str]
) -> list[tuple[str, int]]:
    """In one statement for all that is wanted; of several records with one value the oldest comes last."""
    postgres, asked = connection.vendor == "postgresql", sorted(wanted)
    among = "unnest(%s::text[]) AS w(value)" if postgres else "json_each(%s) AS w"
    # put together from pieces of this module; everything typed is a parameter
    sql = f"SELECT {columns} FROM {among} CROSS JOIN {table} e WHERE e.{by} = w.value AND {where} ORDER BY 2 DESC"  # noqa: S608
    with connection.cursor() as cursor:
        # nosemgrep
        cursor.execute(sql, [asked if postgres else json.dumps(asked), *values])
        return list(cursor.fetchall())
