"""Adding a person, company, lead or opportunity: a name is enough, likenesses are shown, nothing is blocked."""

import secrets
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Invalid, KeyReused
from fairlead.core.record import Record, nouns
from fairlead.core.schema import answered, find, perform
from fairlead.models.search import search
from fairlead.web.adding import FORMS, Entry, Form, Read, form_of
from fairlead.web.addresses import url_of
from fairlead.web.likeness import Likeness, likenesses
from fairlead.web.page import Request, done, page, render


@page("member")
def choose(request: Request) -> HttpResponse:
    """What to add: the page that N opens where nothing nearer has that key."""
    forms = [form for noun, form in FORMS.items() if access.can_any(request.by, "create", noun)]
    may_call = access.can_any(request.by, "create", "lead")
    return render(request, "create/choose.html", {"forms": forms, "may_call": may_call})


def form(request: Request, noun: str) -> HttpResponse:
    """GET: an empty form, or one filled by the address. POST: add, or say what needs a second look."""
    form = form_of(noun, request.by)
    if request.method == "GET":
        return _show(request, form, _prefilled(request, form))
    entry = form.entry(request.POST.dict())
    read = form.read(entry, request.by, request.reader)
    if read.errors:
        return _show(request, form, entry, read, status=422)
    alike = likenesses(noun, entry.values, request.by)
    if {each.key for each in alike} - set(request.POST.getlist("seen")) and not answered(request.by, _key(request)):
        return _show(request, form, entry, read, alike, status=409)
    return _add(request, form, entry, read)


def match(request: Request, noun: str) -> HttpResponse:
    """What is like the one being typed, as a fragment of the form."""
    return render(request, "create/_alike.html", {"alike": likenesses(noun, request.GET.dict(), request.by)})


def options(request: Request, noun: str) -> HttpResponse:
    """Names to choose from while typing one, as the options of a datalist."""
    typed = next((text for text in request.GET.dict().values() if isinstance(text, str) and text), "")
    found = search(request.by, typed, kinds=(noun,), most=10) if len(typed.strip()) > 1 else []
    return render(request, "create/_options.html", {"names": list(dict.fromkeys(each.label for each in found))})


def _show(
    request: Request,
    form: Form,
    entry: Entry,
    read: Read | None = None,
    alike: list[Likeness] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "fields": form.shown(request.by),
        "entry": entry,
        "errors": read.errors if read else {},
        "asks": read.asks if read else {},
        "alike": alike or [],
        "token": request.POST.get("token", "")[:40] or secrets.token_urlsafe(12),
    }
    return render(request, "create/form.html", context, status=status)


def _prefilled(request: Request, form: Form) -> Entry:
    """Values from the address; a company or person stands there by its id."""
    values = {
        name: text[:200].replace("\x00", "") for name, text in request.GET.dict().items() if isinstance(text, str)
    }
    for field in form.fields:
        if (field.picks or field.fills) and field.name in values:
            model: Any = nouns()[field.picks or field.name]
            record = model.objects.visible_to(request.by).filter(public_id=values[field.name]).first()
            label, public_id = (record.label, record.public_id) if record else ("", "")
            if field.fills:
                values = {field.fills: label} | values | {field.name: public_id}
            else:
                values |= {field.name: label, f"{field.name}_is": public_id}
    return form.entry(values)


def _add(request: Request, form: Form, entry: Entry, read: Read) -> HttpResponse:
    try:
        record = _performed(request, form, read)
    except Invalid as refusal:
        read.errors |= form.by_field(refusal.errors)
        return _show(request, form, entry, read, status=422)
    return done(request, url_of(record), _("%(record)s added.") % {"record": record})


def _performed(request: Request, form: Form, read: Read) -> Record:
    """The record this form makes: one, however often the same form is sent."""
    try:
        answer = perform(form.verb, request.by, read.raw, key=_key(request))
    except KeyReused:  # sent again after going back and changing it: a new one is meant
        answer = perform(form.verb, request.by, read.raw)
    return find(form.noun, answer["result"]["id"], request.by)


def _key(request: Request) -> str:
    token = request.POST.get("token", "")[:40]
    return f"form:{token}" if token else ""
