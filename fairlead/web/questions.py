"""The lists of pages as questions that a job asks again: the same address, read the same way."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.errors import BadRequest
from fairlead.programs.fields import fields
from fairlead.programs.questions import Asker, Question, Shown, in_order
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS

# What the lists' own columns show, by the names of the registry.
SHOWS: dict[str, tuple[str, ...]] = {
    "contact": ("last_contact_at",),
    "next": ("next_step_at",),
    "created": ("created_at",),
    "type": ("lead_type",),
    "close": ("close_on",),
    "value": ("amount",),
    "customer": ("company", "person"),
}


def question(asker: Asker, noun: str, query: str) -> Question:
    if noun not in LISTINGS:
        raise BadRequest(_("There is no list of these."))
    zone = asker.zone if isinstance(asker.zone, ZoneInfo) else ZoneInfo("UTC")
    asked = Asked(LISTINGS[noun], query, asker.by, Reader(zone, asker.locale, clock.now()))
    order = in_order(asked.order.column, down=asked.order.descending, nullable=asked.order.nullable)
    words = "; ".join(each.sentence for each in asked.narrowed.values())
    return Question(asked.listing.model, asked.records, order, list(_shown(asked)), words)


def _shown(asked: Asked) -> Iterator[Shown]:
    known = fields(asked.listing.model, asked.by)
    for column in asked.listing.columns:
        names = SHOWS.get(column.name, (column.name,))
        if found := tuple(known[name] for name in names if name in known):
            yield Shown(str(column.label), found)
