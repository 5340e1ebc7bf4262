"""Exporting a list: asked for on a page of its own, short ones handed out at once, long ones as a run."""

import secrets
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from fairlead.core.errors import Invalid
from fairlead.models import Run
from fairlead.verbs.runs import export_list
from fairlead.web.forms import Form
from fairlead.web.listing import Asked, Listing
from fairlead.web.page import Request, render
from fairlead.web.pages.runs import begun, once_of, remembered

AT_ONCE = 1000  # rows that are written while the reader waits


class Export(Form):
    format = forms.ChoiceField(choices=[("csv", _("CSV")), ("xlsx", _("Excel (XLSX)"))])
    columns = forms.ChoiceField(choices=[("shown", _("As the list shows")), ("all", _("All fields, with ids"))])
    separator = forms.ChoiceField(
        choices=[
            ("auto", _("As in your language")),
            ("comma", _("Comma")),
            ("semicolon", _("Semicolon")),
            ("tab", _("Tab")),
        ]
    )
    mark = forms.BooleanField(required=False)
    once = forms.CharField(max_length=40, required=False)


def form(request: Request, listing: Listing) -> HttpResponse:
    """Which file, of how many rows; asked for twice it is one run."""
    query = request.POST.get("query", "") if request.method == "POST" else request.GET.urlencode()
    asked = Asked(listing, query, request.by, request.reader)
    asked.refuse_the_past()
    found = Export(request.POST, initial={"format": "csv", "columns": "shown", "separator": "auto", "mark": True})
    if request.method == "POST" and found.carried_out(lambda **facts: _started(request, listing, asked, facts)):
        run: Run = begun(request, found.result, now=_is_short(request, listing, asked))
        to = f"/runs/{run.public_id}/file" if run.has_file else f"/runs/{run.public_id}"
        return remembered(HttpResponseRedirect(to, status=303))
    return render(request, "runs/export.html", _facts(request, listing, asked, found), status=found.status)


def _started(request: Request, listing: Listing, asked: Asked, facts: dict[str, Any]) -> Run:
    asks: Any = {"noun": listing.model.noun(), "query": asked.query(), "as_page": True}
    once = once_of(asks, sorted(facts.items()))
    try:
        return export_list(request.by, **asks, **facts | {"once": once})
    except Invalid:  # a second click, at the same moment
        same = Run.objects.visible_to(request.by).filter(by_user_id=request.by.user_id, once=once)
        if (run := same.first()) is None:
            raise
        return run


def _facts(request: Request, listing: Listing, asked: Asked, found: Export) -> dict[str, Any]:
    number = _counted(request, asked, listing)
    return {
        "listing": listing,
        "asked": asked,
        "form": found,
        "number": number,
        "short": number <= AT_ONCE,
        "once": secrets.token_hex(16),
        "sentences": [each.sentence for each in asked.narrowed.values()],
    }


def _is_short(request: Request, listing: Listing, asked: Asked) -> bool:
    return _counted(request, asked, listing) <= AT_ONCE


def _counted(request: Request, asked: Asked, listing: Listing) -> int:
    """How many of the rows may be exported; one more than 1,000 when there are more."""
    mine = asked.records.reached_by(request.by, "export")
    return int(mine.order_by()[: AT_ONCE + 1].count())
