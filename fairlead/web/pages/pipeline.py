"""The pipeline: the list of opportunities as a board, and moving a card on it."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core import access, act
from fairlead.core.cutoff import in_time
from fairlead.core.errors import Invalid, Refused, TooSlow
from fairlead.core.schema import find
from fairlead.models import Opportunity
from fairlead.models.pipeline import Stage
from fairlead.verbs.opportunities import move_stage
from fairlead.web.answer import declined, partial
from fairlead.web.board import Board
from fairlead.web.formats import count, money
from fairlead.web.listing import Asked
from fairlead.web.listings import OPPORTUNITIES
from fairlead.web.opened import open_list
from fairlead.web.page import Request, page, render
from fairlead.web.pages import lists


@page("opportunity.see")
def show(request: Request) -> HttpResponse:
    """The pipeline in the layout that `as` names."""
    if request.GET.get("as", "board") != "board":
        return lists.show(request, OPPORTUNITIES)
    given = request.GET.copy()
    given["as"] = "board"
    for name in ("group", "as_of"):  # which only the list has
        given.pop(name, None)
    asked, opened = open_list(OPPORTUNITIES, given, request.by, request.reader)
    try:
        with in_time():
            return _board(request, asked, opened)
    except TooSlow as slow:
        context = lists.head(request, asked, opened) | {"slow": slow.text}
        return render(request, "lists/slow.html", context, status=slow.status)


@page("opportunity.see")
def lane(request: Request, public_id: str) -> HttpResponse:
    """The next cards of one lane, after the place in `after`."""
    given = request.GET.copy()
    place = given.pop("after", [""])[-1]
    board = Board(Asked(OPPORTUNITIES, given, request.by, request.reader))
    stage = next((each for each in board.stages if each.public_id == public_id), None)
    if not partial(request) or stage is None:
        return HttpResponseRedirect(f"/opportunities?stage={public_id}")
    return render(request, "pipeline/_cards.html", {"board": board, "lane": board.lane(stage, place)})


@page("opportunity.edit", "POST")
def move(request: HttpRequest) -> HttpResponse:
    """Move a card to a stage; answers with the card and the heads of the lanes, for the board that is shown."""
    found = cast(Request, request)
    opportunity = find("opportunity", request.POST.get("opportunity", ""), found.by)
    stage = find("stage", request.POST.get("stage", ""), found.by)
    try:
        move_stage(found.by, cast(Opportunity, opportunity), stage=cast(Stage, stage))
    except Invalid as invalid:
        if "reason" not in invalid.errors:
            return declined(request, "/pipeline", invalid)
        ask = f"/opportunities/{opportunity.public_id}/move-stage?stage={stage.public_id}"
        return HttpResponse(status=422, headers={"HX-Redirect": ask}) if partial(request) else _redirect(ask)
    except Refused as refusal:
        return declined(request, "/pipeline", refusal)
    if not partial(request):
        return _redirect("/pipeline")
    return _moved(found, cast(Opportunity, opportunity))


def _moved(request: Request, opportunity: Opportunity) -> HttpResponse:
    deed = act.last()
    board = Board(Asked(OPPORTUNITIES, request.POST.get("query", ""), request.by, request.reader))
    card = board.card(opportunity)
    context = {
        "board": board,
        "card": card,
        "facts": _facts(board, request),
        "text": _("%(title)s moved to %(stage)s.") % {"title": opportunity, "stage": opportunity.stage},
        "undo": f"/acts/{deed.id}/undo" if deed and deed.changed else "",
    }
    return render(request, "pipeline/_moved.html", context)


def _board(request: Request, asked: Asked, opened: Any) -> HttpResponse:
    board = Board(asked)
    context = lists.head(request, asked, opened) | {
        "board": board,
        "lanes": board.lanes,
        "facts": _facts(board, request),
        "groupings": [],
        "may_edit": access.can_any(request.by, "edit", "opportunity"),
    }
    return render(request, "pipeline/board.html", context)


def _facts(board: Board, request: Request) -> list[dict[str, str]]:
    """The figures above the lanes."""
    reader, worth = request.reader, board.worth

    def said(sums: Any) -> str:
        return " + ".join(money(amount, currency, reader) for currency, amount in board.sums(sums))

    found = [{"figure": said(worth.total), "text": _("open")}, {"figure": said(worth.weighted), "text": _("weighted")}]
    url = board.asked.url
    found += [
        {"figure": count(worth.lacking, reader), "text": _("with no next step"), "url": url(next="none")},
        {"figure": count(worth.stalled, reader), "text": _("longer in their stage than usual")},
    ]
    return [each for each in found if each["figure"] not in ("", "0")]


def _redirect(to: str) -> HttpResponse:
    return HttpResponseRedirect(to, status=303)
