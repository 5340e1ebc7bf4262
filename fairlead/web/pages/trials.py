"""Access to trials: how many codes are left, and where more come from."""

from typing import Any, cast

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import TrialCode, TrialPool
from fairlead.verbs.trials import MOST_CODES, add_trial_codes, create_trial_pool, edit_trial_pool
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

LATEST = 20


class Facts(Form):
    name = forms.CharField(max_length=80)
    address = forms.CharField(required=False, max_length=500)
    signing_key = forms.CharField(required=False, max_length=500, widget=forms.PasswordInput)
    warn_below = forms.IntegerField(min_value=0, max_value=MOST_CODES)


class Codes(Form):
    codes = forms.CharField(max_length=2_000_000, widget=forms.Textarea(attrs={"rows": 6}))


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = Facts(request.POST, initial={"warn_below": 10})
    if request.method == "POST" and form.carried_out(lambda **read: create_trial_pool(request.by, **read)):
        return done(request, url(form.result), _("%(name)s made.") % {"name": form.result})
    counts = {"free": Count("codes", filter=Q(codes__lead=None)), "given": Count("codes", filter=~Q(codes__lead=None))}
    found = TrialPool.objects.visible_to(request.by).annotate(**counts).order_by("name")
    return show(request, "settings/trials.html", {"form": form, "found": found}, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    found, version = _pool(request, public_id), given_version(request)
    form = Facts(request.POST, initial=_known(found))
    if request.method == "POST" and form.carried_out(
        lambda **read: edit_trial_pool(request.by, found, version=version, **read)
    ):
        return done(request, url(found), _("%(name)s saved.") % {"name": found})
    return _show(request, found, form, Codes())


@page("organisation.edit", "POST")
def codes(request: Request, public_id: str) -> HttpResponse:
    found, form = _pool(request, public_id), Codes(request.POST)
    if form.carried_out(lambda codes: add_trial_codes(request.by, found, codes=codes.splitlines())):
        return done(request, url(found), _("%(count)s codes put in.") % {"count": len(form.result)})
    return _show(request, found, Facts(initial=_known(found)), form)


def url(pool: TrialPool) -> str:
    return f"/settings/trials/{pool.public_id}"


def _show(request: Request, found: TrialPool, form: Form, more: Form) -> HttpResponse:
    given = TrialCode.objects.filter(pool=found).exclude(lead=None).select_related("lead").order_by("-given_at", "-id")
    context: dict[str, Any] = {"found": found, "form": form, "more": more, "given": list(given[:LATEST])}
    return show(request, "settings/trial.html", context, status=max(form.status, more.status))


def _known(found: TrialPool) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("name", "address", "warn_below")}


def _pool(request: Request, public_id: str) -> TrialPool:
    return cast(TrialPool, record_or_404(request, "trial_pool", public_id))
