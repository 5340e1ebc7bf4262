"""When the database is away: 503 instead of a fault, and no memory of it once it is back.

Also /healthz, for load balancers and monitors: 200 or 503 and nothing more, for anybody.
"""

import os
import sys
from collections.abc import Callable

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string

RETRY_AFTER = "5"  # seconds


class Outage:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        leave_replaced_file()
        if request.path == "/healthz":
            return health(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return unavailable(request) if is_outage(error) else None


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500. What fails outside of a view (a session read by another middleware) arrives here."""
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    if is_api(request):
        return problem(500, "Something went wrong here. Nothing was saved.")
    return HttpResponseServerError(render_to_string("errors/500.html"))


def unavailable(request: HttpRequest) -> HttpResponse:
    """A page that needs neither database nor session."""
    answer: HttpResponse
    if is_api(request):
        answer = problem(503, "The database does not answer. Nothing was saved. Try again in a few seconds.")
    else:
        answer = HttpResponse(render_to_string("errors/503.html"), status=503)
    answer["Retry-After"] = RETRY_AFTER
    answer["Cache-Control"] = "no-store"
    return answer


def health(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        status, word = 200, "ok"
    except Error:
        status, word = 503, "unavailable"
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(word))}
    return HttpResponse(word, status=status, content_type="text/plain", headers=headers)


def is_outage(error: BaseException | None) -> bool:
    """Locked, missing, full, unreachable; not a mistake in a statement, which SQLite reports with the same class."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"


def leave_replaced_file() -> None:
    """A kept connection would go on writing into a database file that was moved away or restored over."""
    if settings.SQLITE is None or connection.connection is None or connection.in_atomic_block:
        return
    try:
        found: int | None = os.stat(settings.SQLITE).st_ino
    except OSError:
        found = None
    if getattr(connection, "file_seen", None) is None:
        connection.file_seen = found  # type: ignore[attr-defined]
    elif found != connection.file_seen:  # type: ignore[attr-defined]
        connection.close()
        connection.file_seen = None  # type: ignore[attr-defined]


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/mcp"))


def problem(status: int, detail: str) -> JsonResponse:
    body = {"type": "about:blank", "title": {500: "Server error", 503: "Unavailable"}[status], "status": status}
    return JsonResponse(body | {"detail": detail}, status=status, content_type="application/problem+json")
