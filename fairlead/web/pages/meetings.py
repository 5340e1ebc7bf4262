"""Meetings: booked on a form, shown with who comes, changed."""

import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Invalid, KeyReused, NotFound
from fairlead.core.schema import find, perform
from fairlead.models import ExactKey, Meeting, Person, User, normal
from fairlead.models.about import ABOUT
from fairlead.models.meeting import local_moment
from fairlead.models.place import zones
from fairlead.verbs.invitations import when
from fairlead.verbs.meetings import USUALLY, edit_meeting, invite_guests, stopped
from fairlead.web import soon, typed
from fairlead.web.addresses import url_of
from fairlead.web.formats import Reader
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.events import Moment
from fairlead.web.pages.teams import given_version

MORNING = time(9)


class MeetingForm(Form):
    """Moments as the clock of `zone` shows them; of whole days their days count alone."""

    title = forms.CharField(max_length=300)
    starts_at = Moment()
    ends_at = Moment(required=False)
    all_day = forms.BooleanField(required=False)
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()])
    place = forms.CharField(required=False, max_length=300)
    link = forms.CharField(required=False, max_length=500)
    note = forms.CharField(required=False, max_length=5000, widget=forms.Textarea)


class BookingForm(MeetingForm):
    guests = forms.CharField(required=False, max_length=5000)
    tell = forms.BooleanField(required=False)


@page("task.create", "GET", "POST")
def new(request: HttpRequest) -> HttpResponse:
    """Book a meeting: about the record of the address, at its moment, with its people as guests."""
    found = cast(Request, request)
    about = _about(found)
    form = BookingForm(request.POST, initial=_proposed(found, about))
    if request.method == "POST" and form.carried_out(lambda **read: _book(found, about, read)):
        to = url_of(about) if about else url_of(form.result)
        return done(request, to, _("%(meeting)s booked: %(when)s.") % _told(form.result))
    context = {"form": form, "meeting": None, "about": about, "back": url_of(about) if about else "/calendar"}
    context["token"] = request.POST.get("token", "")[:40] or secrets.token_urlsafe(12)
    return render(request, "meetings/edit.html", context, status=form.status)


@page("member")
def one(request: HttpRequest, address: str) -> HttpResponse:
    """A meeting with its guests and what they answered."""
    found = cast(Request, request)
    meeting = _meeting(found, address)
    guests = list(meeting.attendees.select_related("user", "person").order_by("pk"))
    known: Any = Person.objects.visible_to(found.by).filter(invitations__meeting=meeting)
    people = {person.pk: url_of(person) for person in known}
    context = {
        "meeting": meeting,
        "about": _shown(meeting, found),
        "when": when(meeting),
        "guests": [(each, people.get(each.person_id or 0, ""), stopped(each)) for each in guests],
        "mine": next((each for each in guests if each.user_id == found.user.pk), None),
        "private": "address" in access.hidden(found.by, type(guests[0])) if guests else False,
        "may_edit": meeting.archived_at is None and access.can(found.by, "edit", meeting),
        "begun": meeting.starts_at <= found.reader.now,
        "soon": soon.choices(found.reader),
        "url_of": url_of,
    }
    return render(request, "meetings/meeting.html", context)


@page("member", "GET", "POST")
def edit(request: HttpRequest, address: str) -> HttpResponse:
    """Change a meeting, or move it: the same by keyboard as by dragging."""
    found = cast(Request, request)
    meeting, version = _meeting(found, address), given_version(found)
    access.demand(found.by, "edit", meeting)
    form = MeetingForm(request.POST, initial=_known(meeting))
    if request.method == "POST" and form.carried_out(
        lambda **read: edit_meeting(found.by, meeting, version=version, **_moments(read))
    ):
        return done(request, url_of(meeting), _("%(meeting)s saved: %(when)s.") % _told(form.result))
    context = {"form": form, "meeting": meeting, "about": _shown(meeting, found), "back": url_of(meeting)}
    return render(request, "meetings/edit.html", context, status=form.status)


@page("member", "POST")
def invite(request: HttpRequest, address: str) -> HttpResponse:
    """Invite further guests, by name or address."""
    found = cast(Request, request)
    meeting = _meeting(found, address)
    invite_guests(found.by, meeting, **guests_in(found, request.POST.get("guests", "")), tell="tell" in request.POST)
    return done(request, url_of(meeting), _("Invited."))


def guests_in(request: Request, text: str) -> dict[str, list[Any]]:
    """Those that names and addresses mean: colleagues, people of theirs that the reader sees, or addresses alone."""
    wanted = [" ".join(each.split()) for each in text.replace(";", ",").replace("\n", ",").split(",")]
    found: dict[str, list[Any]] = {"colleagues": [], "people": [], "addresses": []}
    for each in filter(None, wanted):
        kind, whom = _guest(request, each)
        found[kind].append(whom)
    return found


def _guest(request: Request, text: str) -> tuple[str, Any]:
    seen: Any = Person.objects.visible_to(request.by).live()
    address = normal.mail(text.rpartition("<")[2].rstrip(">")) if "@" in text else ""
    same = {"email__iexact": address} if address else {"name__iexact": text}
    if colleague := User.objects.active().filter(**same).first():
        return "colleagues", colleague
    if "@" in text:
        keys = ExactKey.objects.filter(kind="mail", value=address, noun="person").values("record_id")
        people = list(seen.filter(pk__in=keys)[:2]) if address else []
        return ("people", people[0]) if len(people) == 1 else ("addresses", address or text)
    people = list(seen.filter(name__iexact=text)[:2])
    if len(people) != 1:
        many, none = _("Several people are called “%(name)s”. Write the address."), _("Nobody is called “%(name)s”.")
        raise Invalid({"guests": [(many if people else none) % {"name": text[:60]}]})
    return "people", people[0]


def _book(request: Request, about: Any, read: dict[str, Any]) -> Meeting:
    """The meeting that the form books: one, however often the same form is sent."""
    guests = guests_in(request, read.pop("guests"))
    raw = _moments(read) | {name: [_raw(each) for each in each_kind] for name, each_kind in guests.items()}
    raw |= {name: raw[name] and raw[name].isoformat() for name in SPAN}
    raw |= {"about": f"{about.noun()}:{about.public_id}"} if about else {}
    token = request.POST.get("token", "")[:40]
    try:
        answer = perform("book_meeting", request.by, raw, key=f"form:{token}" if token else "")
    except KeyReused:  # sent again after going back and changing it: another one is meant
        answer = perform("book_meeting", request.by, raw)
    except Invalid as refusal:
        raise Invalid({_AT.get(name, name): texts for name, texts in refusal.errors.items()}) from None
    return cast(Meeting, find("meeting", answer["result"]["id"], request.by))


def _raw(guest: User | Person | str) -> str:
    return guest if isinstance(guest, str) else guest.public_id


# What the verb calls the fields of the form.
_AT = {"addresses": "guests", "colleagues": "guests", "people": "guests"}


def _moments(read: dict[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(read["zone"])
    moments = {name: read[name] and local_moment(read[name].date(), read[name].time(), zone) for name in SPAN}
    if read["all_day"]:  # to the end of the last day
        last = (read["ends_at"] or read["starts_at"]).date()
        moments["ends_at"] = local_moment(max(last, read["starts_at"].date()), time(23, 59), zone)
    return read | moments


SPAN = ("starts_at", "ends_at")


def _proposed(request: Request, about: Any) -> dict[str, Any]:
    """The form as it opens: at the moment of the address, else tomorrow morning; with the people of the record."""
    given, reader = request.GET, request.reader
    on, at = _day(given.get("on", ""), reader), _time(given.get("at", ""))
    starts = datetime.combine(on or soon.tomorrow(reader.today), at or MORNING, UTC)
    person = about if isinstance(about, Person) else getattr(about, "person", None)
    seen = person is not None and access.can(request.by, "see", person)
    return {
        "title": given.get("title", "")[:300],
        "starts_at": f"{starts:%Y-%m-%dT%H:%M}",
        "ends_at": f"{starts + USUALLY:%Y-%m-%dT%H:%M}",
        "all_day": "on" in given and not at,
        "zone": request.user.zone,
        "guests": person.name if seen and person else "",
        "tell": True,
    }


def _day(text: str, reader: Reader) -> date | None:
    try:
        return typed.day(text, reader) if text else None
    except typed.Unread:
        return None


def _time(text: str) -> time | None:
    try:
        return typed.clock(text) if text else None
    except typed.Unread:
        return None


def _known(meeting: Meeting) -> dict[str, Any]:
    plain = {name: getattr(meeting, name) for name in MeetingForm.base_fields}
    last = meeting.ends_at - timedelta(minutes=1 if meeting.all_day else 0)
    moments = {"starts_at": meeting.starts_at, "ends_at": last}
    return plain | {name: f"{each.astimezone(meeting.tz):%Y-%m-%dT%H:%M}" for name, each in moments.items()}


def _about(request: Request) -> Any:
    """The record that it will be about, as noun:id in the address or the form."""
    noun, _colon, public_id = (request.POST.get("about") or request.GET.get("about", "")).partition(":")
    if not noun:
        return None
    if noun not in ABOUT:
        raise NotFound(_("No record at this address."))
    return find(noun, public_id, request.by)


def _shown(meeting: Meeting, request: Request) -> Any:
    """What it is about, if the reader sees that: a guest may not."""
    about = meeting.about
    return about if about is not None and access.can(request.by, "see", about) else None


def _told(meeting: Meeting) -> dict[str, str]:
    return {"meeting": meeting.title, "when": when(meeting)}


def _meeting(request: Request, address: str) -> Meeting:
    return cast(Meeting, record_or_404(request, "meeting", address))
