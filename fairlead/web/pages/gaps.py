"""Moves made although required criteria were missing, with their reasons: for the review of one person at a time."""

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core.errors import NotFound
from fairlead.models import Gap
from fairlead.models.pipeline import Pipeline, Stage
from fairlead.web.addresses import url_of
from fairlead.web.page import Request, page, render

SHOWN = 200
DAYS = (30, 90, 365)
USUAL = 90
Chosen = dict[str, str]


@page("opportunity.see")
def index(request: Request) -> HttpResponse:
    """The newest of the last 90 days, or of `days`; of one person (`who`), and out of one stage (`stage`)."""
    chosen = {name: request.GET[name] for name in ("who", "stage") if request.GET.get(name)}
    days = _days(request.GET.get("days", ""))
    gaps: Any = Gap.objects.visible_to(request.by).filter(at__gte=request.reader.now - timedelta(days=days))
    stages = list(Stage.objects.select_related("pipeline").order_by("pipeline__position", "position", "pk"))
    if "stage" in chosen:
        gaps = gaps.filter(stage=_of(stages, chosen["stage"]))
    counted = gaps.order_by().values("by_user__public_id", "by_user__name").annotate(number=Count("pk"))
    people = sorted(counted, key=lambda each: (-each["number"], each["by_user__name"] or ""))
    if "who" in chosen:
        gaps = gaps.filter(by_user__public_id=chosen["who"].replace("\x00", ""))
    rows = list(gaps.select_related("opportunity", "stage__pipeline", "by_user").order_by("-at", "-pk")[: SHOWN + 1])
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "days": days,
        "spans": [(each, _span(each)) for each in DAYS],
        "stages": [(each.public_id, f"{each.pipeline}: {each}") for each in stages],
        "chosen": chosen,
        "views": _views(people, chosen, days),
        "url_of": url_of,
        "several": Pipeline.objects.live().count() > 1,
    }
    return render(request, "pipeline/gaps.html", context)


def _days(text: str) -> int:
    known = {str(each): each for each in DAYS}
    return known.get(text, USUAL)


def _span(days: int) -> str:
    return ngettext("Last %(n)s day", "Last %(n)s days", days) % {"n": days}


def _of(stages: list[Stage], public_id: str) -> Stage:
    found = next((each for each in stages if each.public_id == public_id), None)
    if found is None:
        raise NotFound(_("There is no such stage."))
    return found


def _views(people: list[dict[str, Any]], chosen: Chosen, days: int) -> list[dict[str, Any]]:
    """Everybody, then each who made such moves, with how many."""
    kept = {"days": days, **({"stage": chosen["stage"]} if "stage" in chosen else {})}
    total = sum(each["number"] for each in people)
    found = [{"label": _("Everybody"), "url": _url(kept), "current": "who" not in chosen, "count": total}]
    for each in people:
        if each["by_user__public_id"]:
            who = each["by_user__public_id"]
            current = chosen.get("who") == who
            url = _url({**kept, "who": who})
            found.append({"label": each["by_user__name"], "url": url, "current": current, "count": each["number"]})
    return found


def _url(query: dict[str, Any]) -> str:
    return f"/pipeline/gaps?{urlencode(query)}"
