"""Both sides of an edit conflict, field by field, in words."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from django.utils.translation import gettext as _

from fairlead.core.errors import Conflict
from fairlead.web import formats
from fairlead.web.formats import Reader
from fairlead.web.wording import of_argument


@dataclass(frozen=True)
class Side:
    """A field that two people changed: what the reader wants it to be, and what the other made of it."""

    name: str
    label: str
    yours: str
    theirs: str


def sides(conflict: Conflict, kinds: dict[str, Any], reader: Reader) -> list[Side]:
    """`kinds` says of which kind each field is: a type, or Literal for a choice."""
    return [
        Side(name, of_argument(name), *(_in_words(both[who], kinds.get(name, str), reader) for who in both))
        for name, both in conflict.fields.items()
    ]


def _in_words(value: Any, kind: Any, reader: Reader) -> str:
    if value in (None, ""):
        return _("nothing")
    if kind is datetime:
        return formats.moment(datetime.fromisoformat(value), reader)
    if kind is date:
        return formats.day(date.fromisoformat(value), reader)
    if kind is time:
        return formats.clock(time.fromisoformat(value), reader)
    return of_argument(value) if kind is Literal else str(value)
