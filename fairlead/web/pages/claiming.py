"""The queues that their reader may claim from: what waits, the most urgent first; one key takes the current one."""

from typing import Any, cast

from django.db.models import F
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.models import Lead
from fairlead.models.queue import queues_of
from fairlead.verbs.ownership import claim_lead
from fairlead.web.addresses import url_of
from fairlead.web.answer import declined
from fairlead.web.page import Request, done, page, record_or_404, render

SHOWN = 50
HOME = "/queues"


@page("lead.create")
def index(request: Request) -> HttpResponse:
    """Each of the reader's queues with the leads that wait in it."""
    queues = list(queues_of(request.by.user_id))
    waiting = _waiting(request.by).select_related("source").order_by(F("respond_by").asc(nulls_last=True), "created_at")
    groups = []
    for queue in queues:
        rows = list(waiting.filter(queue=queue)[: SHOWN + 1])
        groups.append({"queue": queue, "rows": rows[:SHOWN], "more": len(rows) > SHOWN})
    context = {"groups": groups, "url_of": url_of, "some": any(each["rows"] for each in groups)}
    return render(request, "leads/queues.html", context)


@page("lead.create", "POST")
def claim(request: Request, public_id: str) -> HttpResponse:
    """Take one; who was second is told who has it."""
    lead = cast(Lead, record_or_404(request, "lead", public_id))
    try:
        claim_lead(request.by, lead)
    except Refused as refusal:
        return declined(request, HOME, refusal)
    return done(request, HOME, _("%(lead)s is yours.") % {"lead": lead})


def waiting_for(by: Actor) -> Any:
    """The leads that this reader may claim from queues."""
    return _waiting(by).filter(queue__in=queues_of(by.user_id).values("pk"))


def _waiting(by: Actor) -> Any:
    found: Any = Lead.objects.visible_to(by)
    return found.filter(state="open", archived_at=None, owner=None, queue__isnull=False)
