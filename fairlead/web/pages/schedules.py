"""Working hours: what “in time” is measured by."""

import re
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.models import Schedule
from fairlead.models.place import territories, zones
from fairlead.models.schedule import WEEKDAYS
from fairlead.verbs.schedules import create_schedule, edit_schedule
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

DAYS = [
    ("day0", gettext_lazy("Monday")),
    ("day1", gettext_lazy("Tuesday")),
    ("day2", gettext_lazy("Wednesday")),
    ("day3", gettext_lazy("Thursday")),
    ("day4", gettext_lazy("Friday")),
    ("day5", gettext_lazy("Saturday")),
    ("day6", gettext_lazy("Sunday")),
]


class Hours(forms.CharField):
    """One day as people write it: “09:00-12:30, 13:30-17:30”; empty when nobody works."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else ", ".join("-".join(span) for span in value)

    def clean(self, value: Any) -> list[list[str]]:
        text = super().clean(value)
        spans = [re.fullmatch(r"(\d\d?:\d\d)\s*[-–]\s*(\d\d?:\d\d)", part.strip()) for part in text.split(",") if part]
        if not all(spans):
            raise forms.ValidationError(_("Write hours like 09:00-12:30, 13:30-17:30."))
        return [[each.zfill(5) for each in span.groups()] for span in spans if span]


class ScheduleForm(Form):
    name = forms.CharField(max_length=80)
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()])
    country = forms.ChoiceField(
        required=False, choices=lambda: [("", "None"), *sorted(territories().items(), key=lambda it: it[1])]
    )
    day0 = Hours(required=False, max_length=200)
    day1 = Hours(required=False, max_length=200)
    day2 = Hours(required=False, max_length=200)
    day3 = Hours(required=False, max_length=200)
    day4 = Hours(required=False, max_length=200)
    day5 = Hours(required=False, max_length=200)
    day6 = Hours(required=False, max_length=200)
    closed = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea)

    def facts(self) -> dict[str, Any]:
        """What was read, as the verbs take it."""
        read = self.cleaned_data
        hours = {name[3:]: read[name] for name, _label in DAYS if read[name]}
        return {n: read[n] for n in ("name", "zone", "country")} | {"hours": hours, "closed": read["closed"].split()}


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = ScheduleForm(request.POST, initial=_shown(Schedule(name="", hours=WEEKDAYS, zone=request.user.zone)))
    if request.method == "POST" and form.carried_out(lambda **_read: create_schedule(request.by, **form.facts())):
        return done(request, "/settings/schedules", _("%(name)s added.") % {"name": form.result.name})
    schedules = Schedule.objects.order_by("name")
    context = {"form": form, "schedules": schedules, "days": DAYS}
    return show(request, "settings/schedules.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    schedule = cast(Schedule, record_or_404(request, "schedule", public_id))
    form, version = ScheduleForm(request.POST, initial=_shown(schedule)), given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda **_read: edit_schedule(request.by, schedule, version=version, **form.facts())
    ):
        return done(request, "/settings/schedules", _("%(name)s saved.") % {"name": schedule.name})
    context = {"form": form, "schedule": schedule, "days": DAYS}
    return show(request, "settings/schedule.html", context, status=form.status)


def _shown(schedule: Schedule) -> dict[str, Any]:
    days = {name: schedule.hours.get(name[3:], []) for name, _label in DAYS}
    closed = "\n".join(schedule.closed)
    return {"name": schedule.name, "zone": schedule.zone, "country": schedule.country, "closed": closed} | days
