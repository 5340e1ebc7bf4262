"""The inbox of leads: what is to be answered first stands first, with the lead that is looked at beside it."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from fairlead.core import access
from fairlead.core.cutoff import in_time
from fairlead.core.errors import TooSlow
from fairlead.matching.rank import Match, Ranking
from fairlead.models import Lead, Reason
from fairlead.web.addresses import url_of
from fairlead.web.answer import partial
from fairlead.web.listing import Asked
from fairlead.web.listings import INBOX
from fairlead.web.opened import open_list
from fairlead.web.page import Request, page, record_or_404, render
from fairlead.web.pages import lists, records
from fairlead.web.soon import later

ALIKE = 3  # people and companies that a lead may be
COUNTED = 99  # new arrivals


def show(request: Request) -> HttpResponse:
    """The list on the left, the first lead of it, or the one in `peek`, on the right."""
    asked, opened = open_list(INBOX, request.GET, request.by, request.reader)
    try:
        with in_time():
            found, total = asked.page(), asked.count()
    except TooSlow as slow:
        context = lists.head(request, asked, opened) | {"slow": slow.text}
        return render(request, "lists/slow.html", context, status=slow.status)
    peeked = _peeked(request, found.rows)
    context = lists.head(request, asked, opened) | {
        "page": found,
        "total": total,
        "list": lists.Around("lead", found.rows, asked),
        "since": request.reader.now.isoformat(),
        "peeked": peeked,
        "snooze": later(request.reader),
        **(_beside(request, asked, peeked) if peeked else {}),
    }
    return render(request, "leads/inbox.html", context)


@page("lead.see")
def preview(request: Request, address: str) -> HttpResponse:
    """One lead as it stands beside the list that `of` asks for."""
    lead: Any = record_or_404(request, "lead", address)
    asked = Asked(INBOX, request.GET.get("of", "as=inbox"), request.by, request.reader)
    if not partial(request):
        return HttpResponseRedirect(asked.url(peek=lead.public_id))
    return render(request, "leads/_preview.html", _beside(request, asked, lead.public_id))


@page("lead.see")
def arrived(request: Request) -> HttpResponse:
    """How many leads have come into this list since it was shown; nothing under the cursor moves."""
    given = request.GET.copy()
    since = _moment(given.pop("since", [""])[-1])
    asked = Asked(INBOX, given, request.by, request.reader)
    new = asked.records.filter(created_at__gt=since).order_by()[: COUNTED + 1].count() if since else 0
    context = {"new": min(new, COUNTED), "since": since.isoformat() if since else "", "asked": asked}
    return render(request, "leads/_arrived.html", context)


def _peeked(request: Request, rows: list[Any]) -> str:
    """The id of the lead to show beside: the one in the address, if it can be seen, else the first."""
    wanted = request.GET.get("peek", "")[:40].partition("-")[0]
    if wanted and "\x00" not in wanted and Lead.objects.visible_to(request.by).filter(public_id=wanted).exists():
        return wanted
    return str(rows[0].public_id) if rows else ""


def _beside(request: Request, asked: Asked, public_id: str) -> dict[str, Any]:
    """All of a record's page, with whom it may be and where the work goes on when it leaves the list."""
    lead = records.load(request, "lead", public_id)
    return records.shown_on(request, lead) | {
        "asked": asked,
        "here": asked.url(peek=lead.public_id),
        "onward": _onward(asked, lead),
        "alike": _alike(request, lead) if lead.is_open else [],
        "reasons": Reason.objects.offered("disqualified"),
        "may_qualify": access.can(request.by, "edit", lead) and lead.is_open,
    }


def _onward(asked: Asked, lead: Any) -> str:
    before, after = asked.neighbours(lead)
    heir = after or before
    return asked.url(peek=heir.public_id if heir else None)


def _alike(request: Request, lead: Lead) -> list[dict[str, str]]:
    """The people and companies that it probably is, with the reasons; not those it is linked to."""
    ranking = Ranking(request.by, lead)
    linked = {("person", lead.person_id), ("company", lead.company_id)}
    found = [each for each in [*ranking.people, *ranking.companies] if each.sure]
    return [_told(each) for each in found if (each.record.noun(), each.record.pk) not in linked][:ALIKE]


def _told(match: Match) -> dict[str, str]:
    return {"name": match.record.name, "url": url_of(match.record), "why": ", ".join(match.reasons)}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
