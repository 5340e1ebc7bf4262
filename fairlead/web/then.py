"""Lists of people, companies, leads and opportunities as they were, for their pages."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.record import Record
from fairlead.programs.then import as_they_were, field_has_history, has_history, link_as_of
from fairlead.web import keyset
from fairlead.web.filters import Narrowed
from fairlead.web.keyset import NotUnderstood
from fairlead.web.listing import COUNTED, SIZE, Asked, Page


def page_then(asked: Asked) -> tuple[Page, int]:
    """A page of the list as it was at the moment it asks for, and how many there were."""
    _refuse_what_has_no_history(asked)
    counted = 0

    def unchanged(condition: Q) -> list[int]:
        nonlocal counted
        rows = asked.records.filter(condition)
        counted = rows.order_by()[: COUNTED + 1].count()
        return [row.pk for row in keyset.stretch(rows, asked.order, SIZE + 1, *asked.place)]

    with as_they_were(asked.listing.model, asked.by, _moment(asked), unchanged) as near:
        shown = asked.page()
        counted += asked.count(COUNTED + len(near)) - len(near)
    links = [known.column for column in asked.columns for known in column.known if known.kind == "link"]
    link_as_of(shown.rows, links, asked.by, _moment(asked))
    return shown, min(counted, COUNTED + 1)


def neighbours_then(asked: Asked, record: Record) -> tuple[Any, Any]:
    """The records before and after this one, which is as it was, in the list as it was."""
    _refuse_what_has_no_history(asked)

    def unchanged(condition: Q) -> list[int]:
        rows, place = asked.records.filter(condition), asked.place_of(record)
        both = [keyset.stretch(rows, asked.order, 1, place, backwards) for backwards in (False, True)]
        return [row.pk for found in both for row in found]

    with as_they_were(asked.listing.model, asked.by, _moment(asked), unchanged):
        return asked.neighbours(record)


def _moment(asked: Asked) -> Any:
    if asked.at is None:
        raise ValueError("This list is read now.")
    return asked.at


def _refuse_what_has_no_history(asked: Asked) -> None:
    model = asked.listing.model
    lacking = [each.sentence for name, each in asked.narrowed.items() if not _has_history(asked, name, each)]
    if lacking or asked.order.column in model.derived:
        words = {"what": lacking[0] if lacking else _("Sorting by %(name)s") % {"name": asked.sort.lstrip("-")}}
        raise NotUnderstood(
            _("“%(what)s” cannot be asked of the past: it has no history. Take it away, or go back to now.") % words
        )


def _has_history(asked: Asked, name: str, narrowed: Narrowed) -> bool:
    if name in asked.wide:
        return field_has_history(asked.listing.model, asked.wide[name].known)
    return has_history(asked.listing.model, narrowed.condition(asked.by, asked.reader))
