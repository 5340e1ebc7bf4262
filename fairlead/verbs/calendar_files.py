"""A calendar file brought in: its events become meetings of whoever brings it; the same file again changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid
from fairlead.core.upload import Upload
from fairlead.core.verb import verb
from fairlead.models import Attendee, Meeting, User, normal
from fairlead.models.form import web_address
from fairlead.models.meeting import LONGEST
from fairlead.models.place import zones
from fairlead.reading.body import Unreadable
from fairlead.reading.calendars import Entry, local, occurrences

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
MOST = 2000
MOST_GUESTS = 100


@verb("{by} brought in {count} from the calendar {upload}", may="task.create")
def import_calendar(by: Actor, *, upload: Upload) -> list[Meeting]:
    """Bring the events of an .ics file in as your meetings: those of the last 31 and the next 366 days, each time of
    one that repeats. What came before is brought up to date; nobody is invited by it."""
    holds = User.objects.filter(pk=by.user_id).first()
    if holds is None:
        raise Invalid({"upload": [_("Say whose meetings these are.")]})
    now = clock.now()
    try:
        found = [each for each in occurrences(upload.read(), now - BACK, now + AHEAD) if each.start is not None]
    except Unreadable as reason:
        raise Invalid({"upload": [_("Nothing was brought in. %(reason)s") % {"reason": reason}]}) from None
    if len(found) > MOST:
        raise Invalid({"upload": [_("It has more than %(most)s events in this time.") % {"most": MOST}]})
    made = [each for each in (_brought_in(holds, entry) for entry in found) if each is not None]
    text = ngettext("%(number)s meeting", "%(number)s meetings", len(made)) % {"number": len(made)}
    current().step.labels["count"] = text
    return made


def _brought_in(holds: User, entry: Entry) -> Meeting | None:
    """The meeting that this entry is, made or changed; None when it says nothing new."""
    values = _values(holds, entry)
    known = Meeting.objects.filter(organiser=holds, uid=values["uid"]).first()
    if known is not None:
        current().hold([known])
        newer = entry.sequence >= known.sequence and known.state == Meeting.State.PLANNED
        state = {"state": "cancelled"} if entry.status == "CANCELLED" else {}
        return known if newer and change(known, **values | state) else None
    if entry.status == "CANCELLED":
        return None
    state = {"state": "held"} if values["ends_at"] <= clock.now() else {}
    meeting = create(Meeting, organiser=holds, revised_at=clock.now(), **values | state)
    _add_guests(meeting, entry)
    return meeting


def _values(holds: User, entry: Entry) -> dict[str, Any]:
    zone = entry.zone if entry.zone in zones() else holds.zone
    assert entry.start is not None
    starts = local(entry.start, ZoneInfo(zone))
    ends = local(entry.end, ZoneInfo(zone)) if entry.end is not None else starts
    ends = min(max(ends, starts + timedelta(minutes=1)), starts + LONGEST)
    return {
        "title": " ".join(entry.title.split())[:300] or _("Busy"),
        "starts_at": starts,
        "ends_at": ends,
        "all_day": not isinstance(entry.start, datetime),
        "zone": zone,
        "place": " ".join(entry.place.split()),
        "link": _link(entry.link),
        "note": entry.note,
        "uid": _uid(entry, starts),
        "sequence": entry.sequence,
    }


def _uid(entry: Entry, starts: datetime) -> str:
    """Its own; each time of one that repeats has one more part; without one, what it is stands for it."""
    known = entry.uid or f"{starts:%Y%m%dT%H%M%SZ}-{entry.title}"
    part = f"#{local(entry.of, ZoneInfo('UTC')).astimezone(UTC):%Y%m%dT%H%M%SZ}" if entry.of else ""
    return known[: 255 - len(part)] + part


def _link(text: str) -> str:
    try:
        web_address(text)
    except Exception:  # whatever the field would say of it
        return ""
    return text


def _add_guests(meeting: Meeting, entry: Entry) -> None:
    seen = {meeting.organiser.email.lower()}
    for guest in entry.guests[:MOST_GUESTS]:
        address = normal.mail(guest.address)
        if not address or address in seen:
            continue
        seen.add(address)
        user = User.objects.active().filter(email__iexact=address).first()
        facts = {"user": user, "address": address, "name": guest.name or (user.name if user else "")}
        create(Attendee, meeting=meeting, answer=guest.answer, **facts)
