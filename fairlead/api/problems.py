"""Refusals as RFC 9457 problem details, each with a code for programs and the errors by field."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import Refused, explained

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "This request cannot be read",
    401: "A token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    406: "Answers are JSON",
    409: "Not possible now",
    413: "Too large",
    415: "Wrong type of content",
    422: "Something in it cannot be taken",
    429: "Too many requests",
    503: "Not available",
}


class Malformed(Refused):
    code, status = "malformed", 400


class MethodNotAllowed(Refused):
    code, status = "method_not_allowed", 405


class NotAcceptable(Refused):
    code, status = "not_acceptable", 406


class BodyTooLarge(Refused):
    code, status = "too_large", 413


class NotJson(Refused):
    code, status = "wrong_type", 415


def problem(refusal: Refused, **headers: str) -> HttpResponse:
    """The refusal as an answer; `type` leads to its description on the reference page."""
    title = _(TITLES.get(refusal.status, "Refused"))
    body = explained(refusal) | {"type": f"/api/v1/#{refusal.code}", "title": title, "status": refusal.status}
    text = json.dumps(body, cls=DjangoJSONEncoder)
    answer = HttpResponse(text, status=refusal.status, content_type=MEDIA_TYPE, headers=headers)
    answer["Cache-Control"] = "no-store"
    return answer
