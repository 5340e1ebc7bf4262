"""Opportunities: the list, adding one, changing a cell."""

from django.http import HttpResponse

from fairlead.web.listings import OPPORTUNITIES
from fairlead.web.page import Request, page
from fairlead.web.pages import cells, create, exports, lists


@page("opportunity.see")
def index(request: Request) -> HttpResponse:
    return lists.show(request, OPPORTUNITIES)


@page("opportunity.create", "GET", "POST")
def new(request: Request) -> HttpResponse:
    return create.form(request, "opportunity")


@page("opportunity.create")
def match(request: Request) -> HttpResponse:
    return create.match(request, "opportunity")


@page("opportunity.mass_update")
def selection(request: Request) -> HttpResponse:
    return lists.selection(request, OPPORTUNITIES)


@page("opportunity.mass_update", "POST")
def bulk(request: Request) -> HttpResponse:
    return lists.bulk(request, OPPORTUNITIES)


@page("opportunity.export", "GET", "POST", patient=True)
def export(request: Request) -> HttpResponse:
    return exports.form(request, OPPORTUNITIES)


@page("opportunity.edit", "GET", "POST")
def cell(request: Request, address: str, name: str) -> HttpResponse:
    return cells.edit(request, OPPORTUNITIES, address, name)
