"""Rates of other currencies: what is known, the newest first, and a form to add one."""

from typing import cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Organisation, Rate
from fairlead.verbs.rates import remove_rate, set_rate
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show

SHOWN = 200


class RateForm(Form):
    currency = forms.CharField(max_length=3, min_length=3)
    rate = forms.DecimalField(max_digits=18, localize=False)
    on = forms.DateField(required=False)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = RateForm(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: set_rate(request.by, **facts)):
        return done(request, "/settings/rates", _("Rate saved."))
    known = Rate.objects.order_by("-on", "currency")[:SHOWN]
    context = {"form": form, "rates": known, "ours": Organisation.ours().currency}
    return show(request, "settings/rates.html", context, status=form.status)


@page("organisation.edit", "POST")
def take_away(request: Request, public_id: str) -> HttpResponse:
    remove_rate(request.by, cast(Rate, record_or_404(request, "rate", public_id)))
    return done(request, "/settings/rates", _("Rate taken away."))
