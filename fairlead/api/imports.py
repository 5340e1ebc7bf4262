"""What programs read of an import besides its record: the rows of its dry run, and those that were rejected."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.api.door import answer, operation
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.schema import find
from fairlead.exchange.imports.carrying import MOST_TOLD, OUTCOMES, rejected_file, rows_told
from fairlead.models import Import

USUAL, MOST = 50, 1000


@operation("GET")
def rows(request: HttpRequest, by: Actor, public_id: str) -> HttpResponse:
    """A page of the rows of its dry run with one outcome, each with its reasons."""
    into = cast(Import, find("import", public_id, by))
    outcome = request.GET.get("outcome", "rejected")
    if outcome not in OUTCOMES:
        raise BadRequest(_("outcome is one of %(names)s.") % {"names": ", ".join(OUTCOMES)}, known=list(OUTCOMES))
    start, size = _whole(request.GET, "start", 0, MOST_TOLD), _whole(request.GET, "limit", USUAL, MOST)
    found = rows_told(into, outcome, start, size + 1)
    return answer({"items": found[:size], "next": start + size if len(found) > size else None})


@operation("GET", kind="")
def rejected(request: HttpRequest, by: Actor, public_id: str) -> HttpResponse:
    """The rejected rows as they stood in the file, with their reasons, as CSV."""
    path = rejected_file(cast(Import, find("import", public_id, by)))
    made = FileResponse(path.open("rb"), as_attachment=True, filename="rejected.csv", content_type="text/csv")
    made["Cache-Control"] = "no-store"
    made["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, made)


def _whole(given: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    text = str(given.get(name, usual))
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= most):
        raise BadRequest(_("%(name)s is a number up to %(most)s.") % {"name": name, "most": most})
    return int(text)
