"""The people who work with Fairlead: inviting them, their roles and teams, leaving and coming back."""

from typing import Any, cast

from django import forms
from django.db.models import Max, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Identity, Role, SignInLink, Team, User
from fairlead.verbs import users
from fairlead.verbs.teams import join_team, leave_team
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.sessions import open_sessions
from fairlead.web.pages.settings import show


class Invite(Form):
    name = forms.CharField(max_length=200)
    email = forms.CharField(max_length=254)
    role = forms.ModelChoiceField(Role.objects.live().order_by("pk"), to_field_name="public_id", empty_label=None)
    teams = forms.ModelMultipleChoiceField(Team.objects.order_by("name"), to_field_name="public_id", required=False)


class NewRole(Form):
    role = forms.ModelChoiceField(Role.objects.live().order_by("pk"), to_field_name="public_id", empty_label=None)


class OneTeam(Form):
    team = forms.ModelChoiceField(Team.objects.order_by("name"), to_field_name="public_id", empty_label=None)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """Everybody, and a form to invite one more."""
    seller = Role.objects.filter(name="Seller").values_list("public_id", flat=True).first()
    form = Invite(request.POST, initial={"role": seller})
    if request.method == "POST" and form.carried_out(lambda **facts: _invite(request, **facts)):
        return done(request, "/settings/people", _("%(name)s is invited by mail.") % {"name": form.result.name})
    everybody = User.objects.annotate(seen_at=Max("sessions__seen_at")).select_related("role")
    people = everybody.prefetch_related("teams").order_by("-is_active", "name")
    invited = set(_invitations().values_list("user_id", flat=True))
    context = {"form": form, "people": people, "invited": invited, "chosen": set(form["teams"].value() or [])}
    return show(request, "settings/people.html", context, status=form.status)


@page("organisation.edit")
def one(request: Request, public_id: str) -> HttpResponse:
    who = _user(request, public_id)
    teams = list(who.teams.order_by("name"))
    context = {
        "who": who,
        "form": NewRole(initial={"role": who.role.public_id}),
        "teams": teams,
        "others": [(team.public_id, team.name) for team in Team.objects.order_by("name") if team not in teams],
        "sessions": open_sessions(who),
        "waiting": _invitations().filter(user=who).exists(),
        "linked": Identity.objects.filter(user=who).first(),
        "self": who == request.user,
    }
    return show(request, "settings/person.html", context)


@page("organisation.edit", "POST")
def role(request: Request, public_id: str) -> HttpResponse:
    who, form = _user(request, public_id), NewRole(request.POST)
    if not form.is_valid():
        return done(request, _url(who), _("There is no such role. Nothing was changed."))
    users.change_role(request.by, who, role=form.cleaned_data["role"])
    return done(request, _url(who), _("%(name)s is %(role)s now.") % {"name": who.name, "role": who.role.name})


@page("organisation.edit", "POST")
def join(request: Request, public_id: str) -> HttpResponse:
    who, form = _user(request, public_id), OneTeam(request.POST)
    if not form.is_valid():
        return done(request, _url(who), _("Choose a team. Nothing was changed."))
    team = join_team(request.by, form.cleaned_data["team"], user=who)
    return done(request, _url(who), _("%(name)s is in %(team)s now.") % {"name": who.name, "team": team.name})


@page("organisation.edit", "POST")
def leave(request: Request, public_id: str) -> HttpResponse:
    who, form = _user(request, public_id), OneTeam(request.POST)
    if not form.is_valid():
        return done(request, _url(who), _("Choose a team. Nothing was changed."))
    team = leave_team(request.by, form.cleaned_data["team"], user=who)
    return done(request, _url(who), _("%(name)s is no longer in %(team)s.") % {"name": who.name, "team": team.name})


@page("organisation.edit", "POST")
def invite_again(request: Request, public_id: str) -> HttpResponse:
    who = users.invite_again(request.by, _user(request, public_id))
    return done(request, _url(who), _("A new invitation is on its way to %(email)s.") % {"email": who.email})


@page("organisation.edit", "POST")
def sign_out_everywhere(request: Request, public_id: str) -> HttpResponse:
    who = users.sign_out_everywhere(request.by, _user(request, public_id))
    return done(request, _url(who), _("%(name)s is signed out everywhere.") % {"name": who.name})


@page("organisation.edit", "POST")
def deactivate(request: Request, public_id: str) -> HttpResponse:
    who = users.deactivate_user(request.by, _user(request, public_id))
    return done(request, _url(who), _("%(name)s is out and cannot sign in.") % {"name": who.name})


@page("organisation.edit", "POST")
def reactivate(request: Request, public_id: str) -> HttpResponse:
    who = users.reactivate_user(request.by, _user(request, public_id))
    return done(request, _url(who), _("%(name)s can sign in again.") % {"name": who.name})


def _invite(request: Request, *, teams: QuerySet[Team], **facts: Any) -> User:
    return users.invite_user(request.by, teams=list(teams), **facts)


def _invitations() -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(purpose=SignInLink.Purpose.INVITATION, used_at=None)


def _user(request: Request, public_id: str) -> User:
    return cast(User, record_or_404(request, "user", public_id))


def _url(who: User) -> str:
    return f"/settings/people/{who.public_id}"
