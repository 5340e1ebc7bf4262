"""What a list can be narrowed by. Each filter reads its value from the address and says itself as a sentence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.models import User
from fairlead.models.search import holding
from fairlead.web.formats import Reader, plain_date
from fairlead.web.keyset import NotUnderstood

MOST_CHOICES = 300
# What a value means: the same for everybody, but for who asks, where their clock stands, and what moment it is.
Condition = Callable[[Actor, Reader], Q]


class Option(NamedTuple):
    """One value that a filter offers: as it stands in the address, as people read it, and what it means."""

    value: str
    label: Any
    condition: Condition
    sentence: Any = ""


@dataclass(frozen=True, eq=False)
class Offer:
    """What a filter offers; the same object for the same options. `shown`: values with what a choice says."""

    options: tuple[Option, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Narrowed:
    """A filter in force."""

    condition: Condition
    sentence: str


@dataclass(frozen=True)
class Filter:
    """`steady`: the SQL of its condition depends on its value alone, the reader's clock and who asks."""

    name: str
    label: Any
    # Stands for no value in the address; "any" takes it away.
    preset: str = ""
    kind: str = "select"
    steady: bool = True

    def offer(self, by: Actor) -> Offer:
        return Offer()

    def read(self, value: str, offer: Offer, by: Actor, reader: Reader) -> Narrowed:
        """What this value means; one that is not offered raises NotUnderstood."""
        for option in offer.options:
            if option.value == value:
                words = {"filter": self.label, "value": option.label}
                return Narrowed(option.condition, str(option.sentence) or _("%(filter)s is %(value)s") % words)
        raise NotUnderstood(
            _("This list has no “%(value)s” under %(filter)s, or you may not see it. Choose another value.")
            % {"value": value[:60], "filter": str(self.label).lower()}
        )

    def follows_day(self, value: str) -> bool:
        """Does this value mean something else tomorrow?"""
        return False

    def offered(self, options: Iterable[Option]) -> Offer:
        found = tuple(options)
        return Offer(found, tuple((each.value, str(each.sentence) or f"{self.label}: {each.label}") for each in found))


@dataclass(frozen=True)
class OneOf(Filter):
    """A column with a few fixed values."""

    column: str = ""
    choices: tuple[tuple[str, Any], ...] = ()

    def offer(self, by: Actor) -> Offer:
        return _fixed(self)

    def options(self) -> list[Option]:
        return [Option(value, str(label), _is(self.column, value)) for value, label in self.choices]


@dataclass(frozen=True)
class Linked(Filter):
    """A link to another record; only those that the reader may see are offered."""

    column: str = ""
    model: Any = None
    none: Any = ""

    def offer(self, by: Actor) -> Offer:
        return _linked(self, tuple(_rows(self.model)(by)))

    def options(self) -> list[Option]:
        return [Option("none", self.none, _is(self.column, None))] if self.none else []


@dataclass(frozen=True)
class Owner(Filter):
    """Me, nobody, or a colleague; those who have left are offered last, because they may still own something."""

    column: str = "owner"

    def offer(self, by: Actor) -> Offer:
        return _linked(self, tuple(_colleagues(by)))

    def options(self) -> list[Option]:
        return [
            Option("me", _("me"), lambda by, reader: Q(owner_id=by.user_id)),
            Option("none", _("nobody"), _is(self.column, None)),
        ]


@dataclass(frozen=True)
class Marks(Filter):
    """Conditions with a name of their own, such as having no next step."""

    make: Callable[[], list[Option]] = list
    # The values whose meaning depends on what day it is.
    daily: frozenset[str] = frozenset()

    def read(self, value: str, offer: Offer, by: Actor, reader: Reader) -> Narrowed:
        found = super().read(value, offer, by, reader)
        if not self.follows_day(value):
            return found
        today = found.condition(by, reader)
        return Narrowed(lambda by, reader: today, found.sentence)

    def follows_day(self, value: str) -> bool:
        return value in self.daily

    def offer(self, by: Actor) -> Offer:
        return _fixed(self)

    def options(self) -> list[Option]:
        return self.make()


@dataclass(frozen=True)
class Day(Filter):
    """Before or after a day: a column of days, or of moments as the reader's clock shows them."""

    column: str = ""
    after: bool = True
    moments: bool = True
    kind: str = "date"

    def read(self, value: str, offer: Offer, by: Actor, reader: Reader) -> Narrowed:
        on, name = _day(value), f"{self.column}__{'gt' if self.after else 'lt'}"

        def condition(by: Actor, reader: Reader) -> Q:
            return Q(**{name: datetime.combine(on, time.max if self.after else time.min, reader.zone)})

        return Narrowed(condition if self.moments else _is(name, on), f"{self.label} {plain_date(on, reader)}")


@dataclass(frozen=True)
class Words(Filter):
    """Every word stands somewhere in the record's search row."""

    noun: str = ""
    kind: str = "search"
    steady: bool = False

    def read(self, value: str, offer: Offer, by: Actor, reader: Reader) -> Narrowed:
        condition = holding(by, self.noun, value)
        return Narrowed(lambda by, reader: condition, _("Contains “%(text)s”") % {"text": value[:60]})


def _is(name: str, value: Any) -> Condition:
    return lambda by, reader: Q(**{name: value})


@cache
def _fixed(filter: OneOf | Marks) -> Offer:
    return filter.offered(filter.options())


@lru_cache(maxsize=500)
def _linked(filter: Linked | Owner, rows: tuple[tuple[int, str, str], ...]) -> Offer:
    found = [Option(public_id, name, _is(filter.column, pk)) for pk, public_id, name in rows]
    return filter.offered([*filter.options(), *found])


@cache
def _rows(model: Any) -> PreparedFor:
    return PreparedFor(lambda by: model.objects.visible_to(by).values_list(*OFFERED)[:MOST_CHOICES])


OFFERED = ("pk", "public_id", "name")
_colleagues = PreparedFor(
    lambda by: User.objects.visible_to(by).order_by("-is_active", "name").values_list(*OFFERED)[:MOST_CHOICES]
)


def _day(text: str) -> date:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        on = date.min
    if not 1900 <= on.year < 3000:
        raise NotUnderstood(_("“%(value)s” is not a day. Write it like 2025-12-31.") % {"value": text[:40]})
    return on
