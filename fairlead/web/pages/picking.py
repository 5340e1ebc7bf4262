"""Choosing what a list shows: a filter over any field, and the columns in their order. Every step is an address."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import NotAllowed
from fairlead.programs.filters import sorts
from fairlead.web import columns, picking
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS
from fairlead.web.page import Request, page, render


@page("member")
def filter(request: Request, noun: str) -> HttpResponse:
    """The steps to a filter; the last one leads on to the list that has it."""
    asked = _asked(request, noun)
    pick, edited = picking.picked(asked, request.GET), request.GET.get("edit", "") or request.GET.get("instead", "")
    if "add" in request.GET and pick.known and (url := picking.added(asked, pick, edited)):
        return HttpResponseRedirect(url)
    context: dict[str, Any] = {"asked": asked, "listing": asked.listing, "pick": pick, "edited": edited}
    context |= {"fields": picking.offered_fields(asked), "at": f"/lists{asked.listing.url}/filter"}
    if pick.known:
        context |= {"ways": picking.ways(asked, pick.known), "choices": picking.choices(asked, pick.known)}
    partial = request.headers.get("HX-Request-Type") == "partial"
    template = "lists/_filter.html" if partial else "lists/filter.html"
    return render(request, template, context, status=400 if pick.error else 200)


@page("member")
def chosen(request: Request, noun: str) -> HttpResponse:
    """The columns of a list in their order, each with what can be done with it; and its order by any field."""
    asked = _asked(request, noun)
    asked.refuse_the_past()
    listing, by = asked.listing, request.by
    names = [each.name for each in asked.columns]
    add = request.GET.get("add", "")
    if add:
        names = [each.name for each in columns.chosen(listing.model, listing.brought, by, [*names, add])]
        return HttpResponseRedirect(_at(asked, names))
    rest = [each for each in columns.offered(listing.model, listing.brought, by).values() if each.name not in names]
    context = {
        "asked": asked,
        "listing": listing,
        "rows": [_row(asked, names, place) for place in range(len(names))],
        "labels": {each.name: each.label for each in asked.columns},
        "rest": [each for each in rest if each.name.rpartition(".")[2] not in picking.TECHNICAL],
        "sorts": sorts(listing.model, by),
        "usual": _at(asked, []),
        "at": f"/lists{listing.url}/columns",
    }
    return render(request, "lists/columns.html", context)


def _asked(request: Request, noun: str) -> Asked:
    listing = LISTINGS[noun]
    if not access.can_any(request.by, "see", noun):
        raise NotAllowed(_("Your role does not allow this page. Ask an administrator."))
    return Asked(listing, request.GET.get("query", ""), request.by, request.reader)


def _row(asked: Asked, names: list[str], place: int) -> dict[str, str]:
    """A column with the addresses that move it up and down, and take it away; the first one stays."""
    rest = names[:place] + names[place + 1 :]
    up = [*rest[: place - 1], names[place], *rest[place - 1 :]]
    down = [*rest[: place + 1], names[place], *rest[place + 1 :]]
    return {
        "name": names[place],
        "up": _at(asked, up) if place > 1 else "",
        "down": _at(asked, down) if 0 < place < len(names) - 1 else "",
        "away": _at(asked, rest) if place else "",
    }


def _at(asked: Asked, names: list[str]) -> str:
    query = asked.query(sort=asked.sort, columns=",".join(names))
    return f"/lists{asked.listing.url}/columns?{urlencode({'query': query})}"
