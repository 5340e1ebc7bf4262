"""The lists of pages as questions that a run asks again: the same address, read the same way."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.errors import BadRequest
from fairlead.programs.filters import sorts
from fairlead.programs.questions import Asker, Question, Shown, in_order
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS


def question(asker: Asker, noun: str, query: str) -> Question:
    if noun not in LISTINGS:
        raise BadRequest(_("There is no list of these."))
    zone = asker.zone if isinstance(asker.zone, ZoneInfo) else ZoneInfo("UTC")
    asked = Asked(LISTINGS[noun], query, asker.by, Reader(zone, asker.locale, clock.now()))
    asked.refuse_the_past()
    order = in_order(asked.order.column, down=asked.order.descending, nullable=asked.order.nullable)
    known = sorts(asked.listing.model, asker.by).get(asked.sort.removeprefix("-"))
    records = known.ordered(asked.records) if known else asked.records
    words = "; ".join(each.sentence for each in asked.narrowed.values())
    return Question(asked.listing.model, records, order, list(_shown(asked)), words)


def _shown(asked: Asked) -> Iterator[Shown]:
    for column in asked.columns:
        yield Shown(str(column.label), column.known, column.counted(asked.by) if column.counted else None)
