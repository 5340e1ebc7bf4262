"""The pipeline: the list of opportunities as a board and as a forecast, and moving a card."""

from datetime import date
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access, act, clock
from fairlead.core.cutoff import in_time
from fairlead.core.errors import Invalid, Refused, TooSlow
from fairlead.core.schema import find
from fairlead.models import Opportunity, Organisation, User
from fairlead.models.pipeline import Stage
from fairlead.programs.days import months_on
from fairlead.verbs.opportunities import move_stage, place_opportunity
from fairlead.verbs.targets import set_target
from fairlead.web import typed
from fairlead.web.answer import answered, declined, partial
from fairlead.web.board import Board
from fairlead.web.forecast import MONTHS, SURE, Forecast
from fairlead.web.formats import capped, count, money, written
from fairlead.web.forms import Form
from fairlead.web.listing import SETTLED, Asked
from fairlead.web.listings import OPPORTUNITIES
from fairlead.web.opened import open_list
from fairlead.web.page import Request, done, page, render
from fairlead.web.pages import lists
from fairlead.web.soon import later


@page("opportunity.see")
def show(request: Request) -> HttpResponse:
    """The pipeline in the layout that `as` names."""
    layout = request.GET.get("as", "board")
    if layout not in SETTLED:
        return lists.show(request, OPPORTUNITIES)
    given = request.GET.copy()
    given["as"] = layout
    for name in ("group", "as_of"):  # which only the list has
        given.pop(name, None)
    asked, opened = open_list(OPPORTUNITIES, given, request.by, request.reader)
    try:
        with in_time():
            return (_board if layout == "board" else _forecast)(request, asked, opened)
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


class TargetForm(Form):
    user = forms.ChoiceField(choices=lambda: [(each.public_id, each.name) for each in User.objects.active()])
    month = forms.ChoiceField(choices=lambda: _months())
    amount = forms.CharField(max_length=40)


@page("opportunity.mass_update", "POST")
def target(request: Request) -> HttpResponse:
    """Set what somebody means to win in a month."""
    form = TargetForm(request.POST)
    asked = Asked(OPPORTUNITIES, request.POST.get("query", ""), request.by, request.reader)

    def carried(user: str, month: str, amount: str) -> Any:
        whose = cast(User, find("user", user, request.by))
        try:
            value, _currency = typed.amount(amount, "", request.reader.locale)
        except typed.Unread as unread:
            raise Invalid({"amount": [str(unread)]}) from None
        return set_target(request.by, user=whose, month=date.fromisoformat(month), amount=value)

    if form.carried_out(carried):
        return done(
            request, asked.url(**{"as": "forecast"}), _("Target of %(user)s saved.") % {"user": form.result.user}
        )
    return _forecast(request, asked, None, form)


def _months() -> list[tuple[str, str]]:
    first = clock.today(Organisation.ours().tz).replace(day=1)
    months = (months_on(first, number) for number in range(MONTHS))
    return [(month.isoformat(), f"{month:%Y-%m}") for month in months]


@page("opportunity.edit", "POST")
def move(request: HttpRequest) -> HttpResponse:
    """Move a card to a stage, there before or after another one; answers with it and the heads of the lanes."""
    found = cast(Request, request)
    opportunity = find("opportunity", request.POST.get("opportunity", ""), found.by)
    stage = find("stage", request.POST.get("stage", ""), found.by)
    try:
        beside = _beside(found)
        move_stage(found.by, cast(Opportunity, opportunity), stage=cast(Stage, stage), **beside)
    except Invalid as invalid:
        if "reason" not in invalid.errors:
            return declined(request, "/pipeline", invalid)
        asked = {"stage": stage.public_id, **{name: each.public_id for name, each in beside.items()}}
        ask = f"/opportunities/{opportunity.public_id}/move-stage?{urlencode(asked)}"
        return HttpResponse(status=422, headers={"HX-Redirect": ask}) if partial(request) else _redirect(ask)
    except Refused as refusal:
        return declined(request, "/pipeline", refusal)
    if not partial(request):
        return _redirect("/pipeline")
    return _moved(found, cast(Opportunity, opportunity))


@page("opportunity.edit", "POST")
def place(request: HttpRequest) -> HttpResponse:
    """Put a card before or after another one of its lane; by its next step without either."""
    found = cast(Request, request)
    opportunity = find("opportunity", request.POST.get("opportunity", ""), found.by)
    try:
        beside = _beside(found)
        place_opportunity(found.by, cast(Opportunity, opportunity), **beside)
    except Refused as refusal:
        return declined(request, "/pipeline", refusal)
    deed = act.last()
    text = _("%(title)s has another place.") if beside else _("%(title)s stands by its next step again.")
    changed = deed.id if deed and deed.changed else None
    return answered(request, "/pipeline", text % {"title": opportunity}, changed)


def _beside(request: Request) -> dict[str, Any]:
    """The card before or after which it was let go."""
    given = {name: request.POST[name] for name in ("before", "after") if request.POST.get(name)}
    return {name: find("opportunity", each, request.by) for name, each in given.items()}


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
        "may_edit": access.can_any(request.by, "edit", "opportunity"),
        "snooze": later(request.reader),
    }
    return render(request, "pipeline/board.html", context)


def _forecast(request: Request, asked: Asked, opened: Any, form: Any = None) -> HttpResponse:
    won = asked.lists | {"state": ["won"]}
    forecast = Forecast(asked, Asked(OPPORTUNITIES, won, request.by, request.reader))
    context = lists.head(request, asked, opened) | {
        "forecast": forecast,
        "ours": Organisation.ours().currency,
        "sure": SURE,
        "months": [{"label": _month(month, request), "end": True} for month in forecast.months],
        "month_of": lambda month: _month(month, request),
        "facts": _late(forecast, request),
        "may_set": access.can_any(request.by, "mass_update", "opportunity"),
        "form": form or TargetForm(initial={"user": request.user.public_id}),
    }
    return render(request, "pipeline/forecast.html", context, status=form.status if form else 200)


def _late(forecast: Forecast, request: Request) -> list[dict[str, str]]:
    if not forecast.overdue:
        return []
    url = forecast.asked.url(**{"as": "list", "close_on.lt": "this_month"})
    figure = capped(forecast.overdue, request.reader)
    return [{"figure": figure, "text": _("with a close date that has passed"), "url": url}]


def _month(month: date, request: Request) -> str:
    return written("yMMM", month, request.reader.locale)


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
