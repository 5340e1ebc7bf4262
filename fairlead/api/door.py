"""What every operation of the API shares: methods, the token, what is accepted, and refusals as problems."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.api.problems import MethodNotAllowed, NotAcceptable, problem
from fairlead.core import act
from fairlead.core.cutoff import reading
from fairlead.core.errors import BadRequest, Refused
from fairlead.programs.keys import identify

READING = {"GET", "HEAD"}
Operation = Callable[..., HttpResponse]


def operation(*methods: str, kind: str = "application/json") -> Callable[[Operation], Operation]:
    """Declare an operation for token holders; it gets the request and the actor, and refuses by raising.

    `kind` is what it answers with; "" stands for a file of any kind.
    """

    def declare(view: Operation) -> Operation:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                by = identify(request.headers.get("Authorization", ""), "api")
                _check(request, methods, kind)
                act.forget()
                with reading() if request.method in READING else nullcontext():
                    return view(request, by, *args, **kwargs)
            except Refused as refusal:
                return problem(refusal, **_headers(refusal))

        answered.may, answered.methods = "member", methods  # type: ignore[attr-defined]
        # A page of another site cannot send a token, so there is nothing to forge.
        answered.csrf_exempt = True  # type: ignore[attr-defined]
        return answered

    return declare


def answer(body: Any, headers: Mapping[str, str] | None = None, *, status: int = 200) -> HttpResponse:
    """JSON that nobody keeps."""
    text = json.dumps(body, cls=DjangoJSONEncoder)
    named = {"Cache-Control": "no-store", **(headers or {})}
    return HttpResponse(text, status=status, content_type="application/json", headers=named)


def not_here(*allowed: str) -> MethodNotAllowed:
    """There is no such method at this address, but these."""
    return MethodNotAllowed(_("This address takes %(methods)s.") % {"methods": ", ".join(allowed)}, allow=list(allowed))


def _check(request: HttpRequest, methods: tuple[str, ...], kind: str) -> None:
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        raise not_here(*methods)
    if kind and not request.accepts(kind) and not request.accepts("application/problem+json"):
        raise NotAcceptable(_("Answers come as application/json."))
    if "\x00" in request.path_info or any("\x00" in text for texts in request.GET.lists() for text in texts[1]):
        raise BadRequest(_("There is a character here that cannot be read (NUL)."))


def _headers(refusal: Refused) -> dict[str, str]:
    if refusal.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="Fairlead"'}
    if isinstance(refusal, MethodNotAllowed):
        return {"Allow": ", ".join(refusal.facts["allow"])}
    return {"Retry-After": str(refusal.facts["retry_after"])} if refusal.status == 429 else {}
