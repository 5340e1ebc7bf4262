"""What every answer carries: the rules for the browser, and compression for what gains by it."""

import gzip
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers

from fairlead.core.act import remembering

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# A view that sets one of these itself keeps its own.
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    # Whatever is not a file of the product is private; static files bring their own.
    "Cache-Control": "no-store",
}
HSTS = f"max-age={365 * 24 * 3600}"
COMPRESSED = ("text/html", "application/json", "application/problem+json")
SHORTEST = 200  # bytes; shorter answers gain nothing
# A list takes 0.5 ms instead of 1.3 ms at the usual 6, and is an eighth longer.
LEVEL = 3
NAMED = b"\x08"  # gzip's sign that a file name follows
PADDING = 100  # bytes at most

Answer = Callable[[HttpRequest], HttpResponseBase]


class Headers:
    """The outermost middleware, so that faults and static files carry them too; what is remembered ends with it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with remembering():
            answer = self.get_response(request)
        for name, value in ALWAYS.items():
            answer.headers.setdefault(name, value)
            if not answer.headers[name]:  # a view that wants none of it
                del answer.headers[name]
        if request.is_secure():
            answer.headers.setdefault("Strict-Transport-Security", HSTS)
        return answer


class Compressed:
    """Pages and data; downloads go out as they are."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if kind in COMPRESSED and isinstance(answer, HttpResponse) and len(answer.content) >= SHORTEST:
            _compress(request, answer)
        return answer


def _compress(request: HttpRequest, answer: HttpResponse) -> None:
    if answer.has_header("Content-Encoding"):
        return
    patch_vary_headers(answer, ("Accept-Encoding",))
    if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        answer.content = packed(answer.content)
        answer.headers["Content-Length"] = str(len(answer.content))
        answer.headers["Content-Encoding"] = "gzip"


def packed(content: bytes) -> bytes:
    """Compressed by gzip, with a file name of random length: nobody can tell by the size what was guessed right."""
    plain = gzip.compress(content, LEVEL, mtime=0)
    return plain[:3] + NAMED + plain[4:10] + b"a" * secrets.randbelow(PADDING) + b"\0" + plain[10:]
