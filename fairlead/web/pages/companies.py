"""Companies: the list, adding one, changing a cell."""

from django.http import HttpResponse

from fairlead.web.listings import COMPANIES
from fairlead.web.page import Request, page
from fairlead.web.pages import cells, create, exports, lists


@page("company.see")
def index(request: Request) -> HttpResponse:
    return lists.show(request, COMPANIES)


@page("company.create", "GET", "POST")
def new(request: Request) -> HttpResponse:
    return create.form(request, "company")


@page("company.create")
def match(request: Request) -> HttpResponse:
    return create.match(request, "company")


@page("company.see")
def options(request: Request) -> HttpResponse:
    return create.options(request, "company")


@page("company.mass_update")
def selection(request: Request) -> HttpResponse:
    return lists.selection(request, COMPANIES)


@page("company.mass_update", "POST")
def bulk(request: Request) -> HttpResponse:
    return lists.bulk(request, COMPANIES)


@page("company.export", "GET", "POST", patient=True)
def export(request: Request) -> HttpResponse:
    return exports.form(request, COMPANIES)


@page("company.edit", "GET", "POST")
def cell(request: Request, address: str, name: str) -> HttpResponse:
    return cells.edit(request, COMPANIES, address, name)
