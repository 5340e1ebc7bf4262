"""The phone page: who is calling, found while a number or a name is typed; a new lead with its call in one press."""

import secrets
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Invalid, KeyReused, NotFound
from fairlead.core.schema import find, perform
from fairlead.models import Lead, Source
from fairlead.web import calls
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered
from fairlead.web.desk import LONGEST, Found, dialled, found, is_number
from fairlead.web.page import Request, page, render
from fairlead.web.pages.compose import chosen_due
from fairlead.web.soon import choices

FACTS = ("name", "company_name", "phone", "email", "interest", "source", "call")
REST = ("text", "outcome", "next_step", "on", "other_day", "at")
MOST_SOURCES = 200


@page("lead.create", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """GET: who has this number or name. POST: add the lead, with the call logged."""
    if request.method == "POST":
        return _take(request)
    text = dialled(request.GET.get("number", request.GET.get("q", "")))[:LONGEST].replace("\x00", "")
    field = "phone" if is_number(text) else "email" if "@" in text else "name"
    return _show(request, text, {field: text, "call": request.GET.get("call", "")[:12]})


@page("lead.create")
def matches(request: Request) -> HttpResponse:
    """The matches alone, while typing."""
    return render(request, "calls/_found.html", {"text": (text := _asked(request)), "found": found(request.by, text)})


@page("lead.create")
def now(request: Request) -> HttpResponse:
    """What rings and what is not logged, alone."""
    return render(request, "calls/_now.html", calls.now(request.by, request.reader))


def _asked(request: Request) -> str:
    return dialled(request.GET.get("number", ""))[:LONGEST].replace("\x00", "")


def _take(request: Request) -> HttpResponse:
    given = {name: request.POST.get(name, "").strip() for name in (*FACTS, *REST)}
    key = f"call {request.POST['token'][:100]}" if request.POST.get("token") else ""
    try:
        answer = perform("take_call", request.by, _raw(request, given), key=key)
    except KeyReused:
        errors = {"name": _("This call was logged already. Send it again to log another one.")}
        return _show(request, given["phone"] or given["name"], given, errors, status=422)
    except Invalid as invalid:
        errors = {_AT.get(name, name): " ".join(texts) for name, texts in invalid.errors.items()}
        return _show(request, given["phone"] or given["name"], given, errors, status=422)
    return _on(request, answer)


def _on(request: Request, answer: dict[str, Any]) -> HttpResponse:
    """To the lead that was made; for those who may add leads but see none, to the next call."""
    try:
        lead = find("lead", answer["result"]["lead"]["id"] or "", request.by)
    except NotFound:
        return answered(request, "/call", _("Lead added, call logged."), answer["act"])
    return answered(request, url_of(lead), _("%(lead)s added, call logged.") % {"lead": lead}, answer["act"])


# What the verb calls the fields of the form.
_AT = {"next_on": "other_day", "next_time": "at"}


def _raw(request: Request, given: dict[str, str]) -> dict[str, Any]:
    """The form as the verb takes it; what was not filled in is left out."""
    raw: dict[str, Any] = {name: given[name] for name in (*FACTS, "text", "outcome", "next_step") if given[name]}
    if given["next_step"] or given["on"] or given["other_day"]:
        raw |= chosen_due(given, request.reader, "next_on", "next_time")
        raw["next_kind"] = "call" if given["next_step"].lower().startswith("call") else "todo"
    return raw


def _show(
    request: Request, text: str, given: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "text": text,
        "found": found(request.by, text) if text else Found([]),
        "given": given,
        "errors": errors or {},
        "fixed": access.fixed(request.by, Lead),
        "sources": [("", _("Not known")), *_sources(request)],
        "soon": choices(request.reader),
        "token": secrets.token_urlsafe(12),
        **calls.now(request.by, request.reader),
    }
    return render(request, "calls/call.html", context, status=status)


def _sources(request: Request) -> list[tuple[str, str]]:
    found = Source.objects.visible_to(request.by).live().order_by("name")[:MOST_SOURCES]
    return [(each.public_id, each.name) for each in found]
