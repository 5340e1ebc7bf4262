"""Answering a deed from any page: a notice with undo beside a fragment, or on the page that its doer came from."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.core.event import Event
from fairlead.core.record import nouns
from fairlead.programs.timeline import spoken
from fairlead.web.formats import Reader
from fairlead.web.page import render
from fairlead.web.told import in_words


def answered(request: HttpRequest, to: str, text: str, act: UUID | str | None = None) -> HttpResponse:
    """Say what was done, with its undo; to where it was asked for."""
    undo = f"/acts/{act}/undo" if act else ""
    if partial(request):
        return render(request, "records/_toast.html", {"text": text, "undo": undo})
    messages.success(request, text, extra_tags=str(act) if act else "")
    return HttpResponseRedirect(to, status=303)


def declined(request: HttpRequest, to: str, refusal: Refused) -> HttpResponse:
    """Say why not; what is on the page stays there."""
    if partial(request):
        answer = render(request, "records/_toast.html", {"text": refusal.text, "undo": ""})
        answer["HX-Reswap"] = "none"
        return answer
    messages.warning(request, refusal.text)
    return HttpResponseRedirect(to, status=303)


def partial(request: HttpRequest) -> bool:
    """Is a piece of a page asked for, rather than a page?"""
    return request.headers.get("HX-Request-Type") == "partial"


def came_from(request: HttpRequest, default: str = "/") -> str:
    """The page of ours where the form stood; its list, when the record of that page is gone."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host() or not parts.path.startswith("/"):
        return default
    try:
        found = resolve(parts.path)
    except Resolver404:
        return default
    if "GET" not in getattr(found.func, "methods", ()):
        return default
    noun, address = found.kwargs.get("noun"), str(found.kwargs.get("address", ""))
    if noun and not nouns()[noun].objects.filter(public_id=address.partition("-")[0]).exists():
        return f"/{nouns()[noun].plural()}"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def back_to(request: HttpRequest, default: str) -> str:
    """The page of ours that `back` in the address or the form names, else the other."""
    given = request.POST.get("back", "") or request.GET.get("back", "")
    ours = given.startswith("/") and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if ours else default


def told(act: UUID | str | None, by: Actor, reader: Reader) -> str:
    """An act as a notice says it to who did it, without their name: they know."""
    root = Event.objects.filter(act=act).order_by("step", "id").first() if act else None
    if root is None:
        return _("That is so already. Nothing was changed.")
    parts = [part for part in in_words(spoken(root, by), reader) if part.word != "by"]
    text = "".join(part.text or _("nobody") * bool(part.word) for part in parts).strip()
    return f"{text[:1].upper()}{text[1:]}."
