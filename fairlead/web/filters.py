"""What a list can be narrowed by. Each filter reads its value from the address and says itself as a sentence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.models import User
from fairlead.models.search import holding
from fairlead.web.formats import Reader, plain_date
from fairlead.web.keyset import NotUnderstood

MOST_CHOICES = 300


@dataclass(frozen=True)
class Option:
    """One value that a filter offers: as it stands in the address, as people read it, and what it means."""

    value: str
    label: Any
    condition: Q
    sentence: Any = ""


@dataclass(frozen=True)
class Narrowed:
    """A filter in force."""

    condition: Q
    sentence: str


@dataclass(frozen=True)
class Filter:
    name: str
    label: Any
    # Stands for no value in the address; "any" takes it away.
    preset: str = ""
    kind: str = "select"

    def options(self, by: Actor, reader: Reader) -> list[Option]:
        return []

    def read(self, value: str, options: Sequence[Option], by: Actor, reader: Reader) -> Narrowed:
        """What this value means; one that is not offered raises NotUnderstood."""
        for option in options:
            if option.value == value:
                words = {"filter": self.label, "value": option.label}
                return Narrowed(option.condition, str(option.sentence) or _("%(filter)s is %(value)s") % words)
        raise NotUnderstood(
            _("This list has no “%(value)s” under %(filter)s, or you may not see it. Choose another value.")
            % {"value": value[:60], "filter": str(self.label).lower()}
        )


@dataclass(frozen=True)
class OneOf(Filter):
    """A column with a few fixed values."""

    column: str = ""
    choices: tuple[tuple[str, Any], ...] = ()

    def options(self, by: Actor, reader: Reader) -> list[Option]:
        return [Option(value, str(label), Q(**{self.column: value})) for value, label in self.choices]


@dataclass(frozen=True)
class Linked(Filter):
    """A link to another record; only those that the reader may see are offered."""

    column: str = ""
    model: Any = None
    none: Any = ""

    def options(self, by: Actor, reader: Reader) -> list[Option]:
        found = [Option("none", self.none, Q(**{self.column: None}))] if self.none else []
        return found + [
            Option(each.public_id, each.name, Q(**{self.column: each.pk})) for each in _offered(self.model)(by)
        ]


@dataclass(frozen=True)
class Owner(Filter):
    """Me, nobody, or a colleague; those who have left are offered last, because they may still own something."""

    def options(self, by: Actor, reader: Reader) -> list[Option]:
        found = [Option("me", _("me"), Q(owner_id=by.user_id)), Option("none", _("nobody"), Q(owner=None))]
        return found + [Option(each.public_id, each.name, Q(owner_id=each.pk)) for each in _colleagues(by)]


@dataclass(frozen=True)
class Marks(Filter):
    """Conditions with a name of their own, such as having no next step."""

    make: Callable[[Reader], list[Option]] = field(default=lambda reader: [])

    def options(self, by: Actor, reader: Reader) -> list[Option]:
        return self.make(reader)


@dataclass(frozen=True)
class Day(Filter):
    """Before or after a day: a column of days, or of moments as the reader's clock shows them."""

    column: str = ""
    after: bool = True
    moments: bool = True
    kind: str = "date"

    def read(self, value: str, options: Sequence[Option], by: Actor, reader: Reader) -> Narrowed:
        on = _day(value)
        bound = datetime.combine(on, time.max if self.after else time.min, reader.zone) if self.moments else on
        condition = Q(**{f"{self.column}__{'gt' if self.after else 'lt'}": bound})
        return Narrowed(condition, f"{self.label} {plain_date(on, reader)}")


@dataclass(frozen=True)
class Words(Filter):
    """Every word stands somewhere in the record's search row."""

    noun: str = ""
    kind: str = "search"

    def read(self, value: str, options: Sequence[Option], by: Actor, reader: Reader) -> Narrowed:
        return Narrowed(holding(by, self.noun, value), _("Contains “%(text)s”") % {"text": value[:60]})


@cache
def _offered(model: Any) -> PreparedFor:
    return PreparedFor(lambda by: model.objects.visible_to(by)[:MOST_CHOICES], ["public_id", "name"])


_colleagues = PreparedFor(
    lambda by: User.objects.visible_to(by).order_by("-is_active", "name")[:MOST_CHOICES], ["public_id", "name"]
)


def _day(text: str) -> date:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        on = date.min
    if not 1900 <= on.year < 3000:
        raise NotUnderstood(_("“%(value)s” is not a day. Write it like 2025-12-31.") % {"value": text[:40]})
    return on
