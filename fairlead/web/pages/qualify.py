"""What becomes of a lead: qualified on one page, un-qualified, disqualified with what follows, opened again."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.errors import Invalid, NotAllowed, NotFound, Refused, WrongState
from fairlead.core.schema import find, perform
from fairlead.models import Lead, Reason, User
from fairlead.verbs.disqualify import disqualify_lead, recycle_lead
from fairlead.verbs.qualify import unqualify_lead
from fairlead.web import typed
from fairlead.web.addresses import url_of
from fairlead.web.answer import back_to, declined
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.qualifying import Qualifying

AFTER = (
    ("", gettext_lazy("Nothing")),
    ("recontact", gettext_lazy("Get back to them on a day")),
    ("stop", gettext_lazy("Do not contact them again")),
)


class Disqualifying(Form):
    reason = forms.ModelChoiceField(
        Reason.objects.offered("disqualified"), to_field_name="public_id", empty_label="Choose a reason"
    )
    note = forms.CharField(required=False, max_length=2000)
    after = forms.ChoiceField(required=False, choices=AFTER)
    recontact_on = forms.CharField(required=False, max_length=40)


@page("lead.edit", "GET", "POST")
def qualify(request: Request, address: str) -> HttpResponse:
    """GET: what is proposed. POST: do it, look for another record, or say what needs a second look."""
    lead = _lead(request, address)
    if not lead.is_open:
        return HttpResponseRedirect(url_of(lead)) if request.method == "GET" else _decided(request, lead)
    shown = Qualifying(lead, request.by, request.reader, request.POST.dict())
    if request.method != "POST" or "find" in request.POST:
        return _show(request, shown)
    raw = shown.raw()
    if shown.errors:
        return _show(request, shown, status=422)
    return _qualify(request, shown, raw)


@page("lead.edit", "POST")
def unqualify(request: Request, address: str) -> HttpResponse:
    """Open it again; what stays although it was made of it is told."""
    lead = _lead(request, address)
    try:
        result = unqualify_lead(request.by, lead)
    except Refused as refusal:
        return declined(request, url_of(lead), refusal)
    words = _("%(lead)s is open again.") % {"lead": lead}
    return done(request, url_of(lead), " ".join([words, *result.kept]))


@page("lead.edit", "GET", "POST")
def disqualify(request: Request, address: str) -> HttpResponse:
    lead = _lead(request, address)
    if not lead.is_open and request.method == "GET":
        return HttpResponseRedirect(url_of(lead))
    reason = request.GET.get("reason", "")
    given = {"reason": reason, **request.POST.dict()} if request.method == "POST" else None
    form = Disqualifying(given, initial={"reason": reason})
    if given and form.carried_out(lambda **facts: _disqualify(request, lead, **facts)):
        return done(request, back_to(request, url_of(lead)), _("%(lead)s disqualified.") % {"lead": lead})
    context = {"lead": lead, "form": form, "home": url_of(lead), "back": back_to(request, "")}
    return render(request, "leads/disqualify.html", context, status=form.status)


@page("lead.edit", "GET", "POST")
def recycle(request: Request, address: str) -> HttpResponse:
    """Open a disqualified lead again, for its owner or somebody else."""
    lead = _lead(request, address)
    owners = User.objects.active().order_by("name")
    if request.method != "POST":
        may_assign = access.can(request.by, "assign", lead)
        context = {"lead": lead, "home": url_of(lead), "owners": owners if may_assign else []}
        return render(request, "leads/recycle.html", context)
    owner = owners.filter(public_id=request.POST.get("owner", "")[:12]).first()
    try:
        recycle_lead(request.by, lead, owner=owner)
    except Refused as refusal:
        return declined(request, url_of(lead), refusal)
    return done(request, url_of(lead), _("%(lead)s is open again.") % {"lead": lead})


def _lead(request: Request, address: str) -> Lead:
    lead: Any = record_or_404(request, "lead", address)
    if not access.can(request.by, "edit", lead):
        raise NotAllowed(_("You can see %(lead)s but not change it. Ask its owner.") % {"lead": lead})
    found: Lead = lead
    return found


def _show(request: Request, shown: Qualifying, *, wrong: str = "", status: int = 200) -> HttpResponse:
    context = {
        "lead": shown.lead,
        "home": url_of(shown.lead),
        "shown": shown,
        "wrong": wrong,
        "reason": request.POST.get("reason", ""),
        "hidden": access.hidden(request.by, Lead),
        "back": back_to(request, ""),
    }
    return render(request, "leads/qualify.html", context, status=status)


def _qualify(request: Request, shown: Qualifying, raw: dict[str, Any]) -> HttpResponse:
    try:
        perform("qualify_lead", request.by, raw)
    except Invalid as refusal:
        shown.object_to(refusal.errors)
        return _show(request, shown, status=422)
    except NotFound as refusal:
        return _show(request, shown, wrong=refusal.text, status=409)
    except (NotAllowed, WrongState) as refusal:
        lead = _lead(request, shown.lead.public_id)
        if not lead.is_open:
            return declined(request, url_of(lead), refusal)
        return _show(request, shown, wrong=refusal.text, status=refusal.status)
    lead = _lead(request, shown.lead.public_id)
    opened = _("%(lead)s qualified: %(opportunity)s.") if lead.opportunity else _("%(lead)s qualified.")
    words = opened % {"lead": lead, "opportunity": lead.opportunity}
    return done(request, back_to(request, _onward(request, lead)), words)


def _onward(request: Request, lead: Any) -> str:
    """Where the work goes on: the opportunity, if it became one."""
    try:
        return url_of(find("opportunity", lead.opportunity.public_id, request.by)) if lead.opportunity else url_of(lead)
    except NotFound:
        return url_of(lead)


def _decided(request: Request, lead: Lead) -> HttpResponse:
    """Somebody was quicker: the verb says who; the same person sending it twice is shown what it became."""
    shown = Qualifying(lead, request.by, request.reader, request.POST.dict())
    return _qualify(request, shown, shown.raw())


def _disqualify(request: Request, lead: Lead, *, reason: Reason, note: str, after: str, recontact_on: str) -> Lead:
    facts: dict[str, Any] = {"do_not_contact": after == "stop"}
    if after == "recontact":
        try:
            facts["recontact_on"] = typed.day(recontact_on, request.reader)
        except typed.Unread as unread:
            raise Invalid({"recontact_on": [str(unread)]}) from None
    return disqualify_lead(request.by, lead, reason=reason, note=note, **facts)
