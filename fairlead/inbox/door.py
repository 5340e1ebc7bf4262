"""/in/<address>: what forms and programs post is written to disk before it is acknowledged, database or not.

Nothing here writes to the database, or needs it: an arrival goes into the spool, and a worker takes it from there.
"""

import hmac
import json
import re
import uuid
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.template.loader import render_to_string

from fairlead.core import clock
from fairlead.core.spool import Spool
from fairlead.inbox import known, pace
from fairlead.models import Endpoint
from fairlead.programs.arrivals import packed
from fairlead.programs.callers import network
from fairlead.reading.body import LARGEST, MOST_FIELDS
from fairlead.reading.signatures import KEPT, Signed, fits

METHODS = ("GET", "POST", "OPTIONS")
# Where forms say the visitor goes next.
RETURNS = ("retURL", "_next", "redirect", "return_url", "_redirect")
# These take no other answer for success.
EXACT = frozenset({"google", "meta"})
NEW_CALL = re.compile(rb"(^|&)event=newCall(&|$)")
SPOOL = Spool(settings.SPOOL)


def arrive(request: HttpRequest, address: str) -> HttpResponse:
    """Take whatever is posted; GET answers a provider that asks whether the address is ours."""
    if request.method == "OPTIONS":
        return _open_to_all(HttpResponse(status=204))
    if request.method not in METHODS:
        return HttpResponse(status=405, headers={"Allow": ", ".join(METHODS)})
    if not pace.allowed(address[:64], network(request.META.get("REMOTE_ADDR", ""))):
        return _said(429, "This came too often. Wait a moment, then send it again.", **{"Retry-After": "1"})
    found = known.find(address)
    if found.certain and found.endpoint is None:
        return _said(404, "There is no endpoint at this address.")
    if found.endpoint is not None and not found.endpoint.is_open:
        return _said(410, "This endpoint is closed. Nothing was taken.")
    return _challenged(request, address) if request.method == "GET" else _take(request, address, found.endpoint)


arrive.may, arrive.methods = "anyone", METHODS  # type: ignore[attr-defined]
# It acts for nobody: whoever knows the address may post to it, from any page.
arrive.csrf_exempt = True  # type: ignore[attr-defined]


def _take(request: HttpRequest, address: str, endpoint: Endpoint | None) -> HttpResponse:
    try:
        body = request.read(LARGEST + 1)
    except (UnreadablePostError, OSError):
        return _said(400, "This could not be read to its end. Send it again.")
    if len(body) > LARGEST:
        return _said(413, "This is larger than 2 MB. Nothing was taken.")
    headers = {name: request.headers[name] for name in KEPT if name in request.headers}
    arrival = Signed(body, headers, known.url(address), clock.now())
    number = uuid.uuid4().hex
    try:
        SPOOL.append(packed(address, number, request.headers.get("Content-Type", ""), arrival))
    except OSError:
        answer = _said(503, "There is no room to keep this. Nothing was taken. Send it again later.")
        answer["Retry-After"] = "60"
        return answer
    if endpoint is not None and not fits(endpoint.kind, endpoint.key, arrival):
        return _said(401, "The signature does not fit. It was kept, and waits for somebody to look at it.")
    return _taken(request, body, number, endpoint)


def _taken(request: HttpRequest, body: bytes, number: str, endpoint: Endpoint | None) -> HttpResponse:
    """202; a visitor who sent a form is sent on, or thanked."""
    kind = (request.content_type or "").lower()
    is_form = kind in {"application/x-www-form-urlencoded", "multipart/form-data"}
    if endpoint is not None and endpoint.kind == "calls" and NEW_CALL.search(body[:5000]):
        return _ask_for_more(request)
    if not is_form or "text/html" not in request.headers.get("Accept", ""):
        status = 200 if endpoint is not None and endpoint.kind in EXACT else 202
        return _json({"received": True, "id": number}, status)
    onward = _onward(body, endpoint) if kind != "multipart/form-data" else ""
    if onward:
        return HttpResponseRedirect(onward, status=303)
    page = render_to_string("inbox/thanks.html", {"organisation": "", "lang": "en"})
    return HttpResponse(page, status=202)


def _ask_for_more(request: HttpRequest) -> HttpResponse:
    """sipgate tells of a call that is taken, or over, only where the answer to its beginning says."""
    address = known.url(request.path.rpartition("/")[2])
    page = render_to_string("inbox/call.xml", {"address": address})
    return HttpResponse(page, content_type="application/xml")


def _onward(body: bytes, endpoint: Endpoint | None) -> str:
    """Where the form says the visitor goes next, if its host is among those that were named."""
    if endpoint is None or not endpoint.return_hosts:
        return ""
    try:
        fields = dict(parse_qsl(body.decode(errors="replace"), max_num_fields=MOST_FIELDS))
        wanted = next((fields[name] for name in RETURNS if fields.get(name)), "")
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    plain = wanted.isprintable() and "\\" not in wanted and len(wanted) < 2000
    host = parts.netloc.lower()
    return wanted if plain and parts.scheme in {"http", "https"} and host in endpoint.return_hosts else ""


def _challenged(request: HttpRequest, address: str) -> HttpResponse:
    """Meta asks once, with the last part of the address as its verify token."""
    mine = hmac.compare_digest(request.GET.get("hub.verify_token", "").encode(), address.encode())
    if request.GET.get("hub.mode") == "subscribe" and mine:
        return HttpResponse(request.GET.get("hub.challenge", "")[:200], content_type="text/plain; charset=utf-8")
    return _said(200, "This address takes inquiries by POST.")


def _said(status: int, text: str, **headers: str) -> HttpResponse:
    answer = _json({"received": False, "detail": text}, status)
    for name, value in headers.items():
        answer[name] = value
    return answer


def _json(body: dict[str, object], status: int) -> HttpResponse:
    return _open_to_all(HttpResponse(json.dumps(body), status=status, content_type="application/json"))


def _open_to_all(answer: HttpResponse) -> HttpResponse:
    """Scripts on other sites may post here and read whether it arrived."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Allow-Methods"] = "POST"
    answer["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
    answer["Access-Control-Max-Age"] = "86400"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
