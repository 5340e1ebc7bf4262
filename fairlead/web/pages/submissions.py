"""What has arrived: the list, and one submission as it came, with what became of it."""

from typing import Any, cast

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import access
from fairlead.core.errors import Invalid
from fairlead.models import Form, Submission
from fairlead.reading.answers import TRAP
from fairlead.reading.inquiry import seen
from fairlead.verbs.submissions import MOST_AT_ONCE, process_submissions
from fairlead.web.addresses import url_of
from fairlead.web.beside import size_in_words
from fairlead.web.formats import count
from fairlead.web.listing import Asked
from fairlead.web.listings import SUBMISSIONS
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.endpoints import BECOMES

SHOWN = 20_000  # signs of a payload that the page shows
ORIGINS = ("Referer", "Origin", "User-Agent")


@page("lead.see")
def index(request: Request) -> HttpResponse:
    asked = Asked(SUBMISSIONS, request.GET, request.by, request.reader)
    found = asked.page()
    context = {
        "listing": SUBMISSIONS,
        "asked": asked,
        "page": found,
        "total": asked.count(),
        "editable": _editable(request, found.rows),
        "leads": _leads(request, found.rows),
        "url_of": url_of,
        "may_set_up": access.can_any(request.by, "edit", "organisation"),
    }
    return render(request, "submissions/list.html", context)


@page("member")
def one(request: Request, address: str) -> HttpResponse:
    submission = cast(Submission, record_or_404(request, "submission", address))
    private = request.by.level("see", "private") != "none"
    payload = submission.body if private else b""
    headers = submission.headers or {}
    form = Form.behind(submission.endpoint_id) if submission.endpoint.kind == "form" else None
    asked = {each["key"]: each["becomes"] for each in form.fields} | {TRAP: "trap"} if form else {}
    mapping = asked or submission.endpoint.mapping
    fields = seen(payload, headers, submission.content_type, mapping)
    context = {
        "submission": submission,
        "private": private,
        "payload": payload.decode(errors="replace")[:SHOWN],
        "size": len(payload),
        "cut": len(payload) > SHOWN,
        "form": form if access.can_any(request.by, "edit", "organisation") else None,
        "fields": [
            {"name": name, "value": value, "target": target}
            for name, (value, target) in fields.items()
            if not name.startswith("_")
        ],
        "becomes": BECOMES,
        "url_of": url_of,
        "size_in_words": size_in_words,
        "origins": {name: headers[name] for name in ORIGINS if name in headers},
        "may_edit": access.can(request.by, "edit", submission),
        "lead": submission.lead if submission.pk in _leads(request, [submission]) else None,
        "may_set_up": access.can_any(request.by, "edit", "organisation"),
    }
    return render(request, "submissions/one.html", context)


@page("lead.edit", "POST")
def process(request: Request) -> HttpResponse:
    """Process the ticked ones again: one act, one undo."""
    ids = [each for each in request.POST.getlist("ids")[: MOST_AT_ONCE + 1] if each.isalnum()]
    chosen = list(Submission.objects.visible_to(request.by).filter(public_id__in=ids))
    if not chosen:
        raise Invalid({"ids": [_("Nothing is selected, so nothing was changed. Go back and tick some rows.")]})
    process_submissions(request.by, chosen)
    back = Asked(SUBMISSIONS, request.POST.get("query", ""), request.by, request.reader).url()
    many = f"{count(len(chosen), request.reader)} {ngettext('submission', 'submissions', len(chosen))}"
    return done(request, back, _("%(many)s processed.") % {"many": many})


def _editable(request: Request, rows: list[Any]) -> set[int]:
    found = Submission.objects.reached_by(request.by, "edit").filter(pk__in=[row.pk for row in rows])
    return set(found.values_list("pk", flat=True))


def _leads(request: Request, rows: list[Any]) -> set[int]:
    """The submissions whose lead the reader sees."""
    leads: Any = Submission._meta.get_field("lead").related_model
    ids = {row.lead_id for row in rows} - {None}
    visible = set(leads.objects.visible_to(request.by).filter(pk__in=ids).values_list("pk", flat=True))
    return {row.pk for row in rows if row.lead_id in visible}
