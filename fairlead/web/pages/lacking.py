"""What lacks a next step, across leads and opportunities: plan one, or park it on purpose."""

from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.cutoff import in_time
from fairlead.core.errors import TooSlow
from fairlead.core.record import nouns
from fairlead.web import rows
from fairlead.web.addresses import url_of
from fairlead.web.lacking import COUNTED, Lacking, lacking
from fairlead.web.listings import LISTINGS
from fairlead.web.page import Request, page, render
from fairlead.web.soon import later


@page("member")
def index(request: Request) -> HttpResponse:
    """One's own, or with ?whose=all those of everybody that one sees."""
    own = request.GET.get("whose") != "all"
    try:
        with in_time():
            found = lacking(request.by, request.reader.today, own=own)
    except TooSlow as slow:
        return render(request, "lacking/lacking.html", _frame(own) | {"groups": [], "slow": slow.text})
    context = _frame(own) | {
        "groups": [_group(request, noun, each, own) for noun, each in found.items() if each.rows],
        "snooze": later(request.reader),
        "url_of": url_of,
        "slow": "",
    }
    return render(request, "lacking/lacking.html", context)


def _frame(own: bool) -> dict[str, object]:
    views = [
        {"label": _("Mine"), "url": "/no-next-step", "current": own},
        {"label": _("Everybody’s"), "url": "/no-next-step?whose=all", "current": not own},
    ]
    return {"views": views, "own": own}


def _group(request: Request, noun: str, found: Lacking, own: bool) -> dict[str, object]:
    asked = {"next": "none", **({"owner": "me"} if own else {})}
    return {
        "noun": noun,
        "title": LISTINGS[noun].title,
        "rows": found.rows,
        "number": found.number,
        "most": COUNTED,
        "all": f"{LISTINGS[noun].url}?{urlencode(asked)}",
        "editable": rows.on_which(request.by, "edit", nouns()[noun], [row.pk for row in found.rows]),
    }
