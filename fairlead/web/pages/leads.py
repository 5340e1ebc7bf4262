"""Leads: the list, the inbox, adding one, changing a cell."""

from django.http import HttpResponse

from fairlead.models import Routing
from fairlead.programs.rule_words import trace
from fairlead.web.addresses import url_of
from fairlead.web.answer import partial
from fairlead.web.listings import LEADS
from fairlead.web.page import Request, page, record_or_404, render
from fairlead.web.pages import cells, create, exports, lead_inbox, lists


@page("lead.see")
def index(request: Request) -> HttpResponse:
    return lead_inbox.show(request) if request.GET.get("as") == "inbox" else lists.show(request, LEADS)


@page("lead.create", "GET", "POST")
def new(request: Request) -> HttpResponse:
    return create.form(request, "lead")


@page("lead.create")
def match(request: Request) -> HttpResponse:
    return create.match(request, "lead")


@page("lead.mass_update")
def selection(request: Request) -> HttpResponse:
    return lists.selection(request, LEADS)


@page("lead.mass_update", "POST")
def bulk(request: Request) -> HttpResponse:
    return lists.bulk(request, LEADS)


@page("lead.export", "GET", "POST", patient=True)
def export(request: Request) -> HttpResponse:
    return exports.form(request, LEADS)


@page("lead.edit", "GET", "POST")
def cell(request: Request, address: str, name: str) -> HttpResponse:
    return cells.edit(request, LEADS, address, name)


@page("lead.see")
def why(request: Request, address: str) -> HttpResponse:
    """How a lead came to its owner or queue, rule by rule."""
    lead = record_or_404(request, "lead", address)
    found = Routing.objects.select_related("rules", "owner", "queue").filter(lead_id=lead.pk).order_by("-pk").first()
    context = {"record": lead, "home": url_of(lead), "steps": trace(found, found.rules) if found else []}
    template = "leads/_why.html" if partial(request) else "leads/why.html"
    return render(request, template, context)
