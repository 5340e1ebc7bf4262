"""One property of a record: opened for editing in place, saved, shown; two values side by side on a conflict."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from fairlead.core import access, act
from fairlead.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from fairlead.core.record import nouns
from fairlead.core.verb import REGISTRY
from fairlead.models import PostalAddress
from fairlead.verbs.contact_points import PostalFacts
from fairlead.web import custom, details
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered, declined, partial, told
from fairlead.web.beside import beside
from fairlead.web.details import Property
from fairlead.web.page import Request, page, render
from fairlead.web.pages.records import load, shown_details
from fairlead.web.wording import of_argument

POSTAL = tuple(PostalFacts.__annotations__)


@page("member", "GET", "POST")
def edit(request: HttpRequest, noun: str, address: str, name: str) -> HttpResponse:
    """A property's form, in place or as a page of its own, and what comes of it."""
    record = load(request, noun, address)
    spec = details.find(noun, name) or _custom(request, record, name)
    if spec is None:
        raise NotFound(_("There is no such property."))
    if "keep" in request.GET and request.method == "GET":
        return _value(request, record, spec)
    if not record.may_edit or spec.name in access.fixed(cast(Request, request).by, type(record)):
        raise NotAllowed(_("You can see this but not change it. Ask its owner or an administrator."))
    if request.method != "POST":
        return _form(request, record, spec)
    return _save(request, record, spec)


def _custom(request: HttpRequest, record: Any, name: str) -> Property | None:
    field = custom.named(cast(Request, request).by, record.noun(), name)
    return details.custom_property(field, record.custom.get(field.key)) if field else None


def _save(request: HttpRequest, record: Any, spec: Property) -> HttpResponse:
    found = cast(Request, request)
    text, version = request.POST.get(spec.name, ""), request.POST.get("version", "")
    before = url_of(record)
    try:
        if spec.kind == "address":
            _save_address(request, record)
        else:
            seen = int(version) if version.isdecimal() else None
            details.save(record, spec, text, found.by, found.reader, seen)
    except Conflict as conflict:
        return _conflict(request, record, spec, text, conflict)
    except Invalid as invalid:
        return _form(request, record, spec, text, invalid.text)
    except Refused as refusal:
        return declined(request, url_of(record), refusal)
    return _saved(request, load(request, record.noun(), record.public_id), spec, before)


def _saved(request: HttpRequest, record: Any, spec: Property, before: str) -> HttpResponse:
    deed = act.last()
    changed = deed.id if deed and deed.changed else None
    text = _("%(label)s saved.") % {"label": spec.label}
    if not partial(request):
        return answered(
            request,
            url_of(record),
            text if changed else told(None, cast(Request, request).by, cast(Request, request).reader),
            changed,
        )
    answer = _value(request, record, spec, {"text": text, "undo": f"/acts/{changed}/undo"} if changed else None)
    if url_of(record) != before:
        answer["HX-Location"] = iri_to_uri(url_of(record))
    return answer


def _value(request: HttpRequest, record: Any, spec: Property, toast: dict[str, str] | None = None) -> HttpResponse:
    parts = beside(record, cast(Request, request).by)
    shown = next(each for each in shown_details(record, cast(Request, request), parts) if each.spec.name == spec.name)
    context = {"record": record, "shown": shown, "parts": parts, "toast": toast, "url_of": url_of}
    return render(request, "records/_value.html", context)


def _form(request: HttpRequest, record: Any, spec: Property, text: str | None = None, error: str = "") -> HttpResponse:
    reader = cast(Request, request).reader
    parts = [part.text for part in beside(record, cast(Request, request).by)[spec.parts]] if spec.parts else []
    context = {
        "record": record,
        "spec": spec,
        "url": f"{_home(record)}/edit/{spec.name}",
        "home": url_of(record),
        "value": details.typed_value(record, spec, cast(Request, request).by, reader, parts) if text is None else text,
        "error": error,
        "version": request.POST.get("version") or record.version,
        "choices": _choices(spec),
        "postal": _postal(request, record) if spec.kind == "address" else [],
    }
    template = "records/_edit.html" if partial(request) and spec.kind != "address" else "records/edit.html"
    return render(request, template, context, status=422 if error else 200)


def _conflict(request: HttpRequest, record: Any, spec: Property, text: str, conflict: Conflict) -> HttpResponse:
    """Both values side by side; keeping mine is saving again with the version that has theirs."""
    found = cast(Request, request)
    theirs = next(iter(conflict.fields.values()))["theirs"]
    context = {
        "record": record,
        "spec": spec,
        "url": f"{_home(record)}/edit/{spec.name}",
        "home": url_of(record),
        "who": conflict.facts["who"],
        "theirs": details.in_words(record, spec, theirs, found.by, found.reader),
        "yours": text,
        "version": conflict.facts["version"],
    }
    return render(request, "records/_clash.html" if partial(request) else "records/clash.html", context, status=409)


def _home(record: Any) -> str:
    return f"/{record.plural()}/{record.public_id}"


def _choices(spec: Property) -> list[tuple[str, str]]:
    if spec.kind == "source":
        return [("", "–"), *((each.public_id, each.label) for each in nouns()[spec.noun].objects.live())]
    return list(spec.choices)


def _postal(request: HttpRequest, record: Any) -> list[tuple[str, str, str]]:
    # person or company
    # nosemgrep
    held = PostalAddress.objects.filter(**{record.noun(): record}).first()
    return [
        (name, of_argument(name), request.POST.get(name, getattr(held, name, "") if held else "")) for name in POSTAL
    ]


def _save_address(request: HttpRequest, record: Any) -> None:
    facts = {name: request.POST.get(name, "").strip() for name in POSTAL}
    REGISTRY[f"edit_{record.noun()}"].call(cast(Request, request).by, record, address=facts)
