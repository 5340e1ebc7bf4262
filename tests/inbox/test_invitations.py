"""Invitations by mail and what comes back: answers bring guests up to date, and never become leads."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar, vCalAddress

from fairlead.core import clock
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.demo.world import World
from fairlead.models import Attendee, Lead, Mailbox, Meeting, Submission
from fairlead.reading.body import Unreadable
from fairlead.reading.calendars import occurrences, read, reply_in
from fairlead.verbs.meetings import book_meeting, move_meeting
from fairlead.verbs.suppressions import suppress_address
from fairlead.work import mail as sending
from tests.inbox.imap import Server
from tests.inbox.test_mailboxes import drained, fetch, mailbox, server  # noqa: F401 (fixtures)
from tests.meetings import none_yet

GUEST = "ann@new.example"


@pytest.fixture
def meeting(world: World, mailbox: Mailbox) -> Meeting:  # noqa: F811
    none_yet()
    starts = clock.now().replace(second=0, microsecond=0) + timedelta(days=2)
    return book_meeting(world.sam.actor("web"), world.unplanned, title="Demo", starts_at=starts, addresses=[GUEST])


def sent() -> list[Any]:
    """What leaves now, as the receiver gets it."""
    with clock.at(clock.now() + timedelta(minutes=2)):
        rows = [row for row in claim("test") if row.effect == "mail"]
        made = [message_from_bytes(sending.message(row).message().as_bytes()) for row in rows]
        for row in rows:
            carry_out(row)
    return made


def calendar_of(mail: Any) -> Any:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    found: Any = Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == found["METHOD"]
    return found


def reply_to(invitation: Any, answer: str, sender: str = GUEST, method: str = "REPLY", **changed: Any) -> bytes:
    """What a guest's calendar sends back."""
    found = calendar_of(invitation)
    found["METHOD"] = method
    event = found.walk("VEVENT")[0]
    guest = vCalAddress(f"MAILTO:{GUEST}")
    guest.params["PARTSTAT"] = answer
    del event["ATTENDEE"]
    event.add("ATTENDEE", guest)
    for name, value in changed.items():
        event.pop(name, None)
        event.add(name, value)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, str(event["ORGANIZER"])[7:], f"{answer}: Demo"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("Answered from a calendar")
    mail.add_alternative(found.to_ical(), "text", "calendar", params={"method": method})
    return mail.as_bytes()


def answer_now() -> str:
    return Attendee.objects.get(address=GUEST).answer


def test_an_answer_brings_the_guest_up_to_date_and_is_no_lead(
    world: World,
    meeting: Meeting,
    mailbox: Mailbox,  # noqa: F811
    server: Server,  # noqa: F811
) -> None:
    leads = Lead.objects.count()
    (invitation,) = sent()
    assert invitation["Reply-To"] == "sales@us.example" and "Auto-Submitted" not in invitation
    assert str(calendar_of(invitation).walk("VEVENT")[0]["ORGANIZER"]) == "mailto:sales@us.example"
    server.put(reply_to(invitation, "ACCEPTED", COMMENT="See you"))
    fetch(mailbox)
    (kept,) = drained()
    assert answer_now() == "accepted" and kept.state == Submission.State.PROCESSED
    assert "See you" in Outbox.objects.get(effect="notice", payload__to=world.sam.email).payload["text"]
    later, earlier = clock.now() + timedelta(minutes=9), clock.now() - timedelta(hours=1)
    server.put(
        reply_to(invitation, "DECLINED", DTSTAMP=later),
        reply_to(invitation, "TENTATIVE", DTSTAMP=earlier),  # overtaken by the other
        reply_to(invitation, "ACCEPTED", sender="Mallory <m@evil.example>", DTSTAMP=later),
        reply_to(invitation, "ACCEPTED", UID="elsewhere@example.com"),
        reply_to(invitation, "TENTATIVE", method="COUNTER", DTSTART=meeting.starts_at + timedelta(days=1)),
    )
    fetch(mailbox)
    states = [each.state for each in drained()]
    assert answer_now() == "declined" and states.count("unusable") == 2 and states.count("processed") == 4
    told = [row.payload["subject"] for row in Outbox.objects.filter(effect="notice")]
    assert sum("proposes" in subject for subject in told) == 1
    move_meeting(world.sam.actor("web"), meeting, starts_at=meeting.starts_at + timedelta(hours=3))
    server.put(reply_to(invitation, "ACCEPTED", DTSTAMP=later + timedelta(minutes=1)))
    fetch(mailbox)
    drained()
    assert answer_now() == "needs_action"  # it was to the earlier time
    server.put(reply_to(sent()[-1], "ACCEPTED", DTSTAMP=later + timedelta(minutes=2)))
    fetch(mailbox)
    drained()
    assert answer_now() == "accepted" and Lead.objects.count() == leads


def test_who_asked_not_to_be_contacted_in_the_last_minute_gets_nothing(world: World, meeting: Meeting) -> None:
    suppress_address(world.sam.actor("web"), address=GUEST, channel="mail", reason="Asked")
    sent()
    assert Outbox.objects.get(effect="mail", payload__to=GUEST).state == "cancelled"


def test_hostile_calendars_are_refused_with_the_reason() -> None:
    def calendar(*lines: str) -> bytes:
        return "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]).encode()

    event = ["BEGIN:VEVENT", "UID:x", "DTSTART:20270101T100000Z", "END:VEVENT"]
    for reason, raw in {
        "larger": b"x" * (3 * 1024 * 1024),
        "deeply": calendar(*["BEGIN:VEVENT"] * 2000, *["END:VEVENT"] * 2000),
        "entries": calendar(*event * 6000),
        "lines": calendar(*["X:1"] * 150_000),
    }.items():
        with pytest.raises(Unreadable, match=reason):
            read(raw)
    restless = calendar(*event[:3], "RRULE:FREQ=SECONDLY", *event[3:])
    assert read(restless)[0].entries[0].rule == "FREQ=SECONDLY"
    with pytest.raises(Unreadable, match="daily"):
        occurrences(restless, clock.now(), clock.now() + timedelta(days=400))
    for noise in (
        b"",
        b"\x00\xff" * 500,
        b"BEGIN:VCALENDAR",
        calendar("DTSTART:99999999T999999Z"),
        b"END:VEVENT\r\n" * 9,
    ):
        try:
            assert sum(len(each.entries) for each in read(noise)) == 0
        except Unreadable as why:
            assert str(why)
        assert reply_in(noise) is None
