"""Endpoints: addresses at which inquiries arrive, what becomes of them, and what their fields mean."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.models import Campaign, Endpoint, Lead, Source, Submission, User
from fairlead.models.endpoint import TARGETS
from fairlead.reading.inquiry import seen
from fairlead.verbs.endpoints import (
    NewAddress,
    close_endpoint,
    create_campaign,
    create_endpoint,
    edit_endpoint,
    open_endpoint,
    renew_address,
    set_signing_key,
)
from fairlead.verbs.submissions import MOST_AT_ONCE, process_submissions
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

LATEST = 10
WAITING = ("unusable", "failed")
LOOKED_AT = 20  # of the latest arrivals, for the names of their fields
BECOMES: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "company_name": gettext_lazy("Company"),
    "title": gettext_lazy("Job title"),
    "website": gettext_lazy("Website"),
    "street": gettext_lazy("Street"),
    "city": gettext_lazy("City"),
    "region": gettext_lazy("Region"),
    "postal_code": gettext_lazy("Postal code"),
    "country": gettext_lazy("Country"),
    "interest": gettext_lazy("Interest"),
    "message": gettext_lazy("Message"),
    "source": gettext_lazy("Source"),
    "campaign": gettext_lazy("Campaign"),
    "origin": gettext_lazy("Where it came from"),
    "extra": gettext_lazy("Kept beside the lead"),
    "trap": gettext_lazy("Trap for robots"),
}
# What each sender wants to be told, besides the address.
HINTS: dict[str, Any] = {
    "plain": gettext_lazy("Post a form or JSON to this address."),
    "salesforce": gettext_lazy("In the HTML of the form, put this address in place of the action address."),
    "typeform": gettext_lazy("Typeform: Connect, Webhooks. Its secret is the signing key."),
    "hubspot": gettext_lazy("HubSpot: a workflow that sends a webhook. The app’s client secret is the signing key."),
    "google": gettext_lazy("Google Ads: the lead form’s webhook. The key that you write there is the signing key."),
    "cf7": gettext_lazy("Contact Form 7: any plug-in that posts a form to an address."),
    "jotform": gettext_lazy("Jotform: Settings, Integrations, Webhooks."),
    "wufoo": gettext_lazy("Wufoo: Notifications, WebHook with field structures. Its handshake key is the signing key."),
    "formstack": gettext_lazy("Formstack: Settings, Emails and Actions, WebHook. Its HMAC key is the signing key."),
    "meta": gettext_lazy(
        "Meta: Webhooks, Page, leadgen. Verify token: the last part of the address. Signing key: the app secret."
    ),
    "calls": gettext_lazy(
        "The telephone system posts what becomes of calls here. Twilio’s auth token, or Placetel’s secret, is the "
        "signing key."
    ),
}


class Facts(Form):
    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=[each for each in Endpoint.Kind.choices if each[0] != Endpoint.Kind.FORM])
    lead_type = forms.ChoiceField(choices=Lead.Type.choices)
    source = forms.ChoiceField(required=False, choices=lambda: records(Source, _("What the form says")))
    campaign = forms.CharField(required=False, max_length=120)
    interest = forms.CharField(required=False, max_length=200)
    owner = forms.ChoiceField(required=False, choices=lambda: records(User, _("Nobody"), is_active=True))
    return_hosts = forms.CharField(required=False, max_length=5000, widget=forms.Textarea)

    def facts(self, request: Request) -> dict[str, Any]:
        """What was read, as the verbs take it; a campaign that is not there yet is made."""
        read = dict(self.cleaned_data)
        read["source"] = Source.objects.filter(public_id=read["source"]).first()
        read["owner"] = User.objects.filter(public_id=read["owner"]).first()
        said = read["campaign"].strip()
        read["campaign"] = create_campaign(request.by, name=said) if said else None
        read["return_hosts"] = read["return_hosts"].lower().split()
        return read


class New(Facts):
    signing_key = forms.CharField(required=False, max_length=500, widget=forms.PasswordInput)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """The endpoints; a new one's address is in the answer to the form and nowhere else."""
    form, made = New(request.POST, initial={"kind": "plain", "lead_type": "inquiry"}), None
    if request.method == "POST" and form.carried_out(
        lambda **_read: create_endpoint(request.by, **form.facts(request))
    ):
        form, made = New(initial={"kind": "plain", "lead_type": "inquiry"}), form.result
    endpoints = Endpoint.objects.visible_to(request.by).exclude(kind="form").order_by("archived_at", "name")
    context = {"form": form, "endpoints": endpoints, **_address(made), **_choices()}
    return show(request, "settings/endpoints.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    endpoint = _endpoint(request, public_id)
    form, version = Facts(request.POST, initial=_shown(endpoint)), given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda **_read: edit_endpoint(request.by, endpoint, version=version, **form.facts(request))
    ):
        return done(request, request.path, _("%(name)s saved.") % {"name": endpoint.name})
    return _show(request, endpoint, form)


@page("organisation.edit", "POST")
def mapping(request: Request, public_id: str) -> HttpResponse:
    """What fields become: pairs of name_1 and to_1; an empty one is guessed again."""
    endpoint = _endpoint(request, public_id)
    given = request.POST
    numbers = [name.removeprefix("name_") for name in given if name.startswith("name_")]
    chosen = {given[f"name_{each}"]: given.get(f"to_{each}", "") for each in numbers}
    edit_endpoint(request.by, endpoint, mapping={name: to for name, to in chosen.items() if name and to})
    return done(request, f"/settings/endpoints/{public_id}#mapping", _("%(name)s saved.") % {"name": endpoint.name})


@page("organisation.edit", "POST")
def process(request: Request, public_id: str) -> HttpResponse:
    """Process again what waits for a person here."""
    endpoint = _endpoint(request, public_id)
    waiting = Submission.objects.reached_by(request.by, "edit").filter(
        endpoint=endpoint, state__in=["unusable", "failed"]
    )
    chosen = list(waiting.order_by("received_at", "pk")[:MOST_AT_ONCE])
    if chosen:
        process_submissions(request.by, chosen)
    now = sum(each.state == Submission.State.PROCESSED for each in chosen)
    text = _("%(now)s of %(all)s became leads.") % {"now": now, "all": len(chosen)}
    return done(request, f"/settings/endpoints/{public_id}", text)


@page("organisation.edit", "POST")
def key(request: Request, public_id: str) -> HttpResponse:
    endpoint = _endpoint(request, public_id)
    set_signing_key(request.by, endpoint, signing_key=request.POST.get("signing_key", "").strip()[:500])
    text = _("Signatures are checked.") if endpoint.key else _("Signatures are not checked.")
    return done(request, f"/settings/endpoints/{public_id}", text)


@page("organisation.edit", "POST")
def renew(request: Request, public_id: str) -> HttpResponse:
    """The new address is in this answer and nowhere else."""
    endpoint = _endpoint(request, public_id)
    return _show(request, endpoint, Facts(initial=_shown(endpoint)), renew_address(request.by, endpoint))


@page("organisation.edit", "POST")
def close(request: Request, public_id: str) -> HttpResponse:
    endpoint = close_endpoint(request.by, _endpoint(request, public_id))
    return done(request, f"/settings/endpoints/{public_id}", _("%(name)s is closed.") % {"name": endpoint.name})


@page("organisation.edit", "POST")
def reopen(request: Request, public_id: str) -> HttpResponse:
    endpoint = open_endpoint(request.by, _endpoint(request, public_id))
    return done(request, f"/settings/endpoints/{public_id}", _("%(name)s is open.") % {"name": endpoint.name})


def _show(request: Request, endpoint: Endpoint, form: Form, made: NewAddress | None = None) -> HttpResponse:
    arrived = Submission.objects.visible_to(request.by).filter(endpoint=endpoint)
    latest = list(arrived.select_related("lead").order_by("-received_at", "-id")[:LATEST])
    context = {
        "endpoint": endpoint,
        "form": form,
        "latest": latest,
        "waiting": arrived.filter(state__in=WAITING)[: MOST_AT_ONCE + 1].count(),
        "fields": _fields(request, endpoint),
        "becomes": BECOMES,
        "hint": HINTS[endpoint.kind],
        **_address(made),
        **_choices(),
    }
    return show(request, "settings/endpoint.html", context, status=form.status)


def _fields(request: Request, endpoint: Endpoint) -> list[dict[str, str]]:
    """The fields of the latest arrivals and of the mapping, each with an example, the guess, what it is mapped to."""
    found: dict[str, dict[str, str]] = {}
    private = request.by.level("see", "private") != "none"
    arrivals = Submission.objects.visible_to(request.by).filter(endpoint=endpoint).order_by("-pk")
    for each in arrivals[:LOOKED_AT] if private else ():
        for name, (value, guess) in seen(each.body, each.headers, each.content_type, {}).items():
            found.setdefault(name, {"name": name, "example": value[:80], "guess": guess, "to": ""})
    for name, to in endpoint.mapping.items():
        found.setdefault(name, {"name": name, "example": "", "guess": "", "to": to})["to"] = to
    return list(found.values())[:200]


def _address(made: NewAddress | None) -> dict[str, Any]:
    return {"made": made, "address": f"{settings.BASE_URL}/in/{made.address}" if made else ""}


def _choices() -> dict[str, Any]:
    return {
        "campaigns": [each.name for each in Campaign.objects.order_by("name")[:200]],
        "targets": [("", _("As guessed")), *((name, BECOMES[name]) for name in TARGETS)],
        "hints": HINTS,
    }


def records(model: Any, none: str, **conditions: Any) -> list[tuple[str, str]]:
    """Those to choose from, by name, after none of them."""
    found = model.objects.filter(archived_at=None, **conditions).order_by("name")[:300]
    return [("", none), *((each.public_id, each.name) for each in found)]


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    plain = {name: getattr(endpoint, name) for name in ("name", "kind", "lead_type", "interest")}
    links = {name: getattr(endpoint, name) for name in ("source", "owner")}
    return plain | {
        **{name: each.public_id if each else "" for name, each in links.items()},
        "campaign": endpoint.campaign.name if endpoint.campaign else "",
        "return_hosts": "\n".join(endpoint.return_hosts),
    }


def _endpoint(request: Request, public_id: str) -> Endpoint:
    """That of a form is no page of its own."""
    found = cast(Endpoint, record_or_404(request, "endpoint", public_id))
    if found.kind == Endpoint.Kind.FORM:
        raise Http404
    return found
