"""Saved views: keeping a list under a name, sharing and pinning it, and the counts of those in the sidebar."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.cutoff import in_time
from fairlead.core.errors import NotFound, Refused
from fairlead.models import Team, View
from fairlead.verbs.views import archive_view, edit_view, pin_view, save_view, unpin_view
from fairlead.web.addresses import url_of_view
from fairlead.web.formats import capped
from fairlead.web.forms import Form
from fairlead.web.lacking import number_of_own
from fairlead.web.listing import COUNTED as COUNTED_TO
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS
from fairlead.web.nav import COUNTED
from fairlead.web.opened import kept_of, open_list
from fairlead.web.page import Request, at_hand, done, page, record_or_404, render
from fairlead.web.pages.claiming import waiting_for
from fairlead.web.reminders import reminders
from fairlead.web.tasks import number_due


class ViewForm(Form):
    name = forms.CharField(max_length=80)
    shared = forms.ChoiceField(choices=View.Shared.choices, required=False)
    team = forms.ModelChoiceField(Team.objects.none(), to_field_name="public_id", required=False, empty_label="No team")
    pinned = forms.BooleanField(required=False)

    def for_reader(self, request: Request) -> "ViewForm":
        """With the teams that this reader may share with."""
        every = access.can_any(request.by, "edit", "organisation")
        teams = Team.objects.all() if every else Team.objects.filter(pk__in=request.by.team_ids)
        self.fields["team"].queryset = teams.order_by("name")  # type: ignore[attr-defined]
        return self


@page("member", "GET", "POST")
def new(request: Request) -> HttpResponse:
    """Save the list before one as a view."""
    given = request.POST if request.method == "POST" else request.GET
    asked = _asked(request, given.get("of", ""), given.get("query", ""))
    form = ViewForm(request.POST, initial={"shared": "nobody", "pinned": True}).for_reader(request)
    noun: Any = asked.listing.model.noun()
    if request.method == "POST" and form.carried_out(
        lambda **facts: save_view(request.by, list_of=noun, **_facts(facts), **kept_of(asked))
    ):
        return done(request, url_of_view(form.result), _("View %(view)s saved.") % {"view": form.result})
    context = {"form": form, "asked": asked, "listing": asked.listing, "noun": noun, "back": asked.url()}
    return render(request, "views/new.html", context, status=form.status)


@page("member", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    """A view's name, and who sees it."""
    view = _view(request, public_id, "edit")
    initial = {"name": view.name, "shared": view.shared, "team": view.team.public_id if view.team else ""}
    form = ViewForm(request.POST, initial=initial).for_reader(request)
    if request.method == "POST" and form.carried_out(lambda **facts: _change(request, view, facts)):
        return done(request, url_of_view(view), _("View %(view)s changed.") % {"view": form.cleaned_data["name"]})
    context = {"form": form, "view": view, "back": url_of_view(view), "listing": LISTINGS[view.list_of]}
    return render(request, "views/one.html", context, status=form.status)


@page("member", "POST")
def save(request: Request, public_id: str) -> HttpResponse:
    """Keep in a view what its list shows now."""
    view = _view(request, public_id, "edit")
    asked = _asked(request, view.list_of, request.POST.get("query", ""))
    edit_view(request.by, view, **kept_of(asked))
    return done(request, url_of_view(view), _("View %(view)s saved.") % {"view": view})


@page("member", "POST")
def pin(request: Request, public_id: str) -> HttpResponse:
    view = _view(request, public_id, "see")
    pin_view(request.by, view)
    return done(request, url_of_view(view), _("%(view)s is in your sidebar.") % {"view": view})


@page("member", "POST")
def unpin(request: Request, public_id: str) -> HttpResponse:
    view = _view(request, public_id, "see")
    unpin_view(request.by, view)
    return done(request, url_of_view(view), _("%(view)s left your sidebar.") % {"view": view})


@page("member", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    view = _view(request, public_id, "edit")
    archive_view(request.by, view)
    return done(request, LISTINGS[view.list_of].url, _("View %(view)s archived.") % {"view": view})


@page("member")
def counts(request: Request) -> HttpResponse:
    """The sidebar's counts: what lacks a next step, waits in queues, or is in pinned views, as far as one sees it."""
    entries = [{"id": view.public_id, "count": _count(request, view)} for view in at_hand(request) if _is_pinned(view)]
    entries.append({"id": COUNTED["/no-next-step"], "count": _lacking(request)})
    entries.append({"id": COUNTED["/tasks"], "count": _tasks(request)})
    if access.can_any(request.by, "create", "lead"):
        entries.append({"id": COUNTED["/queues"], "count": _in_queues(request)})
    return render(request, "views/_counts.html", {"entries": entries, "reminders": reminders(request)})


def _tasks(request: Request) -> str:
    """How many of the reader's own are overdue or due today; nothing when none is."""
    found = number_due(request.by, request.reader, COUNTED_TO)
    return capped(found, request.reader, COUNTED_TO) if found else ""


def _lacking(request: Request) -> str:
    """How many of the reader's own lack a next step; nothing when none does."""
    found = number_of_own(request.by, request.reader.today)
    return capped(found, request.reader, COUNTED_TO) if found else ""


def _in_queues(request: Request) -> str:
    """How many leads wait to be claimed; nothing when none does."""
    found = waiting_for(request.by).order_by()[: COUNTED_TO + 1].count()
    return capped(found, request.reader, COUNTED_TO) if found else ""


def _count(request: Request, view: View) -> str:
    listing = LISTINGS[view.list_of]
    if not access.can_any(request.by, "see", view.list_of):
        return ""
    try:
        asked, _opened = open_list(listing, {"view": view.public_id}, request.by, request.reader)
        with in_time():
            return capped(asked.count(COUNTED_TO), request.reader, COUNTED_TO)
    except Refused:
        return ""


def _is_pinned(view: Any) -> bool:
    return view.pinned is not None


def _view(request: Request, public_id: str, action: str) -> View:
    view = cast(View, record_or_404(request, "view", public_id))
    if not access.can(request.by, action, view):
        raise NotFound(_("No view at this address."))
    return view


def _asked(request: Request, noun: str, query: str) -> Asked:
    if noun not in LISTINGS or not access.can_any(request.by, "see", noun):
        raise NotFound(_("There is no such list."))
    asked = Asked(LISTINGS[noun], query, request.by, request.reader)
    asked.refuse_the_past()
    return asked


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {"shared": facts["shared"] or "nobody"}


def _change(request: Request, view: View, facts: dict[str, Any]) -> View:
    return edit_view(request.by, view, name=facts["name"], shared=facts["shared"] or "nobody", team=facts["team"])
