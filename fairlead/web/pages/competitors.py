"""The organisation's competitors: strengths, weaknesses, and what we answer."""

from typing import cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Competitor
from fairlead.verbs import competitors
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

LINES = forms.Textarea(attrs={"rows": 3})
HOME = "/settings/competitors"


class CompetitorForm(Form):
    name = forms.CharField(max_length=120)
    strengths = forms.CharField(required=False, max_length=2000, widget=LINES)
    weaknesses = forms.CharField(required=False, max_length=2000, widget=LINES)
    answer = forms.CharField(required=False, max_length=2000, widget=LINES)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = CompetitorForm(request.POST)
    if request.method == "POST" and form.carried_out(
        lambda **facts: competitors.create_competitor(request.by, **facts)
    ):
        return done(request, HOME, _("%(name)s added.") % {"name": form.result})
    found = list(Competitor.objects.all())
    context = {
        "form": form,
        "live": [each for each in found if not each.archived_at],
        "archived": [each for each in found if each.archived_at],
    }
    return show(request, "settings/competitors.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    found, version = _competitor(request, public_id), given_version(request)
    form = CompetitorForm(request.POST, initial={name: getattr(found, name) for name in CompetitorForm.base_fields})
    if request.method == "POST" and form.carried_out(
        lambda **facts: competitors.edit_competitor(request.by, found, version=version, **facts)
    ):
        return done(request, HOME, _("%(name)s saved.") % {"name": found})
    return show(request, "settings/competitor.html", {"form": form, "competitor": found}, status=form.status)


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    found = competitors.archive_competitor(request.by, _competitor(request, public_id))
    return done(request, HOME, _("%(name)s archived. Opportunities that name it keep it.") % {"name": found})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    found = competitors.unarchive_competitor(request.by, _competitor(request, public_id))
    return done(request, HOME, _("%(name)s is on the list again.") % {"name": found})


def _competitor(request: Request, public_id: str) -> Competitor:
    return cast(Competitor, record_or_404(request, "competitor", public_id))
