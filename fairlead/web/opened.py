"""Opening a saved view: read anew with the rights of whoever opens it; what they may not read is left out and said."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.core.schema import find
from fairlead.models import View
from fairlead.programs.fields import every, fields
from fairlead.programs.filters import every_filter
from fairlead.web import address, columns
from fairlead.web.addresses import url_of_view
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood
from fairlead.web.listing import Asked, Listing

Lists = dict[str, list[str]]


@dataclass(frozen=True)
class Opened:
    """A saved view as its reader has it before them."""

    view: View
    mine: bool
    changed: bool = False
    left_out: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return url_of_view(self.view)

    @property
    def outline(self) -> Hashable:
        """All that the pieces of a list show of it."""
        return self.view.public_id, self.mine, self.changed, tuple(self.left_out)


def open_list(listing: Listing, given: Mapping[str, Any], by: Actor, reader: Reader) -> tuple[Asked, Opened | None]:
    """The question in an address; with ?view= alone, that of the saved view."""
    lists = address.pairs(given)
    if "view" not in lists:
        return Asked(listing, given, by, reader), None
    view = cast(View, find("view", lists["view"][-1], by))
    if view.list_of != listing.model.noun():
        raise NotUnderstood(_("This view belongs to another list."))
    saved, left_out = _readable(listing, view, by, reader)
    as_saved = set(lists) <= address.PLACES | {"view", "as_of"}
    if "as_of" in lists:  # what is asked of the past is nobody's view
        lists = {name: values for name, values in lists.items() if name != "view"}
        return Asked(listing, lists | saved if as_saved else lists, by, reader), None
    asked = Asked(listing, lists | saved if as_saved else lists, by, reader)
    changed = not as_saved and _content(asked, lists) != _content(asked, saved)
    return asked, Opened(view, access.can(by, "edit", view), changed, left_out)


def kept_of(asked: Asked) -> dict[str, Any]:
    """What a view keeps of this question."""
    return {
        "filters": {name: values for name, values in asked.lists.items() if name not in address.APART},
        "columns": [name for name in asked.given.get("columns", "").split(",") if name],
        "sort": asked.given.get("sort", ""),
        "group": asked.given.get("group", ""),
    }


def _readable(listing: Listing, view: View, by: Actor, reader: Reader) -> tuple[Lists, list[str]]:
    """What this reader may read of a view, as an address has it, and what was left out, in words."""
    filters = {name: [str(each) for each in values] for name, values in view.filters.items()}
    left_out: list[str] = []
    if not _opens(listing, filters, by, reader):
        for name, values in list(filters.items()):
            if not _opens(listing, {name: values}, by, reader):
                del filters[name]
                left_out.append(_why(listing, name, by))
    for name, value in (("sort", view.sort), ("group", view.group)):
        if value and _opens(listing, {name: [value]}, by, reader):
            filters[name] = [value]
        elif value:
            left_out.append(_why(listing, value.removeprefix("-"), by, of=name))
    offered = columns.names_offered(listing.model, listing.brought, by)
    if chosen := [name for name in view.columns if name in offered]:
        filters["columns"] = [",".join(chosen)]
    return filters, left_out


def _opens(listing: Listing, lists: Lists, by: Actor, reader: Reader) -> bool:
    try:
        return Asked(listing, lists, by, reader).is_answered
    except Refused:
        return False


def _why(listing: Listing, name: str, by: Actor, of: str = "filter") -> str:
    """Which part was left out, and why; never what its values are."""
    known, readable = every(listing.model), fields(listing.model, by)
    by_filter = every_filter(listing.model).get(name)
    each = by_filter.known if by_filter else known.get(name)
    own = listing.known.get(name)
    label = each.title if each else str(own.label) if own else name[:60]
    words = {"filter": _("filter"), "sort": _("order"), "group": _("grouping")}[of]
    if each is None and own is None:
        return _("The %(part)s by %(label)s: this field is not here any more.") % {"part": words, "label": label}
    if each and each.name not in readable and each.name != "id":
        return _("The %(part)s by %(label)s: your role does not show it.") % {"part": words, "label": label}
    text = _("The %(part)s by %(label)s: it names something that is gone, or that you may not see.")
    return text % {"part": words, "label": label}


def _content(asked: Asked, lists: Lists) -> tuple[Any, ...]:
    """What of a question a view keeps, comparable."""
    listing, last = asked.listing, {name: values[-1] for name, values in lists.items()}
    filters = {name: sorted(values) for name, values in lists.items() if name not in address.APART}
    presets = {name: [value] for name, value in listing.presets.items()}
    own = ",".join(each.name for each in columns.usual(listing.model, listing.brought, asked.by))
    return presets | filters, last.get("columns", own), last.get("sort", listing.sort), last.get("group", "")
