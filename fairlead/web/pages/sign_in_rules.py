"""Which roles need a second factor, who has one, and letting somebody in who lost theirs."""

from typing import cast

from django import forms
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Authenticator, Passkey, Role, User
from fairlead.verbs.second_factors import require_second_factor, reset_second_factor
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show

HERE = "/settings/sign-in"


class Needed(Form):
    required = forms.BooleanField(required=False)


@page("organisation.edit")
def index(request: Request) -> HttpResponse:
    people = User.objects.active().annotate(strong=_has_one("pk")).select_related("role").order_by("name")
    without = Count("users", filter=Q(users__is_active=True) & ~_has_one("users"))
    return show(
        request,
        "settings/sign_in_rules.html",
        {"people": people, "roles": Role.objects.live().annotate(without=without).order_by("pk")},
    )


@page("organisation.edit", "POST")
def role(request: Request, public_id: str) -> HttpResponse:
    form, found = Needed(request.POST), cast(Role, record_or_404(request, "role", public_id))
    required = form.is_valid() and form.cleaned_data["required"]
    require_second_factor(request.by, found, required=required)
    text = _("%(role)s needs a second factor now.") if required else _("%(role)s needs no second factor now.")
    return done(request, HERE, text % {"role": found.name})


@page("organisation.edit", "POST")
def reset(request: Request, public_id: str) -> HttpResponse:
    who = reset_second_factor(request.by, cast(User, record_or_404(request, "user", public_id)))
    return done(request, HERE, _("%(name)s can sign in without a second factor now.") % {"name": who.name})


def _has_one(user: str) -> Q:
    kinds = (Authenticator, Passkey)
    app, passkey = (Q(Exists(kind.objects.filter(user=OuterRef(user)))) for kind in kinds)
    return app | passkey
