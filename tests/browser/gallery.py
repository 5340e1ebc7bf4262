"""Every component in every state, and three screens made of them, with invented data: for looking at and for axe.

Outside fairlead.urls, so it never ships. `python -m tests.browser.gallery 8450` serves it.
"""

import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django
from babel import Locale
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from jinja2 import ChoiceLoader, FileSystemLoader

from fairlead.web.formats import Reader

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2025, 11, 18, 9, 41, tzinfo=UTC)
TODAY = NOW.date()
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware", "tests.browser.gallery.strict"]
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
)


def strict(get_response: Any) -> Any:
    def answer(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__  # for this request alone: the product's own routes stay what they are
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return answer


def environment() -> Any:
    env = engines["jinja2"].env
    if not isinstance(env.loader, ChoiceLoader):
        env.loader = ChoiceLoader([env.loader, FileSystemLoader(PAGES)])
    return env


def navigation(current: str) -> list[dict[str, Any]]:
    def entry(label: str, url: str, icon: str, key: str = "", **more: Any) -> dict[str, Any]:
        return {"label": label, "url": url, "icon": icon, "key": key, "current": label == current, **more}

    work = [
        entry("Today", "/", "today", "T", count=9, phone=True),
        entry("Leads", "/leads", "leads", "L", count=6, id="leads"),
        entry("Pipeline", "/pipeline", "pipeline", "P", phone=True),
        entry("Quotes", "/quotes", "quote", "Q", count=3),
        entry("Jobs", "/jobs", "job", "J"),
        entry("Calendar", "/calendar", "cal", "C"),
    ]
    records = [entry("People", "/people", "people", "E", phone=True), entry("Companies", "/companies", "company", "O")]
    saved = [entry("No next step", "/v1", "", count=4, tone="late"), entry("Quotes to chase", "/v2", "", count=3)]
    manage = [entry("Weekly review", "/review", "review", "R"), entry("Reports", "/reports", "report")]
    groups = {"Work": work, "Records": records, "Saved views": saved, "Manage": manage}
    return [{"label": label, "entries": entries} for label, entries in groups.items()]


def page(request: HttpRequest, name: str, current: str = "", status: int = 200, **context: Any) -> HttpResponse:
    shared = {
        "request": request,
        "reader": Reader(ZoneInfo("Europe/London"), Locale.parse(request.GET.get("locale", "en_GB")), NOW),
        "nav": navigation(current),
        "organisation": "Northgate IT",
        "user": {"id": 1, "name": "Sam Whitlock"},
        "theme": request.GET.get("theme") or request.COOKIES.get("theme", ""),
        "density": request.GET.get("density", ""),
        "keys": request.GET.get("keys", "on"),
        "messages": [],
    }
    return HttpResponse(environment().get_template(name).render({**shared, **context}), status=status)


def at(days: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(TODAY + timedelta(days), time(hour, minute), UTC)


def today(request: HttpRequest) -> HttpResponse:
    stages = [("Qualify", 4, 23650), ("Develop", 6, 95150), ("Propose", 5, 55200), ("Close", 2, 11400)]
    flow = [{"name": n, "count": c, "value": Decimal(v), "size": v / 95150} for n, c, v in stages]
    return page(request, "today.html", "Today", at=at, flow=flow, yesterday=date(2025, 11, 17))


def record(request: HttpRequest) -> HttpResponse:
    return page(request, "record.html", "Pipeline", at=at)


def pipeline(request: HttpRequest) -> HttpResponse:
    return page(request, "pipeline.html", "Pipeline", at=at)


def people(request: HttpRequest) -> HttpResponse:
    names = ["Priya Raman", "Callum Reyes", "Élodie d’Arc", "李小龙", "Иван Петров", "Beth Lowe", "Tom Ashworth"]
    rows = [{"id": n, "name": name, "last": at(-n * 3)} for n, name in enumerate(names, 1)]
    return page(request, "people.html", "People", rows=rows, empty=request.GET.get("empty"))


def gallery(request: HttpRequest) -> HttpResponse:
    logged = {"text": "Call logged. Next: Wed 19 Nov, 10:00.", "undo": "/undo/7"}
    return page(request, "gallery.html", at=at, messages=[logged])


def form(request: HttpRequest) -> HttpResponse:
    wrong = {"mail": "This is not an e-mail address. Write it like ines@example.com."}
    return page(request, "form.html", "People", errors=wrong if "errors" in request.GET else {})


def sign_in(request: HttpRequest) -> HttpResponse:
    return page(request, "sign_in.html")


def fault(request: HttpRequest, code: str) -> HttpResponse:
    user = None if code in {"503", "500", "csrf"} else {"id": 1, "name": "Sam Whitlock"}
    return page(request, f"errors/{code}.html", user=user)


def quick(request: HttpRequest) -> HttpResponse:
    return page(request, "quick.html", q=request.GET.get("q", ""))


def edit(request: HttpRequest, field: str) -> HttpResponse:
    if request.method == "GET" and "keep" not in request.GET:
        return page(request, "edit.html", field=field, error="")
    value = request.POST.get(field, "Theirs")
    if value == "bad":
        error = "This is not a date. Write it like 12 Dec 2025."
        return page(request, "edit.html", status=422, field=field, error=error)
    if value == "clash":
        return page(request, "clash.html", status=409, field=field)
    return page(request, "saved.html", field=field, value=value)


def done(request: HttpRequest, task: int) -> HttpResponse:
    if task == 403:
        return page(
            request, "errors/403.html", status=403, text="You can see this task but not finish it. Ask Mira Holt."
        )
    if task == 500:
        return HttpResponse("<!doctype html><html><body>fault</body></html>", status=500)
    if request.headers.get("HX-Request-Type") == "partial":
        return page(request, "toast.html", undo=f"/undo/{task}")
    return HttpResponseRedirect("/?done=1")


def echo(request: HttpRequest) -> HttpResponse:
    return page(request, "echo.html", posted=request.POST.dict(), path=request.path)


urlpatterns = [
    path("", today),
    path("pipeline", pipeline),
    path("opportunities/1", record),
    path("people", people),
    path("gallery", gallery),
    path("people/new", form),
    path("sign-in", sign_in),
    path("fault/<code>", fault),
    path("search/quick", quick),
    path("edit/<field>", edit),
    path("tasks/<int:task>/done", done),
    path("<path:anything>", lambda request, anything: echo(request)),
]


def application() -> Any:
    """The gallery as a WSGI application, with nothing of the product's own pages."""
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    django.setup()
    with override_settings(MIDDLEWARE=MIDDLEWARE, WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True):
        return get_wsgi_application()


if __name__ == "__main__":
    import waitress

    waitress.serve(application(), host="127.0.0.1", port=int(sys.argv[1] if len(sys.argv) > 1 else 8450), threads=4)
