"""The audit, and the history of the settings: who did what through which door, narrowed, exported, taken back."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.record import rows
from fairlead.core.verb import REGISTRY
from fairlead.models import User
from fairlead.programs import audit
from fairlead.programs.cells import plain
from fairlead.web.audited import DOORS, Line, lines
from fairlead.web.page import Request, page
from fairlead.web.pages.settings import show

SIZE, MOST = 50, 50_000
HEAD = ("at", "by", "door", "verb", "what", "act", "noun", "id", "op", "field", "before", "after")
# What the fields of the form are called; `record` comes from a link on a record's page.
NARROWING = ("person", "verb", "noun", "door", "since", "until", "record")
NOT_TOLD = {"eventlink"}


@page("event.export")
def index(request: Request) -> HttpResponse:
    """Everything that was done, the newest first."""
    given = _given(request, [*NARROWING, "cursor"])
    return show(request, "audit/audit.html", _page(request, given) | {"choices": _choices(request), "given": given})


@page("event.export", patient=True)
def export(request: Request) -> HttpResponse:
    """What the audit shows, as CSV: a line for each changed value; the newest 50,000 events."""
    given = _given(request, NARROWING)
    audit.read(request.by, given, 1, request.reader.zone)  # refuse before the first line is sent
    answer = StreamingHttpResponse(_written(request, given), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


@page("organisation.edit")
def changes(request: Request) -> HttpResponse:
    """What was changed in the settings, each with its undo."""
    given = _given(request, ["cursor"])
    given["noun"] = audit.SETTINGS
    return show(request, "audit/changes.html", _page(request, given))


def _page(request: Request, given: QueryDict) -> dict[str, Any]:
    found = audit.read(request.by, given, SIZE, request.reader.zone)
    kept = {name: str(value) for name, value in given.items() if name in NARROWING}
    return {
        "lines": lines(found, request.by, request.reader),
        "next": f"{request.path}?{urlencode(kept | {'cursor': found.next})}" if found.next else "",
        "export": f"/settings/audit.csv?{urlencode(kept)}",
        "narrowed": bool(kept),
        "later": "cursor" in given,
    }


def _given(request: Request, names: Any) -> QueryDict:
    """What was asked, without what a form leaves empty."""
    given = request.GET.copy()
    for name in [name for name, value in given.items() if not value]:
        del given[name]
    audit.known(given, names)
    return given


def _choices(request: Request) -> dict[str, list[tuple[str, Any]]]:
    people = User.objects.visible_to(request.by).order_by("-is_active", "name")
    kinds = sorted((str(model._meta.verbose_name), noun) for noun, model in rows().items() if noun not in NOT_TOLD)
    return {
        "person": [("", _("Anybody")), *((user.public_id, user.name) for user in people)],
        "verb": [("", _("Any deed")), *((name, name.replace("_", " ")) for name in sorted(REGISTRY))],
        "noun": [("", _("Anything")), (audit.SETTINGS, _("settings")), *((noun, label) for label, noun in kinds)],
        "door": [("", _("Any door")), *DOORS.items()],
    }


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _written(request: Request, given: QueryDict) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(HEAD)  # the mark that tells spreadsheets it is UTF-8
    for event, reading in audit.every(request.by, given, MOST, request.reader.zone):
        for line in lines(audit.Found([event], reading, ""), request.by, request.reader):
            for cells in _cells(line):
                yield writer.writerow([plain(cell) for cell in cells])


def _cells(line: Line) -> Iterator[list[str]]:
    event = line.event
    first = [event.at.isoformat(), event.by_label, event.door, event.verb, line.sentence, str(event.act)]
    for each in line.changes:
        yield [*first, each["noun"], each["id"], each["op"], each["label"], each["before"], each["after"]]
    if not line.changes:
        yield [*first, "", "", "", "", "", ""]
