"""Calls as telephone systems tell of them: each system's posts, one call however often told, what becomes of it."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.db.models import QuerySet
from django.test import Client

from fairlead.core import clock
from fairlead.core.spool import Spool
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.inbox import door, known
from fairlead.models import Activity, Call, Endpoint, Event, Lead
from fairlead.reading.body import Unreadable
from fairlead.reading.calls import CallNews, call_news
from fairlead.reading.signatures import Signed, fits
from fairlead.verbs.calls import log_known_call, put_call_aside, take_call
from fairlead.verbs.endpoints import create_endpoint
from fairlead.verbs.people import create_person
from fairlead.verbs.profiles import edit_profile
from fairlead.web.addresses import url_of
from tests.inbox.arrivals import FORM, OF_THE_WORLD, SYSTEM, endpoint, processed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TWILIO = {"CallSid": "CA1", "From": "+442079460777", "To": "+442079460100", "Direction": "inbound"}
SIPGATE = {"callId": "s1", "from": "442079460777", "to": "442079460100", "direction": "in", "user[]": "Sam Whitlock"}
PLACETEL = {"call_id": "p1", "from": "02079460777", "to": "02079460100"}
SIPGATE_OVER = {"event": "hangup", "cause": "normalClearing"}
PLACETEL_OVER = {"event": "HungUp", "type": "accepted", "duration": "60"}
ASTERISK = {"uniqueid": "1.1", "callerid": "02079460777"}
PLAIN = {"id": "7", "number": "020 7946 0777"}
# What each system says when it rings, when it is taken and when it is over; then when nobody took it.
SYSTEMS: dict[str, tuple[list[dict[str, str]], list[dict[str, str]]]] = {
    "Twilio": (
        [
            TWILIO | {"CallStatus": "ringing", "Timestamp": "Mon, 02 Mar 2026 11:58:00 +0000"},
            TWILIO | {"CallStatus": "in-progress", "Timestamp": "Mon, 02 Mar 2026 11:58:10 +0000"},
            TWILIO | {"CallStatus": "completed", "CallDuration": "60", "Timestamp": "Mon, 02 Mar 2026 11:59:10 +0000"},
        ],
        [TWILIO | {"CallStatus": "ringing"}, TWILIO | {"CallStatus": "no-answer", "CallDuration": "0"}],
    ),
    "sipgate": (
        [
            SIPGATE | {"event": "newCall"},
            SIPGATE | {"event": "answer"},
            SIPGATE | {"event": "hangup", "cause": "normalClearing"},
        ],
        [SIPGATE | {"event": "newCall"}, SIPGATE | {"event": "hangup", "cause": "cancel"}],
    ),
    "Placetel": (
        [
            PLACETEL | {"event": "IncomingCall"},
            PLACETEL | {"event": "CallAccepted", "peer": "sam"},
            PLACETEL | {"event": "HungUp", "type": "accepted", "duration": "60"},
        ],
        [PLACETEL | {"event": "IncomingCall"}, PLACETEL | {"event": "HungUp", "type": "missed"}],
    ),
    "3CX": (
        [{"CallType": "Inbound", "Number": "+442079460777", "DurationSeconds": "60", "AgentEmail": "a@b.example"}],
        [{"CallType": "Missed", "Number": "+442079460777", "DurationSeconds": "0"}],
    ),
    "Asterisk": (
        [
            {"uniqueid": "1.1", "callerid": "02079460777", "state": "Ring"},
            {"uniqueid": "1.1", "callerid": "02079460777", "disposition": "ANSWERED", "billsec": "60"},
        ],
        [{"uniqueid": "1.1", "callerid": "02079460777", "disposition": "NO ANSWER", "billsec": "0"}],
    ),
    "plain": (
        [
            {"id": "7", "number": "020 7946 0777", "started": "2026-03-02T11:58:00Z", "answered": "true"},
            {"id": "7", "number": "020 7946 0777", "ended": "2026-03-02T11:59:00Z", "answered": "true"},
        ],
        [{"id": "7", "number": "020 7946 0777", "ended": "2026-03-02T11:59:00Z", "answered": "false"}],
    ),
}


def calls() -> QuerySet[Call]:
    """Those of a test, without those of the demo world."""
    return Call.objects.exclude(endpoint__name__in=OF_THE_WORLD)


def unlogged() -> QuerySet[Call]:
    return calls().filter(pk__in=Call.objects.unlogged())


def news(fields: Any) -> CallNews:
    return call_news(urlencode(fields, doseq=True).encode(), {}, FORM, NOON)


@pytest.fixture
def system(world: World) -> Endpoint:
    return endpoint("Telephone", kind="calls", owner=world.mira)


def told(system: Endpoint, *posts: dict[str, str]) -> Call:
    for post in posts:
        assert processed(system, post).state == "processed"
    return calls().latest("pk")


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_systems_posts_are_understood(world: World, system: Endpoint, name: str) -> None:
    taken, missed = SYSTEMS[name]
    call = told(system, *taken, *taken)
    assert (call.direction, call.e164, call.is_missed) == ("in", "+442079460777", False)
    assert call.ended_at is not None and calls().count() == 1
    assert Lead.objects.filter(phone_e164="+442079460777").count() == 0
    other = endpoint("Other", kind="calls", owner=world.mira)
    assert told(other, *missed, *missed).is_missed
    lead = Lead.objects.get(phone_e164="+442079460777")
    assert (lead.lead_type, lead.owner) == ("call", world.sam if name == "sipgate" else world.mira)
    assert [each.outcome for each in Activity.objects.filter(lead=lead)] == ["no_answer"]


def test_what_is_read_of_a_call() -> None:
    first, _taken, over = (news(each) for each in SYSTEMS["Twilio"][0])
    assert (first.is_over, first.answered, first.started) == (False, None, NOON - timedelta(minutes=2))
    assert (over.is_over, over.answered, over.answered_at) == (True, True, NOON - timedelta(seconds=110))
    out = news({"event": "newCall", "direction": "out", "from": "442079460100", "to": "493012345678", "callId": "9"})
    assert (out.direction, out.number) == ("out", "+493012345678")
    leg = {"CallSid": "CA2", "ParentCallSid": "CA1", "Direction": "outbound-dial", "From": "+442079460777"}
    assert (news(leg | {"CallStatus": "ringing"}).key, news(leg).direction) == ("CA1", "in")
    assert news({"id": "1", "from": "anonymous", "event": "ringing"}).number == ""
    assert news({"id": "1", "from": "sip:02079460777@pbx.example;user=phone"}).number == "02079460777"
    ahead = news({"id": "1", "number": "112233", "started": "2999-01-01", "timestamp": "soon", "duration": "9:99"})
    assert ahead.started == NOON
    with pytest.raises(Unreadable):
        news({"hello": "world"})
    nested = call_news(b'{"call": {"id": 5, "from": {"number": "02079460777"}, "status": "missed"}}', {}, "", NOON)
    assert (nested.key, nested.number, nested.answered, nested.is_over) == ("5", "02079460777", False, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"[[[[]]]]", b"\x00\xff=%00", b"{" * 5000, b"id=" + b"9" * 9000])
def test_hostile_news(world: World, system: Endpoint, body: bytes) -> None:
    assert processed(system, body).state in {"unusable", "processed"}


def test_news_in_any_order_are_one_call(world: World, system: Endpoint) -> None:
    ring, taken, over = SYSTEMS["Twilio"][0]
    call = told(system, over, ring, taken)
    assert calls().count() == 1 and call.answered_at is not None and call.minutes == 1


def test_calls_without_a_key_are_told_apart_by_number_and_time(world: World, system: Endpoint) -> None:
    post = {"number": "020 7946 0777", "state": "ringing"}
    told(system, post, post, {"number": "020 7946 0777", "status": "missed"})
    assert calls().count() == 1
    old = {"number": "020 7946 0777", "status": "missed", "started": "2026-03-02T11:58:00Z"}
    told(system, old, old | {"duration": "0"})
    assert calls().count() == 2


def test_a_known_number_is_offered_to_log_and_makes_no_lead(world: World, system: Endpoint) -> None:
    nia = create_person(world.sam.actor("web"), name="Nia Pugh", phones=["020 7946 0777"])
    edit_profile(world.sam.actor("web"), extension="102")
    call = told(system, TWILIO | {"CallStatus": "no-answer", "extension": "102"})
    assert (call.person, call.agent, call.activity) == (nia, world.sam, None)
    assert Lead.objects.filter(phone_e164="+442079460777").count() == 0
    by = world.sam.actor("web")
    entry = log_known_call(by, call, text="Rang back", next_step="Send price")
    assert (entry.person, entry.direction, entry.outcome) == (nia, "in", "no_answer")
    assert entry.happened_at == call.started_at and log_known_call(by, call) == entry
    assert not unlogged().exists()
    undo(by, act=Event.objects.filter(verb="log_known_call").latest("pk").act)
    assert unlogged().get() == call
    put_call_aside(by, calls().get())
    assert not unlogged().exists()


def test_a_taken_call_of_somebody_new_is_logged_with_the_lead(world: World, system: Endpoint) -> None:
    call = told(system, *SYSTEMS["Twilio"][0])
    assert call.about is None
    entry = take_call(world.sam.actor("web"), name="Ada New", phone=call.number, call=call, text="Wants a price")
    call.refresh_from_db()
    assert call.activity == entry and call.lead == entry.lead and entry.minutes == 1
    assert entry.happened_at == call.started_at


def test_a_missed_call_joins_the_open_lead_of_its_number(world: World, system: Endpoint) -> None:
    first = told(system, TWILIO | {"CallStatus": "no-answer"}).lead
    second = told(system, TWILIO | {"CallSid": "CA2", "CallStatus": "busy"})
    assert second.about == first and Lead.objects.filter(phone_e164="+442079460777").count() == 1


@pytest.mark.parametrize("number", ["anonymous", ""])
def test_a_withheld_number_makes_no_lead(world: World, system: Endpoint, number: str) -> None:
    before = Lead.objects.count()
    call = told(system, TWILIO | {"From": number, "CallStatus": "no-answer"})
    assert (str(call), call.is_missed, Lead.objects.count()) == ("withheld number", True, before)


def test_signatures() -> None:
    key, url, body = "secret", "https://crm.example/in/abc", urlencode({"b": "2", "a": "1 x"}).encode()
    twilio = base64.b64encode(hmac.digest(b"secret", (url + "a1 xb2").encode(), "sha1")).decode()
    placetel = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    for headers, right in (
        ({"X-Twilio-Signature": twilio}, True),
        ({"X-Twilio-Signature": twilio[:-2] + "=="}, False),
        ({"X-Placetel-Signature": placetel}, True),
        ({"X-Placetel-Signature": "0" * 64}, False),
        ({"X-Hub-Signature-256": f"sha256={placetel}"}, True),
        ({}, False),
    ):
        assert fits("calls", key, Signed(body, headers, url, clock.now())) is right, headers
    assert fits("calls", "", Signed(body, {}, url, clock.now()))


def test_today_the_record_and_the_phone_page_offer_to_log(world: World, system: Endpoint) -> None:
    by, client, other = world.sam.actor("web"), Client(), Client()
    nia = create_person(by, name="Nia Pugh", phones=["020 7946 0777"])
    client.force_login(world.sam)
    told(system, TWILIO | {"CallStatus": "ringing"})
    ringing = client.get("/call/now").content.decode()
    assert "Nia Pugh is calling" in ringing and "?kind=call&amp;direction=in#log" in ringing
    call = told(system, TWILIO | {"CallStatus": "no-answer"})
    at = f"/calls/{call.public_id}/log-known-call"
    pages = {path: client.get(path, follow=True).content.decode() for path in ("/", "/call", url_of(nia))}
    assert [path for path, html in pages.items() if at not in html] == []
    assert "Missed Nia Pugh" in pages["/"] and "Pugh is calling" not in pages["/call"]
    other.force_login(world.noah)
    assert at not in other.get("/").content.decode()
    assert "Logged a call with Nia Pugh." in client.post(at, follow=True).content.decode()
    assert at not in client.get("/").content.decode() and Activity.objects.filter(person=nia).count() == 1


def test_somebody_new_on_the_phone_is_added_with_that_call(world: World, system: Endpoint) -> None:
    client = Client()
    client.force_login(world.sam)
    call = told(system, *({**each, "Timestamp": ""} for each in SYSTEMS["Twilio"][0]))
    page = client.get("/call/now").content.decode()
    at = f"/call?number=%2B442079460777&amp;call={call.public_id}"
    assert "Call from +442079460777" in page and at in page
    form = client.get(at.replace("&amp;", "&")).content.decode()
    assert f'name="call" value="{call.public_id}"' in form
    client.post("/call", {"name": "Ada New", "phone": "+442079460777", "call": call.public_id})
    call.refresh_from_db()
    assert call.lead is not None and call.lead.name == "Ada New" and call.activity is not None
    assert at not in client.get("/call/now").content.decode()


def test_who_may_not_see_whom_it_is_about_sees_no_call(world: World, system: Endpoint) -> None:
    create_person(world.sam.actor("web"), name="Nia Pugh", phones=["020 7946 0777"])
    call = told(system, TWILIO | {"CallStatus": "no-answer"})
    unknown = told(system, TWILIO | {"CallSid": "CA9", "From": "anonymous", "CallStatus": "ringing"})
    own = replace(world.noah.actor("web"), grants={"*": {"see": "own", "edit": "own"}})
    assert set(calls().filter(pk__in=Call.objects.visible_to(world.mira.actor("web")))) == {call, unknown}
    assert not Call.objects.visible_to(own).exists()
    assert not Call.objects.visible_to(replace(own, grants={"person": {"see": "all"}})).exists()


def test_sipgate_is_told_where_to_tell_more(world: World, client: Client, settings: Any, tmp_path: Any) -> None:
    settings.BASE_URL = "https://crm.example"
    known.forget()
    address = create_endpoint(SYSTEM, name="Telephone", kind="calls").address
    with mock.patch.object(door, "SPOOL", Spool(tmp_path)):
        answer = client.post(f"/in/{address}", urlencode(SIPGATE | {"event": "newCall"}), content_type=FORM)
        over = client.post(f"/in/{address}", urlencode(SIPGATE | SIPGATE_OVER), content_type=FORM)
    assert f'onHangup="https://crm.example/in/{address}"' in answer.content.decode()
    assert answer["Content-Type"] == "application/xml" and over.status_code == 202
