"""Reading what a caller sends: a JSON object, or a form with a file for verbs that take one."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from fairlead.api.problems import BodyTooLarge, Malformed, NotJson
from fairlead.core.errors import Invalid
from fairlead.core.schema import takes_file
from fairlead.core.upload import Handler
from fairlead.programs import exact
from fairlead.programs.text import from_text

JSON = frozenset({"application/json", "application/merge-patch+json"})


def body(request: HttpRequest, verb: str) -> dict[str, Any]:
    """The verb's arguments as sent; an empty body is none."""
    try:
        if request.content_type == "multipart/form-data" and takes_file(verb):
            request.upload_handlers = [Handler(request, verb=verb)]
            return _form(request, verb)
        if not request.body:
            return {}
        if request.content_type not in JSON:
            raise NotJson(_("Send JSON, with Content-Type: application/json."))
        return _object(request.body)
    except RequestDataTooBig:
        raise BodyTooLarge(_("This is larger than 2 MB.")) from None
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        raise Malformed(_("The body of this request cannot be read.")) from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = exact.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed(_("This is not JSON, or it is nested too deeply.")) from None
    if not isinstance(found, dict):
        raise Malformed(_("Send a JSON object, such as {}."))
    return found


def _form(request: HttpRequest, verb: str) -> dict[str, Any]:
    texts = {name: [str(text) for text in texts] for name, texts in request.POST.lists()}
    both = set(texts) & set(request.FILES)
    if both:
        raise Invalid({name: [_("This came twice, as a text and as a file.")] for name in both})
    return from_text(verb, texts) | {name: arrival.upload for name, arrival in request.FILES.items()}  # type: ignore[union-attr]
