"""Events that people register for: planned, and who has a place."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.models import Form, Occasion, Organisation, Registration
from fairlead.models.meeting import FIRST_YEAR, LAST_YEAR
from fairlead.models.place import zones
from fairlead.reading.phrases import period
from fairlead.verbs.occasions import create_occasion, edit_occasion
from fairlead.web.addresses import url_of
from fairlead.web.forms import Form as WebForm
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.teams import given_version

SHOWN = 100
STATES = ("placed", "full", "cancelled")


class Moment(forms.Field):
    """A day and time as the clock of the event's zone shows it."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value).replace(tzinfo=None) if value else None
        except ValueError:
            raise forms.ValidationError(_("Write a day and a time, like 2026-12-24T18:00.")) from None
        if moment and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            years = {"first": FIRST_YEAR, "last": LAST_YEAR}
            raise forms.ValidationError(_("Choose a day between the years %(first)s and %(last)s.") % years)
        return moment


class EventForm(WebForm):
    title = forms.CharField(max_length=150)
    starts_at = Moment()
    ends_at = Moment()
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()])
    place = forms.CharField(required=False, max_length=300)
    link = forms.CharField(required=False, max_length=500)
    capacity = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    description = forms.CharField(required=False, max_length=5000, widget=forms.Textarea)


@page("lead.see")
def index(request: Request) -> HttpResponse:
    """The events, the next ones first, with how many places are taken."""
    placed = Count("registrations", filter=Q(registrations__state="placed"))
    found = Occasion.objects.visible_to(request.by).annotate(placed=placed).order_by("-starts_at")[:SHOWN]
    context = {"found": [(each, when(each)) for each in found], "may_plan": may_plan(request)}
    return render(request, "events/events.html", context)


@page("organisation.edit", "GET", "POST")
def new(request: Request) -> HttpResponse:
    form = EventForm(request.POST, initial={"zone": Organisation.ours().zone})
    if request.method == "POST" and form.carried_out(lambda **read: create_occasion(request.by, **_in_zone(read))):
        return done(request, url(form.result), _("%(event)s planned.") % {"event": form.result})
    return render(request, "events/edit.html", {"form": form, "event": None}, status=form.status)


@page("lead.see")
def one(request: Request, public_id: str) -> HttpResponse:
    """One event with its registrations, the latest first."""
    event = _event(request, public_id)
    counts = dict(event.registrations.order_by().values_list("state").annotate(Count("pk")))
    seen = Registration.objects.visible_to(request.by).filter(occasion=event).select_related("lead")
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    seen = seen.filter(state=state) if state in STATES else seen
    seen = seen.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 18 else seen
    rows = list(seen.order_by("-pk")[: SHOWN + 1])
    editable = Registration.objects.reached_by(request.by, "edit").filter(pk__in=[row.pk for row in rows])
    context = {
        "event": event,
        "when": when(event),
        "counts": {name: counts.get(name, 0) for name in STATES},
        "rows": rows[:SHOWN],
        "more": f"{url(event)}?before={rows[SHOWN - 1].pk}&state={state}" if len(rows) > SHOWN else "",
        "editable": set(editable.values_list("pk", flat=True)),
        "forms": Form.objects.visible_to(request.by).filter(occasion=event),
        "url_of": url_of,
        "may_plan": may_plan(request),
        "views": [
            {"label": label, "url": f"{url(event)}?state={name}" if name else url(event), "current": state == name}
            for name, label in [("", _("All")), *Registration.State.choices]
        ],
    }
    return render(request, "events/event.html", context)


@page("organisation.edit", "GET", "POST")
def edit(request: Request, public_id: str) -> HttpResponse:
    event, version = _event(request, public_id), given_version(request)
    form = EventForm(request.POST, initial=_known(event))
    if request.method == "POST" and form.carried_out(
        lambda **read: edit_occasion(request.by, event, version=version, **_in_zone(read))
    ):
        return done(request, url(event), _("%(event)s saved.") % {"event": event})
    return render(request, "events/edit.html", {"form": form, "event": event}, status=form.status)


def when(event: Occasion) -> str:
    return period(event.starts_at, event.ends_at, event.zone, "en")


def url(event: Occasion) -> str:
    return f"/events/{event.public_id}"


def may_plan(request: Request) -> bool:
    return access.can_any(request.by, "edit", "organisation")


def _in_zone(read: dict[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(read["zone"])
    return read | {name: read[name].replace(tzinfo=zone) for name in ("starts_at", "ends_at")}


def _known(event: Occasion) -> dict[str, Any]:
    plain = {name: getattr(event, name) for name in EventForm.base_fields}
    moments = {name: f"{plain[name].astimezone(event.tz):%Y-%m-%dT%H:%M}" for name in ("starts_at", "ends_at")}
    return plain | moments


def _event(request: Request, public_id: str) -> Occasion:
    return cast(Occasion, record_or_404(request, "occasion", public_id))
