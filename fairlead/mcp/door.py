"""POST /mcp: the process for assistants, over the Model Context Protocol's streamable HTTP, without sessions."""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.mcp.fault import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, STATUS, Fault
from fairlead.mcp.protocol import is_stateless, reply
from fairlead.programs import exact
from fairlead.programs.keys import identify

log = logging.getLogger(__name__)


def mcp(request: HttpRequest) -> HttpResponse:
    """One JSON-RPC message in, its answer out."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not _from_here(request):
        return _refused(403, _("A page of another site may not call this."))
    try:
        by = identify(request.headers.get("Authorization", ""), "mcp")
    except Refused as refusal:
        return _refused(refusal.status, refusal.text, **_headers(refusal))
    if request.content_type != "application/json":
        return _refused(415, _("Send JSON, with Content-Type: application/json."))
    if not request.accepts("application/json"):
        return _refused(406, _("Answers come as application/json."))
    try:
        message = exact.loads(request.body)
    except RequestDataTooBig:
        return _refused(413, _("This is larger than 2 MB."))
    except (ValueError, RecursionError, UnreadablePostError):
        return _fault(None, Fault(PARSE_ERROR, _("This is not JSON, or it is nested too deeply.")))
    return _answered(request, by, message)


mcp.may, mcp.methods = "member", ("POST",)  # type: ignore[attr-defined]
# A page of another site cannot send a token, so there is nothing to forge.
mcp.csrf_exempt = True  # type: ignore[attr-defined]


def _answered(request: HttpRequest, by: Actor, message: Any) -> HttpResponse:
    known = message.get("id") if isinstance(message, dict) else None
    called = known if isinstance(known, (str, int)) and not isinstance(known, bool) else None
    try:
        result = reply(message, by, request.headers)
    except Fault as fault:
        return _fault(called, fault, stateless=is_stateless(request.headers))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("An MCP call failed")
        return _fault(called, Fault(INTERNAL_ERROR, _("Something went wrong here. Nothing was saved.")))
    if result is None:
        return HttpResponse(status=202)
    return _json({"jsonrpc": "2.0", "id": called, "result": result})


def _from_here(request: HttpRequest) -> bool:
    """Browsers say which site a page is from; programs say nothing."""
    origin = request.headers.get("Origin", "")
    ours = urlsplit(settings.BASE_URL)
    return origin in {"", f"{ours.scheme}://{ours.netloc}", f"{request.scheme}://{request.get_host()}"}


def _headers(refusal: Refused) -> dict[str, str]:
    if refusal.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="Fairlead"'}
    return {"Retry-After": str(refusal.facts["retry_after"])} if refusal.status == 429 else {}


def _refused(status: int, text: str, **headers: str) -> HttpResponse:
    """Refused before it was a call."""
    error = {"code": INVALID_REQUEST, "message": text}
    return _json({"jsonrpc": "2.0", "id": None, "error": error}, status=status, **headers)


def _fault(called: str | int | None, fault: Fault, *, stateless: bool = False) -> HttpResponse:
    error = {"code": fault.code, "message": fault.text} | ({"data": fault.data} if fault.data else {})
    return _json({"jsonrpc": "2.0", "id": called, "error": error}, status=STATUS[stateless].get(fault.code, 200))


def _json(body: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    text = json.dumps(body, cls=DjangoJSONEncoder)
    named = {"Cache-Control": "no-store", **headers}
    return HttpResponse(text, status=status, content_type="application/json", headers=named)
