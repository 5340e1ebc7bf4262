"""The lists of people, companies, leads and opportunities, and acting on many rows at once."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from markupsafe import Markup

from fairlead.core import access
from fairlead.core.actor import CLASSES
from fairlead.core.cutoff import in_time
from fairlead.core.errors import Invalid, TooSlow
from fairlead.core.light import Glimpse
from fairlead.models import Lead, Opportunity, Track, User
from fairlead.verbs.bulk import archive_many, assign_many, park_many, tag_many
from fairlead.verbs.runs import change_list
from fairlead.verbs.track_bulk import apply_track_to_many, crowded
from fairlead.web import rows, typed
from fairlead.web.addresses import url_of, url_of_view
from fairlead.web.formats import count, local_date, moment, short_date
from fairlead.web.groups import groups
from fairlead.web.jinja import clock_of
from fairlead.web.lines import kept, short
from fairlead.web.listing import Asked, Listing
from fairlead.web.macros import quick
from fairlead.web.opened import Opened, open_list
from fairlead.web.page import Request, at_hand, done, render
from fairlead.web.pages.runs import once_of, remembered
from fairlead.web.soon import later
from fairlead.web.then import page_then
from fairlead.web.totals import totals

# The ways to look at a list, by noun: name, label, icon.
LAYOUTS = {
    "lead": (("inbox", gettext_lazy("Inbox"), "leads"), ("list", gettext_lazy("List"), "list")),
    "opportunity": (
        ("board", gettext_lazy("Board"), "pipeline"),
        ("list", gettext_lazy("List"), "list"),
        ("forecast", gettext_lazy("Forecast"), "report"),
    ),
}
NEXT_LINE = Markup("\n")
MOST_AT_ONCE = 10_000
SOME = 8  # of those that would be contacted too often are named
MOST_IN_ONE_REQUEST = 200  # more go on as a run


def show(request: Request, listing: Listing) -> HttpResponse:
    """One page of a list."""
    asked, opened = open_list(listing, request.GET, request.by, request.reader)
    try:
        with in_time():
            return _in_groups(request, asked, opened) if asked.group else _in_rows(request, asked, opened)
    except TooSlow as slow:
        context = head(request, asked, opened) | {"slow": slow.text}
        return render(request, "lists/slow.html", context, status=slow.status)


def _in_rows(request: Request, asked: Asked, opened: Opened | None) -> HttpResponse:
    noun = asked.listing.model.noun()
    page, total = page_then(asked) if asked.at else (asked.page(), asked.count())
    context = head(request, asked, opened) | {
        "page": page,
        "total": total,
        "totals": totals(asked, total) if page.rows else None,
        "reader": asked.reader,
        "snooze": later(request.reader),
        "list": Around(noun, page.rows, asked),
    }
    return render(request, "lists/list.html", context)


def _in_groups(request: Request, asked: Asked, opened: Opened | None) -> HttpResponse:
    """The list as groups, each of which opens its own rows."""
    found = groups(asked)
    context = head(request, asked, opened) | {"groups": found.shown, "complete": found.complete, "more": found.more}
    return render(request, "lists/groups.html", context)


def head(request: Request, asked: Asked, opened: Opened | None) -> dict[str, Any]:
    """What stands above the rows: views, filters, and what can be chosen."""
    listing, noun = asked.listing, asked.listing.model.noun()
    saved = [
        {"label": view.name, "url": url_of_view(view), "current": bool(opened and opened.view.pk == view.pk)}
        for view in at_hand(request)
        if view.list_of == noun and not asked.at
    ]
    pinned = bool(opened and any(view.pk == opened.view.pk and view.pinned is not None for view in at_hand(request)))
    return {
        "listing": listing,
        "noun": noun,
        "layouts": layouts(asked),
        "asked": asked,
        "opened": opened,
        "pinned": pinned,
        "saved": saved,
        "when": moment(asked.at, request.reader) if asked.at else "",
        "day": local_date(asked.at, request.reader).isoformat() if asked.at else "",
        "may_create": not asked.at and access.can_any(request.by, "create", noun),
        "may_export": not asked.at and access.can_any(request.by, "export", noun),
    }


def layouts(asked: Asked) -> list[dict[str, Any]]:
    """The ways to look at this list; a list of the past is only rows."""
    known = () if asked.at else LAYOUTS.get(asked.listing.model.noun(), ())
    return [
        {"url": asked.url(**{"as": name, "group": None}), "label": label, "icon": icon, "current": name == asked.layout}
        for name, label, icon in known
    ]


def selection(request: Request, listing: Listing) -> HttpResponse:
    """How many rows “all matching” would take, of those the reader may change: exact up to the most of one act."""
    asked = Asked(listing, request.GET, request.by, request.reader)
    asked.refuse_the_past()
    number = asked.records.reached_by(request.by, "mass_update").order_by()[: MOST_AT_ONCE + 1].count()
    text = count(min(number, MOST_AT_ONCE), request.reader)
    return render(request, "lists/_selection.html", {"text": f"{text}+" if number > MOST_AT_ONCE else text})


def bulk(request: Request, listing: Listing) -> HttpResponse:
    """Assign, tag, park or archive the chosen rows, or apply a track: one act, one undo; many of them as a run."""
    asked = Asked(listing, request.POST.get("query", ""), request.by, request.reader)
    asked.refuse_the_past()
    chosen = _chosen(request, asked)
    if request.POST.get("act") == "track" and (answer := _too_often(request, asked, chosen)) is not None:
        return answer
    if len(chosen) > MOST_IN_ONE_REQUEST:
        return _as_run(request, asked, chosen)
    text = _act(request, listing, chosen)
    return done(request, asked.url(), text)


def _as_run(request: Request, asked: Asked, chosen: list[Any]) -> HttpResponse:
    """All that match is read again when the run begins; ticked rows are taken as they are."""
    deed, ids = request.POST.get("act", ""), [each.public_id for each in chosen]
    if deed not in ("assign", "tag", "park", "track", "archive"):
        raise Invalid({"act": [_("Choose what to do with the selected rows. Nothing was changed.")]})
    asks: dict[str, Any] = {"deed": deed, "tag": request.POST.get("tag", "") if deed == "tag" else ""}
    asks |= {"owner": _owner(request) if deed == "assign" else None}
    asks |= {"until": _until(request) if deed == "park" else None}
    asks |= {"track": _track(request) if deed == "track" else None, "despite": request.POST.get("despite", "")}
    asks |= {"noun": asked.listing.model.noun(), "query": asked.query() if request.POST.get("all") else ""}
    run = change_list(request.by, ids=ids, as_page=True, once=once_of(str(asks), ids), **asks)
    return remembered(HttpResponseRedirect(f"/runs/{run.public_id}", status=303))


class Around:
    """What the rows of one page share: who may edit them, where they lead, and what stands beside each."""

    def __init__(self, noun: str, shown: list[Any], asked: Asked) -> None:
        by, self.reader, self.noun, self.past = asked.by, asked.reader, noun, asked.at is not None
        self._context = urlencode({"in": asked.context, **({"as_of": asked.given["as_of"]} if self.past else {})})
        self.named_by = "title" if noun == "opportunity" else "name"
        self.bulk = not self.past and access.can_any(by, "mass_update", noun)
        self._shown = shown
        shown = [] if self.past else shown
        model, ids = asked.listing.model, [row.pk for row in shown]
        self.editable = rows.on_which(by, "edit", model, ids)
        self.archivable = rows.on_which(by, "delete", model, ids)
        alike = by.level("mass_update", noun) == by.level("edit", noun)  # then the same rows are reached
        self.chosen_with_others = self.editable if alike else rows.on_which(by, "mass_update", model, ids)
        self.steps = rows.next_steps(noun, shown, by)
        self.stopped = rows.stopped(noun, shown) if noun in {"person", "company"} else {}
        self.columns = asked.columns[1:]
        self.stages: dict[Any, tuple[int, int]] = rows.stages() if noun == "opportunity" else {}
        names = tuple(column.name for column in self.columns)
        hidden = tuple(kind for kind in CLASSES if by.level("see", kind) == "none")
        self._frame = short((noun, self.bulk, self._context, names, hidden, *clock_of(self.reader)))

    def lines(self, macro: Any) -> Markup:
        """The rows as their macro makes them; one that shows what another one showed is not made again."""
        made = quick(macro)
        return NEXT_LINE.join([self._line(made, row) for row in self._shown])

    def _line(self, made: Callable[..., Markup], row: Any) -> str:
        if not isinstance(row, Glimpse):
            return made(row, self)
        key = (self._frame, row.values, row.beside, *self._of(row))
        return kept(key, lambda: made(row.row, self))

    def _of(self, row: Any) -> Iterator[Any]:
        """All that a row shows besides what was read with it."""
        step: Any = self.steps.get(row.pk)
        yield step and (step.values_read, step.due_at < self.reader.now)
        yield row.pk in self.editable
        yield row.pk in self.archivable
        yield row.pk in self.chosen_with_others
        yield self.stopped.get(row.pk)
        yield self.stages.get(row["stage_id"]) if self.noun == "opportunity" else None

    def locked(self, row: Any) -> str:
        """Why this row has no box to tick: its reader may change many at once, but not this one."""
        free = not self.bulk or row.pk in self.chosen_with_others
        return "" if free else _("Your role does not let you change this one together with others")

    def url(self, row: Any) -> str:
        return f"{url_of(row)}?{self._context}"

    def at(self, row: Any) -> str:
        """Where the row's fragments and deeds are."""
        return f"/{row.plural()}/{row.public_id}"


def _chosen(request: Request, asked: Asked) -> list[Any]:
    """The ticked rows, or all that match; only those on which the reader may act on many."""
    found: Any = asked.listing.model.objects.reached_by(request.by, "mass_update")
    if request.POST.get("all"):
        chosen = list(found.filter(pk__in=asked.records.order_by().values("pk"))[: MOST_AT_ONCE + 1])
    else:
        ids = [each for each in request.POST.getlist("ids")[: MOST_AT_ONCE + 1] if "\x00" not in each]
        seen = asked.listing.model.objects.visible_to(request.by)
        chosen = list(found.filter(pk__in=seen.values("pk"), public_id__in=ids))
    if not chosen:
        raise Invalid({"ids": [_("Nothing is selected, so nothing was changed. Go back and tick some rows.")]})
    if len(chosen) > MOST_AT_ONCE:
        text = _("These are more than %(most)s. Nothing was changed. Narrow the list first.")
        raise Invalid({"ids": [text % {"most": count(MOST_AT_ONCE, request.reader)}]})
    return chosen


def _act(request: Request, listing: Listing, chosen: list[Any]) -> str:
    many = f"{count(len(chosen), request.reader)} {ngettext(listing.one, listing.many, len(chosen))}"
    deed = request.POST.get("act", "")
    if deed == "assign":
        owner = _owner(request)
        assign_many(request.by, chosen, owner=owner)
        return _("%(many)s given to %(owner)s.") % {"many": many, "owner": owner or _("nobody")}
    if deed == "tag":
        tag_many(request.by, chosen, tag=request.POST.get("tag", ""))
        return _("%(many)s tagged %(tag)s.") % {"many": many, "tag": request.POST["tag"].strip()}
    if deed == "park" and listing.model in (Lead, Opportunity):
        until = _until(request)
        park_many(request.by, chosen, until=until)
        return _("%(many)s parked until %(until)s.") % {"many": many, "until": short_date(until, request.reader)}
    if deed == "track":
        track = _track(request)
        made = apply_track_to_many(request.by, chosen, track=track, despite=request.POST.get("despite", ""))
        words = {"track": track, "some": count(len(made), request.reader), "many": many}
        return _("%(track)s applied to %(some)s of %(many)s.") % words
    if deed == "archive":
        archive_many(request.by, chosen)
        return _("%(many)s archived.") % {"many": many}
    raise Invalid({"act": [_("Choose what to do with the selected rows. Nothing was changed.")]})


def _too_often(request: Request, asked: Asked, chosen: list[Any]) -> HttpResponse | None:
    """What is asked when a track would contact some of these too often: without them, or why they too."""
    despite, to_all = request.POST.get("despite", "").strip(), request.POST.get("to") == "all"
    if despite or "sure" in request.POST:
        return None
    track = _track(request)
    left = crowded(request.by, chosen, track)
    if not left:
        return None
    context = {
        "listing": asked.listing,
        "home": asked.url(),
        "track": track,
        "total": len(chosen),
        "left": len(left),
        "some": left[:SOME],
        "url_of": url_of,
        "query": request.POST.get("query", ""),
        "all": request.POST.get("all"),
        "ids": [each.public_id for each in chosen],
        "wrong": _("Write in one line why.") if to_all else "",
    }
    return render(request, "lists/crowded.html", context, status=422 if to_all else 200)


def _track(request: Request) -> Track:
    name = " ".join(request.POST.get("track", "").split())
    found = Track.objects.live().filter(name__iexact=name).first()
    if found is None:
        text = _("There is no track named %(name)s. Nothing was changed.") if name else _("Choose a track first.")
        raise Invalid({"track": [text % {"name": name} if name else text]})
    return found


def _until(request: Request) -> date:
    text = request.POST.get("until", "")
    try:
        return typed.day(text, request.reader)
    except typed.Unread as unread:
        raise Invalid({"until": [str(unread) if text else _("Say until which day. Nothing was changed.")]}) from None


def _owner(request: Request) -> User | None:
    asked = request.POST.get("owner", "")
    if asked == "none":
        return None
    found: Any = User.objects.visible_to(request.by).filter(public_id=asked.replace("\x00", ""), is_active=True).first()
    if found is None:
        raise Invalid({"owner": [_("Choose whom to give them to. Nothing was changed.")]})
    return found  # type: ignore[no-any-return]
