"""Reasons: three lists that are kept in order: why sales are lost and won, and leads disqualified."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import BadRequest
from fairlead.models import Reason
from fairlead.verbs import reasons
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

KINDS = dict(Reason.Kind.choices)


class ReasonForm(Form):
    name = forms.CharField(max_length=80)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """The reasons of one kind in their order, and a form to add one."""
    kind = request.GET.get("of", "lost")
    if kind not in KINDS:
        raise BadRequest(_("There are reasons for lost, disqualified and won."))
    form = ReasonForm(request.POST)
    if request.method == "POST" and form.carried_out(
        lambda name: reasons.create_reason(request.by, kind=cast(Any, kind), name=name)
    ):
        return done(request, _url(kind), _("“%(reason)s” added.") % {"reason": form.result.name})
    found = list(Reason.objects.filter(kind=kind))
    context = {
        "form": form,
        "of": kind,
        "tabs": [{"label": label, "url": _url(each), "current": each == kind} for each, label in KINDS.items()],
        "offered": [each for each in found if each.is_offered],
        "archived": [each for each in found if not each.is_offered],
        "moved": request.GET.get("moved", ""),
    }
    return show(request, "settings/reasons.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    reason = _reason(request, public_id)
    form, version = ReasonForm(request.POST, initial={"name": reason.name}), given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda name: reasons.edit_reason(request.by, reason, name=name, version=version)
    ):
        return done(request, _url(reason.kind), _("“%(reason)s” saved.") % {"reason": reason.name})
    context = {"form": form, "reason": reason, "back": _url(reason.kind)}
    return show(request, "settings/reason.html", context, status=form.status)


@page("organisation.edit", "POST")
def move(request: Request, public_id: str) -> HttpResponse:
    """One place up or down."""
    reason, way = _reason(request, public_id), "up" if request.POST.get("way") == "up" else "down"
    offered = list(Reason.objects.offered(reason.kind))
    at = next((number for number, each in enumerate(offered) if each.pk == reason.pk), 0)
    place = at - 1 if way == "up" else at + 2
    if place >= 0:
        reasons.move_reason(request.by, reason, before=offered[place] if place < len(offered) else None)
    to = f"{_url(reason.kind)}&moved={reason.public_id}-{way}"
    return done(request, to, _("“%(reason)s” moved.") % {"reason": reason})


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    reason = reasons.archive_reason(request.by, _reason(request, public_id))
    return done(request, _url(reason.kind), _("“%(reason)s” archived. It is offered no more.") % {"reason": reason})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    reason = reasons.unarchive_reason(request.by, _reason(request, public_id))
    return done(request, _url(reason.kind), _("“%(reason)s” is offered again.") % {"reason": reason})


def _reason(request: Request, public_id: str) -> Reason:
    return cast(Reason, record_or_404(request, "reason", public_id))


def _url(kind: str) -> str:
    return f"/settings/reasons?of={kind}"
