"""What holds for the whole organisation."""

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Organisation
from fairlead.models.organisation import Overdue
from fairlead.models.place import currencies, locales, territories, zones
from fairlead.verbs.organisation import edit_organisation
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version


class OrganisationForm(Form):
    name = forms.CharField(max_length=120)
    country = forms.ChoiceField(choices=lambda: sorted(territories().items(), key=lambda it: it[1]))
    currency = forms.ChoiceField(choices=lambda: list(currencies().items()))
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()])
    locale = forms.ChoiceField(choices=lambda: list(locales().items()))
    quiet_from = forms.TimeField(required=False, widget=forms.TimeInput(format="%H:%M"))
    quiet_until = forms.TimeField(required=False, widget=forms.TimeInput(format="%H:%M"))
    touches_week = forms.IntegerField(required=False, min_value=0, max_value=999)
    touches_month = forms.IntegerField(required=False, min_value=0, max_value=999)
    overdue_then = forms.ChoiceField(choices=Overdue.choices)


@page("organisation.edit", "GET", "POST")
def edit(request: Request) -> HttpResponse:
    ours, version = Organisation.ours(), given_version(request)
    form = OrganisationForm(request.POST, initial={name: getattr(ours, name) for name in OrganisationForm.base_fields})
    if request.method == "POST" and form.carried_out(
        lambda **facts: edit_organisation(request.by, ours, version=version, **facts)
    ):
        return done(request, "/settings/organisation", _("Organisation saved."))
    return show(request, "settings/organisation.html", {"form": form, "ours": ours}, status=form.status)
