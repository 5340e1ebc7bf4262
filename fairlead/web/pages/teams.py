"""Teams: their names, schedules and members."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Schedule, Team, User
from fairlead.verbs.teams import create_team, edit_team
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show


class TeamForm(Form):
    name = forms.CharField(max_length=80)
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"), to_field_name="public_id", required=False, empty_label="As the organisation"
    )


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = TeamForm(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: create_team(request.by, **facts)):
        return done(request, "/settings/teams", _("%(team)s added.") % {"team": form.result.name})
    teams = Team.objects.select_related("schedule").prefetch_related("members").order_by("name")
    return show(request, "settings/teams.html", {"form": form, "teams": teams}, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    team = cast(Team, record_or_404(request, "team", public_id))
    schedule = team.schedule.public_id if team.schedule else ""
    form = TeamForm(request.POST, initial={"name": team.name, "schedule": schedule})
    version = given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda **facts: edit_team(request.by, team, version=version, **facts)
    ):
        return done(request, "/settings/teams", _("%(team)s saved.") % {"team": team.name})
    context: dict[str, Any] = {"form": form, "team": team, "members": User.objects.filter(teams=team).order_by("name")}
    return show(request, "settings/team.html", context, status=form.status)


def given_version(request: Request) -> int | None:
    """The version that the form showed, so that changes made by others meanwhile are seen."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
