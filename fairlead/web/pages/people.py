"""People: the list, adding one, changing a cell."""

from django.http import HttpResponse

from fairlead.web.listings import PEOPLE
from fairlead.web.page import Request, page
from fairlead.web.pages import cells, create, exports, lists


@page("person.see")
def index(request: Request) -> HttpResponse:
    return lists.show(request, PEOPLE)


@page("person.create", "GET", "POST")
def new(request: Request) -> HttpResponse:
    return create.form(request, "person")


@page("person.create")
def match(request: Request) -> HttpResponse:
    return create.match(request, "person")


@page("person.see")
def options(request: Request) -> HttpResponse:
    return create.options(request, "person")


@page("person.mass_update")
def selection(request: Request) -> HttpResponse:
    return lists.selection(request, PEOPLE)


@page("person.mass_update", "POST")
def bulk(request: Request) -> HttpResponse:
    return lists.bulk(request, PEOPLE)


@page("person.export", "GET", "POST", patient=True)
def export(request: Request) -> HttpResponse:
    return exports.form(request, PEOPLE)


@page("person.edit", "GET", "POST")
def cell(request: Request, address: str, name: str) -> HttpResponse:
    return cells.edit(request, PEOPLE, address, name)
