"""External ids: what other systems call our records."""

from django.db import models
from django.db.models import Q

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Row
from fairlead.models.about import ABOUT, exactly_one, following, link

OF = (*ABOUT, "task")


class ExternalId(Row):
    """`value` is the record's id in `system`; each is used once per noun."""

    access_as = "person"

    system = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    person = link("Person", "external_ids")
    company = link("Company", "external_ids")
    lead = link("Lead", "external_ids")
    opportunity = link("Opportunity", "external_ids")
    task = link("Task", "external_ids")

    class Meta:
        constraints = [
            exactly_one("externalid_of_one", OF),
            *(
                models.UniqueConstraint(
                    fields=["system", "value"],
                    condition=models.Q(**{f"{name}__isnull": False}),
                    name=f"one_{name}_per_id",
                )
                for name in OF
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.value}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, OF)

    def root(self) -> Row:
        record: Row = next(getattr(self, name) for name in OF if getattr(self, f"{name}_id"))
        return record

    def timelines(self) -> list[Link]:
        return [(name, pk) for name in OF if (pk := getattr(self, f"{name}_id"))]
