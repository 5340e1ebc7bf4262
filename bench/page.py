"""The page that bench/servers.py serves: Django, Jinja2, 50 rows, no database."""

from typing import Any

import jinja2
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

PAGE = jinja2.Environment(autoescape=True).from_string(
    "<!doctype html><title>People</title><table>{% for row in rows %}<tr data-id={{ row.id }}>"
    "<td><a href='/people/{{ row.id }}'>{{ row.name }}</a><td>{{ row.company }}<td>{{ row.phone }}"
    "<td>{{ row.next_step or 'No next step' }}<td>{% if row.late %}<b>late</b>{% endif %}</tr>{% endfor %}</table>"
)
ROWS = [
    {"id": n, "name": f"Person <{n}>", "company": "Peverell & Sons", "phone": "+4420", "next_step": "", "late": n % 3}
    for n in range(50)
]


def rows(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE.render(rows=ROWS))


def big(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * 1_000_000)


def post(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


urlpatterns = [path("", rows), path("big", big), path("post", post)]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="bench",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # answers with a length, so connections stay open
)
application: Any = get_wsgi_application()
