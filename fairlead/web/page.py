"""What every page shares: its permission, its methods, the actor, the reader, rendering, and answering a deed."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import date
from functools import cache, lru_cache, wraps
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access, act, clock
from fairlead.core.actor import Actor
from fairlead.core.cutoff import reading
from fairlead.core.errors import NotAllowed, NotFound, Refused
from fairlead.core.prepared import Prepared, PreparedFor
from fairlead.core.record import Record
from fairlead.core.schema import find
from fairlead.core.verb import REGISTRY
from fairlead.models import Organisation, User
from fairlead.models import View as SavedView
from fairlead.models.worktime import WorkTime, calendar_of
from fairlead.web.addresses import url_of_view
from fairlead.web.formats import Reader
from fairlead.web.kept import kept_of, sealed, sent_from_here
from fairlead.web.nav import navigation
from fairlead.web.sessions import LOOKS, keep_fresh

View = Callable[..., HttpResponse]
MOST_VIEWS = 200
FAULTS = {403: "errors/403.html", 404: "errors/404.html", 503: "errors/slow.html"}


class Request(HttpRequest):
    """A request behind `page`: who acts, who reads."""

    user: User
    by: Actor
    reader: Reader
    views: list[Any]
    house: Any


def page(may: str, *methods: str, weak: bool = False, patient: bool = False, takes: str = "") -> Callable[[View], View]:
    """Declare a page: who may open it, and which methods it has (GET, if none is named).

    `may` is "noun.action" (any level of it), "member" (whoever is signed in) or "anyone". A route whose view
    carries no declaration fails the build. `weak`: open even while a second factor that the role needs is missing.
    `patient`: reading it is not cut off. `takes`: the verb whose larger files it receives.
    """
    allowed = methods or ("GET",)

    def declare(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in allowed and not (request.method == "HEAD" and "GET" in allowed):
                return _not_that_way(request, allowed)
            try:
                _identify(request)
                if may != "anyone" and not _permitted(request, may):
                    return sign_in_first(request)
                if may != "anyone" and not weak and _too_weak(request):
                    return elsewhere(request, "/settings/second-factor")
                cut_off = may != "anyone" and not patient and request.method in {"GET", "HEAD"}
                with reading() if cut_off else nullcontext():
                    return view(request, *args, **kwargs)
            except Refused as refusal:
                return refused(request, refusal)

        shown.may, shown.methods, shown.takes = may, allowed, takes  # type: ignore[attr-defined]
        return shown

    return declare


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page or a fragment in the look of the house."""
    html = render_to_string(template, {**_shell(cast(Request, request)), **(context or {})}, request)
    answer = HttpResponse(html, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def done(request: HttpRequest, to: str, text: str = "") -> HttpResponse:
    """Answer a deed: go on to a page, where a toast tells it and offers to take it back."""
    deed = act.last()
    if text:
        messages.success(request, text, extra_tags=str(deed.id) if deed and _undoable(deed) else "")
    return HttpResponseRedirect(to, status=303)


def notices(request: HttpRequest) -> list[dict[str, str]]:
    """The toasts that wait to be shown, each with where its undo posts, if it has one."""
    return [
        {"text": str(notice.message), "undo": f"/acts/{notice.extra_tags}/undo" if notice.extra_tags else ""}
        for notice in messages.get_messages(request)
    ]


def at_hand(request: HttpRequest) -> list[Any]:
    """The saved views that this reader sees, read once for each request."""
    found = cast(Request, request)
    if not hasattr(found, "views"):
        found.views = _views(found.by)
    return found.views


def house(request: HttpRequest) -> Any:
    """The organisation with what pages show of it, read once for each request."""
    found = cast(Request, request)
    if not hasattr(found, "house"):
        found.house = next(iter(_ours()), None) or Organisation.ours()
    return found.house


def record_or_404(request: HttpRequest, noun: str, address: str) -> Record:
    """The record at an address such as `k3f9…-managed-it`, if its reader may see it; merged: its survivor."""
    return find(noun, address.partition("-")[0], cast(Request, request).by)


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A refusal that its page did not answer itself, said in the words of the verb."""
    if isinstance(refusal, NotFound):
        return fault(request, 404, refusal.text)
    if isinstance(refusal, NotAllowed):
        return fault(request, 403, refusal.text)
    return fault(request, refusal.status, refusal.text)


def fault(request: HttpRequest, status: int, text: str) -> HttpResponse:
    template = FAULTS.get(status, "errors/refused.html")
    return render(request, template, {"text": text}, status=status)


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a form without a valid token: from another site, or from before signing in anew.

    What came from a page of ours is offered again, for a second press, instead of being lost.
    """
    if sent_from_here(request) and request.content_type != "multipart/form-data" and _for_members(request):
        _identify(request)
        if cast(Request, request).by.user_id is None:
            return sign_in_first(request)
        return render(request, "sign_in/kept.html", {"kept": kept_of(request)}, status=403)
    return HttpResponse(render_to_string("errors/csrf.html", {"request": request}), status=403)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Send a visitor to sign in and back. A fragment sends the whole page there, back to where it was shown."""
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    if request.headers.get("HX-Request-Type") == "partial":
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{shown.path}?{shown.query}" if shown.query else shown.path
        return elsewhere(request, f"/sign-in?{urlencode({'next': back})}")
    if request.method not in {"GET", "HEAD"}:
        kept = kept_of(request)
        return render(request, "sign_in/again.html", {"kept": sealed(kept), "next": kept.back}, status=401)
    return HttpResponseRedirect(f"/sign-in?{urlencode({'next': request.get_full_path()})}")


def elsewhere(request: HttpRequest, to: str) -> HttpResponse:
    """Another page must come first. A fragment sends the whole page there."""
    if request.headers.get("HX-Request-Type") == "partial":
        return HttpResponse(status=401, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404."""
    _identify(request)
    return fault(request, 404, _("There is no page at this address.") if isinstance(exception, Http404) else "")


def _for_members(request: HttpRequest) -> bool:
    return getattr(request.resolver_match and request.resolver_match.func, "may", "anyone") != "anyone"


def _not_that_way(request: HttpRequest, allowed: tuple[str, ...]) -> HttpResponse:
    """An address that only takes what a button sends, opened by hand or loaded anew."""
    if request.method != "GET" or "text/html" not in request.headers.get("Accept", ""):
        return HttpResponseNotAllowed(allowed)
    _identify(request)
    answer = fault(request, 405, _("There is nothing to read at this address. Nothing was changed."))
    answer["Allow"] = ", ".join(allowed)
    return answer


def _undoable(deed: act.Act) -> bool:
    return deed.changed and REGISTRY[deed.steps[0].verb].undo_within is not None


def _identify(request: HttpRequest) -> None:
    """Put the actor and the reader on the request; a signed-out visitor may nothing."""
    found, user = cast(Request, request), request.user
    act.forget()
    if isinstance(user, User):
        keep_fresh(request)
        found.by = user.actor("web")
        found.reader = Reader(user.tz, _locale(user.locale), clock.now(), _workdays_of(user))
    else:
        ours = Organisation.ours()
        found.by = Actor(kind="visitor", door="web", label=_("A visitor"))
        found.reader = Reader(ZoneInfo(ours.zone), _locale(ours.locale), clock.now())


def _workdays_of(user: User) -> Callable[[date, int], date]:
    """The user's working days, looked up when they are first counted."""

    @cache
    def calendar() -> WorkTime:
        return calendar_of(user)

    return lambda day, count: calendar().plus_workdays(day, count)


@lru_cache(maxsize=100)
def _locale(name: str) -> Locale:
    return Locale.parse(name, sep="-")


def _permitted(request: HttpRequest, may: str) -> bool:
    """True: go on. False: sign in first. Signed in, but without the right: NotAllowed."""
    found = cast(Request, request)
    if found.by.user_id is None:
        return False
    if may != "member":
        noun, action = may.split(".")
        if not access.can_any(found.by, action, noun):
            raise NotAllowed(_("Your role does not allow this page. Ask an administrator."))
    return True


def _too_weak(request: HttpRequest) -> bool:
    """Does the role need a second factor, and this session was begun without one?"""
    user = cast(User, request.user)
    return user.role.second_factor and not request.session.get("strong", False)


def _shell(request: Request) -> dict[str, Any]:
    """What base.html needs besides the page itself; a fragment costs none of it, because it never asks."""
    user = request.user if isinstance(request.user, User) else None
    look = user.theme if user else request.COOKIES.get("theme", "")
    return {
        "request": request,
        "by": request.by,
        "user": user,
        "lang": "en",
        "theme": look if look in LOOKS else "",
        "density": user.density if user else "",
        "keys": "on" if user is None or user.shortcuts else "off",
        "organisation": SimpleLazyObject(lambda: str(house(request).name)),
        "provider": settings.OIDC_LABEL if settings.OIDC_ISSUER else "",
        "provider_only": settings.OIDC_ONLY,
        "nav": SimpleLazyObject(lambda: _navigation(request)) if user else [],
        "counts_url": "/views/counts" if user else "",
        "runs": user is not None and "runs" in request.COOKIES,
        "messages": SimpleLazyObject(lambda: notices(request)),
    }


_views = PreparedFor(lambda by: SavedView.objects.at_hand(by)[:MOST_VIEWS])
_ours = Prepared(lambda: Organisation.objects.order_by("pk")[:1], ["name", "touches_week", "touches_month"])


def _navigation(request: Request) -> list[dict[str, Any]]:
    pins = sorted((view for view in at_hand(request) if view.pinned is not None), key=lambda view: view.pinned)
    entries = [_pin(view, request) for view in pins if access.can_any(request.by, "see", view.list_of)]
    return navigation(request.by, request.path) + ([{"label": _("Views"), "entries": entries}] if entries else [])


def _pin(view: Any, request: Request) -> dict[str, Any]:
    url = url_of_view(view)
    current = request.GET.get("view") == view.public_id
    return {"label": view.name, "url": url, "id": view.public_id, "current": current}
