"""Arrivals as tests make them."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from fairlead.core.actor import system
from fairlead.models import Endpoint, Submission
from fairlead.verbs.endpoints import create_endpoint
from fairlead.verbs.submissions import process_submission, receive_submissions

SYSTEM = system("test")
OF_THE_WORLD = ("Website contact form", "Security check survey", "Facebook adverts", "Telephone system")
FORM = "application/x-www-form-urlencoded"


def endpoint(name: str = "Contact form", **facts: Any) -> Endpoint:
    return create_endpoint(SYSTEM, name=name, **facts).endpoint


def arrived(at: Endpoint, body: Any, content_type: str = "", **more: Any) -> Submission:
    """Kept, not processed. A dict is posted as a form, unless JSON is asked for."""
    if isinstance(body, dict) and content_type != "application/json":
        content, content_type = urlencode(body).encode(), content_type or FORM
    else:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
    arrival: Any = {"body": base64.b64encode(content).decode(), "content_type": content_type, **more}
    return receive_submissions(SYSTEM, at, arrivals=[arrival])[0]


def processed(at: Endpoint, body: Any, content_type: str = "", **more: Any) -> Submission:
    return process_submission(SYSTEM, arrived(at, body, content_type, **more))


def ours() -> QuerySet[Submission]:
    """The submissions that a test made, without those of the demo world."""
    return Submission.objects.exclude(endpoint__name__in=OF_THE_WORLD).order_by("pk")
