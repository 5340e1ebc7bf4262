"""What every answer carries: the rules for the browser, and compression for what gains by it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

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
        if request.is_secure():
            answer.headers.setdefault("Strict-Transport-Security", HSTS)
        return answer


class Compressed(GZipMiddleware):
    """Pages and data; downloads go out as they are. Django pads pages at random against guessing by size."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        return super().process_response(request, response) if kind in COMPRESSED else response
