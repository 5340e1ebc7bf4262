"""Queues: in Settings who may claim from them, and for their people the leads that wait."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import Refused
from fairlead.models import Queue, Schedule, Team, User
from fairlead.verbs import queues
from fairlead.web.answer import declined
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

HOME = "/settings/queues"
TICKS = forms.CheckboxSelectMultiple


class QueueForm(Form):
    name = forms.CharField(max_length=80)
    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("name"), to_field_name="public_id", required=False, widget=TICKS
    )
    members = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("name"), to_field_name="public_id", required=False, widget=TICKS
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"), to_field_name="public_id", required=False, empty_label="As its first team"
    )

    def ticked(self, name: str) -> list[str]:
        return [str(getattr(each, "public_id", each)) for each in self[name].value() or []]


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = QueueForm(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: queues.create_queue(request.by, **_listed(facts))):
        return done(request, HOME, _("%(name)s added.") % {"name": form.result})
    found = list(Queue.objects.prefetch_related("teams", "members"))
    context = {
        "form": form,
        "live": [each for each in found if not each.archived_at],
        "archived": [each for each in found if each.archived_at],
    }
    return show(request, "settings/queues.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    found, version = _queue(request, public_id), given_version(request)
    known = {
        "name": found.name,
        "teams": [each.public_id for each in found.teams.all()],
        "members": [each.public_id for each in found.members.all()],
        "schedule": found.schedule.public_id if found.schedule else "",
    }
    form = QueueForm(request.POST, initial=known)
    if request.method == "POST" and form.carried_out(
        lambda **facts: queues.edit_queue(request.by, found, version=version, **_listed(facts))
    ):
        return done(request, HOME, _("%(name)s saved.") % {"name": found})
    return show(request, "settings/queue.html", {"form": form, "queue": found}, status=form.status)


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    found = _queue(request, public_id)
    try:
        queues.archive_queue(request.by, found)
    except Refused as refusal:
        return declined(request, f"{HOME}/{found.public_id}", refusal)
    return done(request, HOME, _("%(name)s archived.") % {"name": found})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    found = queues.unarchive_queue(request.by, _queue(request, public_id))
    return done(request, HOME, _("%(name)s is back.") % {"name": found})


def _listed(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {"teams": list(facts["teams"]), "members": list(facts["members"])}


def _queue(request: Request, public_id: str) -> Queue:
    return cast(Queue, record_or_404(request, "queue", public_id))
