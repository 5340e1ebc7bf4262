"""What hangs on another record: exactly one of person, company, lead or opportunity, and access as that one has."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, Row, chunks, rows

ABOUT = ("person", "company", "lead", "opportunity")


def exactly_one(name: str, fields: tuple[str, ...] = ABOUT) -> models.CheckConstraint:
    """The check constraint that one, and only one, of these links is set."""
    ways = [Q(**{f"{other}__isnull": other != field for other in fields}) for field in fields]
    return models.CheckConstraint(condition=reduce(or_, ways), name=name)


def link(to: str, related_name: str) -> Any:
    return models.ForeignKey(to, null=True, blank=True, on_delete=models.PROTECT, related_name=related_name)


class About(Record):
    """A record about another; children inherit access from what they are about."""

    person = link("fairlead.Person", "%(class)ss")
    company = link("fairlead.Company", "%(class)ss")
    lead = link("fairlead.Lead", "%(class)ss")
    opportunity = link("fairlead.Opportunity", "%(class)ss")

    class Meta:
        abstract = True

    @property
    def about(self) -> Any:
        """The record this one is about."""
        return next(getattr(self, name) for name in ABOUT if getattr(self, f"{name}_id"))

    def about_link(self) -> Link:
        return next((name, getattr(self, f"{name}_id")) for name in ABOUT if getattr(self, f"{name}_id"))

    def timelines(self) -> list[Link]:
        return [(self.noun(), self.pk), self.about_link()]

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        level = by.level(action, cls.access_noun())
        if level == "none":
            return access.NOBODY
        if action != "see" and level == "all":
            return Q()
        condition = following(by, action if action == "see" else "edit", ABOUT)
        return cls.own(by) | condition if condition else condition  # what is cheap to see is asked first

    @classmethod
    def own(cls, by: Actor) -> Q:
        """The rows that are this user's whatever they are about."""
        return access.NOBODY


def following(by: Actor, action: str, names: tuple[str, ...]) -> Q:
    """The condition for rows that hang on one of these nouns: `by` may do `action` on what they hang on."""
    reached = {name: access.reach(by, action, rows()[name]) for name in names}
    if not any(reached.values()):
        return Q()
    return reduce(or_, (_through(name, condition) for name, condition in reached.items()))


def _through(name: str, condition: Q) -> Q:
    """Asked row by row, by the key: all that somebody of a team may see would be a long list for a page of tasks."""
    if not condition:
        return Q(**{f"{name}__isnull": False})
    model: type[Row] = rows()[name]
    return Q(Exists(model._base_manager.filter(condition, pk=OuterRef(f"{name}_id"))))


def touched(changes: Any) -> Iterator[tuple[str, list[int]]]:
    """The records that these rows are, or were, about, as (noun, ids), few enough for one statement."""
    for name in ABOUT:
        ids = {getattr(each.row, f"{name}_id") for each in changes} | {each.before.get(name) for each in changes}
        for chunk in chunks(sorted(ids - {None})):
            yield name, chunk


def place(record: Record) -> dict[str, Record]:
    """The keyword that puts a new row on this record, as {"person": record}."""
    return {record.noun(): record}
