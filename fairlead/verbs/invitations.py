"""Invitations to meetings by mail, as other calendars understand them (iTIP: RFC 5546, RFC 6047)."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.changes import change
from fairlead.models import Attendee, Mailbox, Meeting, Organisation
from fairlead.models import icalendar_text as ical
from fairlead.reading.phrases import period
from fairlead.verbs.outgoing import send_mail_later, tell_colleague

PURPOSE = "meeting"
# So long a booking can be taken back before guests hear of it.
WAIT = timedelta(minutes=1)
PARTSTAT = {"needs_action": "NEEDS-ACTION", "accepted": "ACCEPTED", "declined": "DECLINED", "tentative": "TENTATIVE"}


def invite(meeting: Meeting, guests: Iterable[Attendee]) -> None:
    """Promise each of these guests an invitation, or how the meeting is now."""
    everybody = _guests(meeting)
    for guest in guests:
        if _send(meeting, guest, "REQUEST", everybody) and not guest.invited:
            change(guest, invited=True)


def call_off(meeting: Meeting, guests: Iterable[Attendee], reason: str = "") -> None:
    """Promise those who were invited that it does not take place, or not with them."""
    everybody = _guests(meeting)
    for guest in guests:
        if guest.invited:
            _send(meeting, guest, "CANCEL", everybody, reason)


def tell_organiser(meeting: Meeting, subject: str, text: str) -> None:
    """Promise whoever holds the meeting a word on it."""
    address = f"{settings.BASE_URL}/meetings/{meeting.public_id}"
    key = f"meeting:{meeting.public_id}:{current().id}"
    tell_colleague(meeting.organiser, subject, f"{text}\n\n{address}\n", key=key)


def answers_go_to(meeting: Meeting) -> str:
    """Where calendars send answers: a mailbox that is read here, else whoever holds the meeting."""
    boxes = Mailbox.objects.live().filter(username__contains="@").order_by("pk")
    found = boxes.values_list("username", flat=True).first()
    return str(found or meeting.organiser.email)


def message(meeting: Meeting, method: str, guests: Iterable[Attendee]) -> str:
    """The meeting as a message to calendars, with everybody who is invited."""
    lines = [
        ical.line("UID", meeting.uid, {}),
        ical.moment("DTSTAMP", clock.now()),
        *span(meeting),
        f"SEQUENCE:{meeting.sequence}",
        ical.text("SUMMARY", meeting.title),
        ical.text("LOCATION", meeting.place or meeting.link),
        ical.text("DESCRIPTION", "\n\n".join(part for part in (meeting.note, meeting.link) if part)),
        ical.line("URL", meeting.link, {}) if meeting.link.isascii() and meeting.link else "",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        ical.line("ORGANIZER", f"mailto:{answers_go_to(meeting)}", {"CN": meeting.organiser.name}),
        *(_attendee(guest) for guest in guests if guest.address),
    ]
    return ical.calendar([ical.component("VEVENT", lines)], method=method)


def span(meeting: Meeting) -> list[str]:
    """Begin and end; of whole days the day after the last."""
    if meeting.all_day:
        return [
            ical.day("DTSTART", meeting.first_day),
            ical.day("DTEND", meeting.last_day + timedelta(days=1)),
        ]
    return [ical.moment("DTSTART", meeting.starts_at), ical.moment("DTEND", meeting.ends_at)]


def _guests(meeting: Meeting) -> list[Attendee]:
    return list(meeting.attendees.order_by("pk"))


def _attendee(guest: Attendee) -> str:
    answer = PARTSTAT[guest.answer]
    given = {"CN": guest.name, "ROLE": "REQ-PARTICIPANT", "PARTSTAT": answer, "RSVP": "TRUE"}
    return ical.line("ATTENDEE", f"mailto:{guest.address}", given)


def _send(meeting: Meeting, guest: Attendee, method: str, everybody: list[Attendee], reason: str = "") -> bool:
    if not guest.address or guest.user_id == meeting.organiser_id:
        return False
    subject, text = _words(meeting, guest, method, reason)
    answer = send_mail_later(
        guest.address,
        subject,
        text,
        purpose="notice" if guest.user_id else PURPOSE,
        calendar=message(meeting, method, everybody),
        method=method,
        reply_to=answers_go_to(meeting),
        person=guest.person,
        automatic=False,
        at=clock.now() + WAIT,
        key=f"meeting:{meeting.public_id}:{guest.pk}:{method}:{meeting.sequence}",
    )
    return answer.allowed


def _words(meeting: Meeting, guest: Attendee, method: str, reason: str) -> tuple[str, str]:
    facts = {"title": " ".join(meeting.title.split()), "who": meeting.organiser.name, "house": Organisation.ours().name}
    if method == "CANCEL":
        subject, first = _("Cancelled: %(title)s") % facts, _("%(who)s of %(house)s cancelled this meeting.") % facts
    elif guest.invited:
        subject, first = _("Changed: %(title)s") % facts, _("%(who)s of %(house)s changed this meeting.") % facts
    else:
        subject, first = _("Invitation: %(title)s") % facts, _("%(who)s of %(house)s invites you.") % facts
    return subject[:200], "\n".join(["\n\n".join([first, *([reason] if reason else [])]), "", *_facts(meeting)]) + "\n"


def _facts(meeting: Meeting) -> Iterator[str]:
    yield meeting.title
    yield when(meeting)
    yield from (part for part in (meeting.place, meeting.link) if part)
    if meeting.note:
        yield ""
        yield meeting.note


def when(meeting: Meeting) -> str:
    """Its day and time in words, on its own clock."""
    from babel.dates import format_date

    if not meeting.all_day:
        return period(meeting.starts_at, meeting.ends_at, meeting.zone, "en")
    days = dict.fromkeys(format_date(each, "full", locale="en_GB") for each in (meeting.first_day, meeting.last_day))
    return " – ".join(days)
