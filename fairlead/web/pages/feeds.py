"""Calendar addresses: made, shown once, revoked; and what calendars elsewhere read under them."""

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _

from fairlead.models import Feed, Team
from fairlead.programs import feeds
from fairlead.programs.callers import network
from fairlead.verbs.feeds import create_feed, revoke_feed
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404, render

WAIT = "60"  # seconds, for Retry-After


class New(Form):
    whose = forms.ChoiceField(choices=())
    tasks = forms.ChoiceField(choices=Feed.Tasks.choices, initial="events")
    name = forms.CharField(max_length=80, required=False)


@page("member", "GET", "POST")
def index(request: HttpRequest) -> HttpResponse:
    """One's own addresses; a new one is in the answer to the form and nowhere else."""
    found = cast(Request, request)
    teams = {team.public_id: team for team in Team.objects.filter(pk__in=found.by.team_ids).order_by("name")}
    form, made = _form(found, teams), None
    if request.method == "POST" and form.carried_out(lambda **read: _create(found, teams, **read)):
        made, form = form.result, _form(found, teams, blank=True)
    held = Feed.objects.visible_to(found.by).filter(revoked_at=None, user_id=found.user.pk).select_related("team")
    context = {"form": form, "made": made, "feeds": held.order_by("-pk")}
    return render(request, "calendar/feeds.html", context, status=form.status)


@page("member", "POST")
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    feed = cast(Feed, record_or_404(request, "feed", public_id))
    revoke_feed(cast(Request, request).by, feed)
    return done(request, "/calendar/feeds", _("The address of %(name)s works no more.") % {"name": feed.name})


@page("anyone")
def read(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar at this address; nothing is sent that its reader has already."""
    feed = Feed.at(secret)
    who = f"feed {feed.pk}" if feed else f"from {network(request.META.get('REMOTE_ADDR', ''))}"
    if not feeds.allowed(who):
        return HttpResponse(_("Too often. Read it again in a minute.\n"), status=429, headers={"Retry-After": WAIT})
    found = feeds.read(feed) if feed else None
    if feed is None or found is None:
        return HttpResponse(_("No calendar at this address. It may have been revoked.\n"), status=410, headers=PLAIN)
    feeds.note_reading(feed)
    tag = found.tag
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
    known = [each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))]
    if tag in known or "*" in known:
        return HttpResponse(status=304, headers=headers)
    named = {"Content-Disposition": 'inline; filename="calendar.ics"'}
    return HttpResponse(found.text, content_type="text/calendar; charset=utf-8", headers=headers | named)


PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def _form(request: Request, teams: dict[str, Team], *, blank: bool = False) -> New:
    form = New(None if blank else request.POST)
    choices: Any = [("me", _("Mine")), *((key, str(team)) for key, team in teams.items())]
    cast(forms.ChoiceField, form.fields["whose"]).choices = choices
    return form


def _create(request: Request, teams: dict[str, Team], *, whose: str, tasks: Any, name: str) -> Any:
    return create_feed(request.by, name=name, team=teams.get(whose), tasks=tasks)
