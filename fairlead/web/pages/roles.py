"""Roles: what each may, as a grid; what a change does to people is shown before it is saved."""

from typing import Any, cast

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import BadRequest, Invalid, WrongState
from fairlead.models import Role, User
from fairlead.verbs import roles
from fairlead.web import rights
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

SHOWN = 50  # people whose change is spelled out


class NewRole(Form):
    name = forms.CharField(max_length=60)
    like = forms.ModelChoiceField(
        Role.objects.live().order_by("pk"), to_field_name="public_id", required=False, empty_label="No role: nothing"
    )


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """Every role with the number of its people, and a form to make one more."""
    form = NewRole(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: _new(request, **facts)):
        return done(request, _url(form.result), _("%(role)s added.") % {"role": form.result.name})
    people = Count("users", filter=Q(users__is_active=True))
    found = Role.objects.annotate(people=people).order_by("archived_at", "pk")
    return show(request, "settings/roles.html", {"form": form, "roles": found}, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    """The grid of a role. What it sends shows first what becomes of whom, and is saved from there."""
    role = _role(request, public_id)
    if request.method != "POST":
        return _grid(request, role, role.name, role.grants)
    name, grants = request.POST.get("name", "").strip(), _given(request, role)
    if "back" in request.POST:
        return _grid(request, role, name, grants)
    if "save" not in request.POST:
        return _effect(request, role, name, grants)
    try:
        roles.edit_role(request.by, role, name=name, grants=cast(Any, grants), version=given_version(request))
    except Invalid as refusal:
        return _grid(request, role, name, grants, error=" ".join(refusal.errors.get("name", [refusal.text])))
    except WrongState as refusal:
        return _grid(request, role, name, grants, wrong=refusal.text)
    return done(request, _url(role), _("%(role)s saved.") % {"role": role.name})


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    role = _role(request, public_id)
    try:
        roles.archive_role(request.by, role)
    except WrongState as refusal:
        return _grid(request, role, role.name, role.grants, wrong=refusal.text)
    return done(request, "/settings/roles", _("%(role)s put away.") % {"role": role.name})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    role = roles.unarchive_role(request.by, _role(request, public_id))
    return done(request, _url(role), _("%(role)s is back.") % {"role": role.name})


def _grid(request: Request, role: Role, name: str, grants: Any, *, error: str = "", wrong: str = "") -> HttpResponse:
    context = {
        "role": role,
        "name": name,
        "error": error,
        "wrong": wrong,
        "version": given_version(request) or role.version,
        "grid": rights.grid(grants),
        "actions": rights.ACTION_CHOICES,
        "people": User.objects.active().filter(role=role).order_by("name"),
    }
    return show(request, "settings/role.html", context, status=422 if error or wrong else 200)


def _effect(request: Request, role: Role, name: str, grants: Any) -> HttpResponse:
    people = User.objects.active().filter(role=role).select_related("role").order_by("name")
    effects = rights.effects(people[:SHOWN], grants)
    context = {
        "role": role,
        "name": name,
        "version": given_version(request) or role.version,
        "effects": [effect for effect in effects if effect.gains or effect.losses],
        "people": people.count(),
        "shown": SHOWN,
        "given": [(key, value) for key, value in request.POST.items() if "." in key],
        "words": {"action": rights.ACTION_WORDS, "level": rights.LEVEL_WORDS, "noun": rights.noun_in_words},
    }
    return show(request, "settings/role_effect.html", context)


def _given(request: Request, role: Role) -> Any:
    try:
        return rights.from_grid(request.POST.dict(), role.grants)
    except ValueError:
        raise BadRequest(_("A right is none, own, team or all. Nothing was changed.")) from None


def _new(request: Request, *, name: str, like: Role | None) -> Role:
    return roles.copy_role(request.by, like, name=name) if like else roles.create_role(request.by, name=name)


def _role(request: Request, public_id: str) -> Role:
    return cast(Role, record_or_404(request, "role", public_id))


def _url(role: Role) -> str:
    return f"/settings/roles/{role.public_id}"
