"""How our forms leave the house: in a look of their own, with the rules that let named sites show them."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from fairlead.models.form import LANGUAGES, RIGHT_TO_LEFT
from fairlead.programs.forms import Published, Shown, first_of
from fairlead.reading.phrases import phrases

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action {form_action}; frame-ancestors {ancestors}"
)


View = Callable[..., HttpResponse]


def for_visitors(*methods: str) -> Callable[[View], View]:
    """Declare a page for everybody. It acts for nobody, so whoever sends them there, from whichever site, may."""

    def declare(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            return view(request, *args, **kwargs)

        shown.may, shown.methods, shown.csrf_exempt = "anyone", methods, True  # type: ignore[attr-defined]
        return shown

    return declare


def shown_as(request: HttpRequest, shown: Shown, status: int = 200) -> HttpResponse:
    """The page of a form."""
    context = {"shown": shown, "form": shown.form, "embedded": embedded(request), "preview": False}
    return _page("forms/form.html", context, shown.form, shown.language, status)


def thanked(request: HttpRequest, shown: Shown) -> HttpResponse:
    """What a visitor reads after sending."""
    context = {"shown": shown, "form": shown.form, "embedded": embedded(request), "text": _thanks(shown)}
    return _page("forms/thanks.html", context, shown.form, shown.language, 200)


def closed(
    request: HttpRequest, why: str, status: int, form: Published | None = None, language: str = ""
) -> HttpResponse:
    """That there is nothing to fill in, and why: no_form, closed, over, away."""
    language = language or (form["language"] if form else "en")
    words = phrases(language)
    context = {"title": words[why], "text": words.get(f"{why}_text", ""), "embedded": embedded(request)}
    answer = _page("forms/said.html", context | {"form": form}, form, language, status)
    if status == 503:
        answer["Retry-After"] = "60"
    return answer


def said(form: Published, language: str, context: dict[str, object], template: str, status: int = 200) -> HttpResponse:
    """A page beside a form, such as that which confirms an address."""
    return _page(template, {"form": form, "embedded": False, **context}, form, language, status)


def asks(request: HttpRequest, language: str, context: dict[str, object], template: str) -> HttpResponse:
    """A page that belongs to no form."""
    return _page(template, {"form": None, "embedded": False, **context}, None, language, 200)


def language_of(request: HttpRequest) -> str:
    """In which a page that belongs to no form speaks."""
    return first_of(request.GET.get("lang", ""), request.headers.get("Accept-Language", ""), LANGUAGES) or "en"


def embedded(request: HttpRequest) -> bool:
    return request.GET.get("embed") == "1"


def _thanks(shown: Shown) -> str:
    form, words = shown.form, shown.words
    if form["double_opt_in"]:
        return words["check_mail_text"]
    usual = words["arrived"]
    if form["kind"] == "event":
        usual = words["all_taken"] if form["occasion"] and form["occasion"]["full"] else words["registered"]
    return shown.text("thanks") or usual


def _page(
    template: str, context: dict[str, object], form: Published | None, language: str, status: int
) -> HttpResponse:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    shared = {"lang": language, "direction": direction, "words": phrases(language)}
    answer = HttpResponse(render_to_string(template, {**shared, **context}), status=status)
    origins = form["origins"] if form else []
    onward = urlsplit(form["redirect_to"]) if form and form["redirect_to"] else None
    answer["Content-Security-Policy"] = POLICY.format(
        form_action=f"'self' {onward.scheme}://{onward.netloc}" if onward else "'self'",
        ancestors=" ".join(["'self'", *origins]),
    )
    answer["X-Frame-Options"] = "" if origins else "SAMEORIGIN"  # it cannot name sites: the policy above does
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Referrer-Policy"] = "strict-origin-when-cross-origin"
    answer["Vary"] = "Accept-Language"
    return answer
