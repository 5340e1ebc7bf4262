"""Who has no more of our mail: by the link in it, and by mail of ours that comes back. Their tracks stand still."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from fairlead.core import clock
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.sealed import seal
from fairlead.demo.world import World
from fairlead.inbox import pace
from fairlead.models import Endpoint, Person, RunningTrack, Submission, Suppression
from fairlead.models.suppression import may_contact
from fairlead.reading.bounces import bounce_in, is_gone
from fairlead.reading.message import KIND
from fairlead.verbs.letters import leaving_link
from fairlead.verbs.outgoing import message_id
from fairlead.verbs.people import create_person
from fairlead.verbs.submissions import process_submission, receive_submissions
from fairlead.verbs.track_definitions import create_track
from fairlead.verbs.tracks import apply_track
from fairlead.work import mail as _sending  # noqa: F401
from tests.inbox.arrivals import SYSTEM, endpoint


@pytest.fixture
def ann(world: World) -> Person:
    """Ann, on whom a track runs."""
    by = world.sam.actor("web")
    made = create_person(by, name="Ann Lee", mails=["ann@new.example"])
    steps: Any = [{"text": "Ring", "kind": "call", "days": 3}]
    apply_track(by, made, track=create_track(world.admin.actor("web"), name="Care", applies_to=["person"], steps=steps))
    return made


def sent(to: str = "ann@new.example", **facts: Any) -> Outbox:
    """A mail of ours that has left."""
    payload = {"to": to, "subject": "Hello", "text": "Hello", "purpose": "form", "leaves_in": "de"} | facts
    made: Outbox = Outbox.objects.create(act="0" * 32, effect="mail", payload=payload, key=f"mail:{to}{len(facts)}")
    for row in claim("test", key=made.key):
        carry_out(row)
    return made


def report(of: str, status: str = "5.1.1", action: str = "failed", **more: str) -> bytes:
    """A delivery report as mail servers write it (RFC 3464)."""
    lines = ["From: MAILER-DAEMON@mx.new.example", "Return-Path: <>", "MIME-Version: 1.0",
             "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "It failed.",
             "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.new.example", "",
             "Final-Recipient: rfc822; ann@new.example", f"Action: {action}", f"Status: {status} (bad)",
             f"Diagnostic-Code: smtp; 550 {status} no such user", "", "--b",
             more.get("kind", "Content-Type: message/rfc822"), "", f"Message-ID: {of}", "Subject: Hello", "",
             "--b--"]  # fmt: skip
    return "\r\n".join(lines).encode()


def arrived(raw: bytes) -> Submission:
    at = Endpoint.objects.filter(name="Sales mail").first() or endpoint("Sales mail", lead_type="inquiry")
    arrival: Any = {"body": base64.b64encode(raw).decode(), "content_type": KIND, "headers": {"Mailbox": "x"}}
    (made,) = receive_submissions(SYSTEM, at, arrivals=[arrival])
    return process_submission(SYSTEM, made)


def cause(ann: Person) -> str:
    running = RunningTrack.objects.get(person=ann)
    assert running.state == ("paused" if running.cause else "running")
    return running.cause


def test_a_mail_of_ours_that_comes_back_stops_its_address_and_tracks(ann: Person) -> None:
    row = sent()
    forged = message_id(Outbox(pk=row.pk, key="another"))
    for nothing in (report("<1.0@x>"), report(forged), report(message_id(row), action="delayed")):
        assert arrived(nothing).state == "unusable" and cause(ann) == ""
    came = arrived(report(message_id(row)))
    assert (came.state, came.lead) == ("processed", None) and "ann@new.example came back" in came.reason
    held = Suppression.objects.get(address="ann@new.example")
    assert (held.until, held.channel, cause(ann)) == (None, "mail", "bounce") and "5.1.1" in held.reason
    assert not may_contact("Ann@new.example", "mail").allowed and may_contact("", "phone", person=ann).allowed
    again = arrived(report(message_id(row), kind="Content-Type: text/rfc822-headers"))
    assert again.state == "processed" and Suppression.objects.filter(address="ann@new.example").count() == 1


def test_a_full_mailbox_is_left_alone_for_a_week_and_colleagues_are_never_stopped(ann: Person, world: World) -> None:
    arrived(report(message_id(sent()), "5.2.2"))
    held = Suppression.objects.get(address="ann@new.example")
    assert held.until is not None and 6 <= (held.until - clock.now()).days <= 7 and cause(ann) == "bounce"
    ours = sent(world.sam.email, purpose="notice")
    arrived(report(message_id(ours)))
    assert not Suppression.objects.filter(address=world.sam.email).exists()


def test_reports_are_read_however_broken() -> None:
    good = bounce_in(report("<1.ab@x>"))
    assert good is not None and (good.of, good.status, is_gone(good.status)) == ("<1.ab@x>", "5.1.1", True)
    plain = EmailMessage()
    plain.set_content("Action: failed")
    nested = b"".join(b"Content-Type: multipart/report; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(3000))
    for raw in (b"", plain.as_bytes(), nested, report("<1.ab@x>")[:330], report("", kind="Content-Type: image/png")):
        assert bounce_in(raw) is None


def test_one_click_unsubscribes_and_following_the_link_only_asks(ann: Person, client: Client, settings: Any) -> None:
    settings.BASE_URL = "https://crm.example"
    pace.refill()
    mail.outbox.clear()
    sent()
    headers = mail.outbox[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"]
    assert link.startswith("<https://crm.example/u/") and "ann" not in link
    at = link[1:-1].removeprefix("https://crm.example")
    page = client.get(at)
    assert page.status_code == 200 and "Abmelden" in page.text and "ann@new.example" in page.text
    assert cause(ann) == "" and may_contact("ann@new.example", "mail").allowed
    posted = Client(enforce_csrf_checks=True).post(at, {"List-Unsubscribe": "One-Click"})
    assert posted.status_code == 200 and "Sie bekommen keine E-Mails mehr" in posted.text
    assert (cause(ann), Suppression.objects.get(address="ann@new.example").reason) == ("unsubscribe", "Unsubscribed")
    assert client.post(at).status_code == 200 and Suppression.objects.count() == 1 + _before()
    for wrong in ("/u/x", f"/u/{seal('ann@new.example')}", f"/u/{seal('leave:no mail')}", at[:-40]):
        assert client.post(wrong).status_code == 404
    mail.outbox.clear()
    settings.BASE_URL = "http://crm.example"
    sent("ben@new.example")
    headers = mail.outbox[0].message()
    assert headers["List-Unsubscribe"].startswith("<http:") and headers["List-Unsubscribe-Post"] is None
    assert leaving_link("ben@new.example", "en").endswith("?lang=en")


def _before() -> int:
    """Those that the world has."""
    return Suppression.objects.exclude(address="ann@new.example").count()
