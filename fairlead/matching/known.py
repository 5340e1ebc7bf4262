"""What is there already: records by external id, mail address, phone number or name, for many rows at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from fairlead.core.actor import Actor
from fairlead.core.record import chunks
from fairlead.models import Company, ExternalId, Lead, Opportunity, Person, Task
from fairlead.models.index import ExactKey

MODELS = {"people": Person, "leads": Lead, "companies": Company, "opportunities": Opportunity, "tasks": Task}
Key = tuple[str, str]
ROWS = "row"  # the system of ids that are made from what a row says


class Known:
    """The records of one noun that an actor may see; others are as if they were not there."""

    def __init__(self, by: Actor, noun: str, system: str) -> None:
        self.by, self.model, self.system = by, MODELS[noun], system
        self.noun = self.model.noun()

    def same(self, keys: Mapping[int, list[Key]]) -> dict[int, int]:
        """By row, the record that it is: the first key that finds one. A record with another id in the same system
        is another one, however alike they are."""
        found = self.of(keys.values())
        first = {row: next((key for key in each if key in found), None) for row, each in keys.items()}
        alike = {row for row, key in first.items() if key and key[0] != "id" and keys[row][0][0] == "id"}
        others = self._with_ids({found[key] for row in alike if (key := first[row])})
        return {row: found[key] for row, key in first.items() if key and not (row in alike and found[key] in others)}

    def of(self, keys: Iterable[list[Key]]) -> dict[Key, int]:
        wanted: dict[str, set[str]] = defaultdict(set)
        for several in keys:
            for kind, value in several:
                wanted[kind].add(value)
        found: dict[Key, int] = {}
        for kind, values in wanted.items():
            for chunk in chunks(sorted(values)):
                found |= {(kind, value): pk for value, pk in self._look_up(kind, chunk)}
        seen = self._seen(set(found.values()))
        return {key: pk for key, pk in found.items() if pk in seen}

    def _look_up(self, kind: str, values: list[str]) -> list[tuple[str, int]]:
        if kind in ("id", "row") and self.noun != "task":
            column, system = f"{self.noun}_id", self.system if kind == "id" else ROWS
            rows = ExternalId.objects.filter(system=system, value__in=values, **{f"{column}__isnull": False})
            return list(rows.values_list("value", column))
        if kind in ("mail", "phone"):
            keys = ExactKey.objects.filter(kind=kind, value__in=values, noun=self.noun).order_by("-record_id")
            return list(keys.values_list("value", "record_id"))
        if kind == "name" and self.noun == "company":
            return list(Company.objects.live().filter(name__in=values).order_by("-pk").values_list("name", "pk"))
        return []

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
