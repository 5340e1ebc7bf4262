"""One value of a need, a stakeholder, a competitor or a colleague on the page of their opportunity: edited in place."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core import access, act
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from fairlead.core.schema import find
from fairlead.web import parts
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered, declined, partial, told
from fairlead.web.page import Request, page, render
from fairlead.web.parts import Piece


@page("member", "GET", "POST")
def edit(request: HttpRequest, noun: str, address: str, name: str) -> HttpResponse:
    """GET: the form, or the value again with ?keep=theirs. POST: save it."""
    by = cast(Request, request).by
    part: Any = find(noun, address, by)
    piece = parts.find(noun, name)
    if piece is None:
        raise NotFound(_("There is no such property."))
    if request.method == "GET" and "keep" in request.GET:
        return _value(request, part, piece)
    _demand(by, part, piece)
    if request.method == "POST":
        return _save(request, part, piece)
    return _form(request, part, piece) if partial(request) else HttpResponseRedirect(f"{_at(part)}/edit")


def _demand(by: Actor, part: Any, piece: Piece) -> None:
    if not access.can(by, "edit", part) or piece.name in access.fixed(by, type(part)):
        raise NotAllowed(_("You can see this but not change it. Ask its owner or an administrator."))


def _save(request: HttpRequest, part: Any, piece: Piece) -> HttpResponse:
    found = cast(Request, request)
    text, version = request.POST.get(piece.name, ""), request.POST.get("version", "")
    try:
        parts.save(part, piece, text, found.by, found.reader, int(version[:9]) if version.isdecimal() else None)
    except Conflict as conflict:
        return _conflict(request, part, piece, text, conflict)
    except Invalid as invalid:
        return _form(request, part, piece, text, invalid.text)
    except Refused as refusal:
        return declined(request, url_of(part.root()), refusal)
    deed = act.last()
    changed = deed.id if deed and deed.changed else None
    words = _("%(label)s saved.") % {"label": piece.label}
    if not partial(request):
        return answered(request, url_of(part.root()), words if changed else told(None, found.by, found.reader), changed)
    return _value(request, part, piece, {"text": words, "undo": f"/acts/{changed}/undo"} if changed else None)


def _value(request: HttpRequest, part: Any, piece: Piece, toast: dict[str, str] | None = None) -> HttpResponse:
    return render(request, "records/_piece.html", _context(request, part, piece) | {"toast": toast})


def _form(request: HttpRequest, part: Any, piece: Piece, text: str | None = None, error: str = "") -> HttpResponse:
    reader = cast(Request, request).reader
    context = _context(request, part, piece) | {
        "value": piece.typed(part, reader) if text is None else text,
        "error": error,
        "version": request.POST.get("version") or part.version,
    }
    return render(request, "records/_piece_edit.html", context, status=422 if error else 200)


def _conflict(request: HttpRequest, part: Any, piece: Piece, text: str, conflict: Conflict) -> HttpResponse:
    reader = cast(Request, request).reader
    theirs = next(iter(conflict.fields.values()))["theirs"]
    context = _context(request, part, piece) | {
        "who": conflict.facts["who"],
        "value": text,
        "yours": dict(piece.choices).get(text, text),
        "theirs": parts.in_words(part, piece, theirs, reader),
        "version": conflict.facts["version"],
    }
    return render(request, "records/_piece_clash.html", context, status=409)


def _context(request: HttpRequest, part: Any, piece: Piece) -> dict[str, Any]:
    words = piece.words(part, cast(Request, request).reader)
    return {"part": part, "piece": piece, "words": words, "url": f"{_at(part)}/edit/{piece.name}"}


def _at(part: Any) -> str:
    return f"/{part.plural()}/{part.public_id}"
