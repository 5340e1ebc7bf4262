"""Our own forms: from the page a visitor sees to the lead, its answer by mail, and what keeps robots apart."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from fairlead.core import clock
from fairlead.core.errors import Invalid, Refused, WrongState
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.spool import Reader, Spool
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.inbox import door, pace, published
from fairlead.models import Activity, Form, Lead, Occasion, Registration, Submission
from fairlead.verbs.custom import create_field
from fairlead.verbs.form_fields import add_form_field, edit_form_field, move_form_field, remove_form_field
from fairlead.verbs.forms import create_form, edit_form, publish_form, translate_form, unpublish_form
from fairlead.verbs.occasions import cancel_registration, create_occasion, edit_occasion, place_registration
from fairlead.verbs.submissions import mark_spam, not_spam
from fairlead.verbs.suppressions import suppress_address
from fairlead.work import intake
from fairlead.work import mail as _sending  # noqa: F401
from tests.inbox.arrivals import SYSTEM, ours

ANN = {"name": "Ann Lee", "email": "ann@new.example", "message": "Hello there"}
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Path]:
    settings.SPOOL, settings.PUBLISHED = tmp_path / "spool", tmp_path / "published"
    monkeypatch.setattr(door, "SPOOL", Spool(settings.SPOOL))
    monkeypatch.setattr(intake, "_reader", Reader(settings.SPOOL))
    published.forget()
    pace.refill()
    yield settings.SPOOL


class Visitor:
    """Opens a form, takes a minute, and sends it."""

    def __init__(self, client: Client, form: Form, **headers: str) -> None:
        self.client, self.at, self.headers = client, f"/f/{form.address}", headers
        self.hidden: dict[str, str] = {}

    def opens(self, query: str = "") -> str:
        published.forget()
        answer = self.client.get(f"{self.at}{query}", headers=self.headers)
        self.status, self.answer, text = answer.status_code, answer, answer.content.decode()
        self.hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        return text

    def sends(self, fields: dict[str, Any], after: timedelta = MINUTE, query: str = "", **hidden: str) -> Any:
        with clock.at(clock.now() + after):
            answer = self.client.post(self.at + query, self.hidden | hidden | fields, headers=self.headers)
        return answer

    def fills_in(self, fields: dict[str, Any], after: timedelta = MINUTE) -> list[Submission]:
        self.opens()
        assert self.sends(fields, after).status_code == 303
        return drained()


def drained() -> list[Submission]:
    while intake.turn():
        pass
    return list(ours())


def posted() -> list[Any]:
    """The mails that leave now."""
    mail.outbox.clear()
    for row in claim("test", most=50):
        carry_out(row)
    return mail.outbox


def form(kind: Any = "contact", **facts: Any) -> Form:
    return publish_form(SYSTEM, create_form(SYSTEM, name=facts.pop("name", "Ask us"), kind=kind, **facts))


def seminar(**facts: Any) -> Occasion:
    starts = clock.now() + timedelta(days=9)
    return create_occasion(
        SYSTEM, title="Backup seminar", starts_at=starts, ends_at=starts + timedelta(hours=2), **facts
    )


def test_a_visitor_becomes_a_lead_once_and_is_thanked(client: Client, world: World) -> None:
    size = create_field(SYSTEM, noun="lead", name="Seats", kind="choice", choices=["1 to 9", "10 and more"])
    at = form(owner=world.sam, interest="Managed IT", thanks="Thanks, talk soon.", consent="I agree.")
    add_form_field(SYSTEM, at, label="How many seats?", kind="choice", becomes=f"custom.{size.key}")
    add_form_field(SYSTEM, at, label="Partner", kind="hidden", value="none")
    add_form_field(SYSTEM, at, label="Which shops?", kind="choices", choices=[{"name": "Leeds"}, {"name": "York"}])
    ann = Visitor(client, at)
    assert ann.opens("?utm_source=news&gclid=g7&partner=Acme&page_url=https://www.example.com/it").count("<h1") == 1
    fields = ANN | {"how_many_seats": "and_more", "which_shops": ["leeds", "york"], "_consent": "1"}
    answers = [ann.sends(fields) for _click in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [f"/f/{at.address}/thanks?lang=en"] * 2
    assert b"Thanks, talk soon." in client.get(answers[0].headers["Location"]).content
    (kept,) = drained()
    lead = Lead.objects.get(email="ann@new.example")
    assert (kept.state, kept.lead, lead.owner) == ("processed", lead, world.sam)
    assert (lead.lead_type, lead.interest, lead.message) == ("inquiry", "Managed IT", "Hello there")
    assert lead.custom[size.key] == size.choices[1]["key"]
    assert lead.origin["utm_source"] == "news" and lead.origin["partner"] == "Acme" and lead.origin["gclid"] == "g7"
    assert lead.origin["page_url"] == "https://www.example.com/it"
    assert kept.extra == {"Which shops?": "Leeds, York", "consent": "Yes: I agree."}
    (thanks,) = posted()
    assert (thanks.to, thanks.subject) == (["ann@new.example"], "We have your message")
    assert "Ann" not in thanks.body  # nothing that a stranger typed goes to somebody else's address


def test_what_was_typed_is_never_lost_on_an_error(client: Client, world: World) -> None:
    at = form(consent="I agree.", consent_required=True)
    ann = Visitor(client, at)
    ann.opens("?utm_source=news")
    answer = ann.sends({"name": "Ann Lee", "email": "ann at home", "message": "Line 1\nLine 2"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "Write an e-mail address like" in text and "Tick this to send." in text
    assert 'value="ann at home"' in text and "Line 1\nLine 2" in text and 'value="news"' in text
    assert all(f'value="{ann.hidden[name]}"' in text for name in ("_at", "_number", "_mark"))
    assert ann.sends(ANN | {"_consent": "1"}).status_code == 303
    late = ann.sends(ANN | {"_consent": "1", "message": "Next day"}, timedelta(days=2))
    assert late.status_code == 422 and "open for a day" in late.content.decode() and "Next day" in late.content.decode()
    assert [each.state for each in drained()] == ["processed"]


def test_robots_are_kept_apart_and_answered_as_people_are(client: Client, world: World, settings: Any) -> None:
    settings.FORM_POSTS = 4
    at = form()
    robot = Visitor(client, at)
    robot.opens()
    answers = [
        robot.sends(ANN | {"contact_url": "https://spam.example"}),
        robot.sends(ANN | {"message": "Quick"}, timedelta(seconds=1)),
        robot.sends(ANN | {"message": "Forged"}, _mark="0" * 64),
        robot.sends(ANN | {"email": ""}, _mark="", _at="soon"),
        robot.sends(ANN | {"message": "Fifth"}),
    ]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (303, f"/f/{at.address}/thanks?lang=en")
    }
    kept = drained()
    assert [each.state for each in kept] == ["spam"] * 5 and len({each.reason for each in kept}) == 4
    assert not Lead.objects.filter(email="ann@new.example").exists() and posted() == []
    not_spam(SYSTEM, kept[4])
    assert Lead.objects.get(email="ann@new.example").message == "Fifth"
    assert mark_spam(SYSTEM, kept[4]).state == "spam"


def test_the_same_contact_a_hundred_times_is_answered_once(client: Client, world: World) -> None:
    at = form()
    states = [Visitor(client, at).fills_in(ANN | {"message": f"Number {number}"})[-1].state for number in range(7)]
    assert states == ["processed"] * 5 + ["spam"] * 2
    assert Lead.objects.filter(email="ann@new.example").count() == 1 and len(posted()) == 1


def test_who_is_not_to_be_contacted_gets_no_mail_and_is_a_lead(client: Client, world: World) -> None:
    suppress_address(SYSTEM, address="ann@new.example", channel="mail", reason="Asked")
    (kept,) = Visitor(client, form("trial")).fills_in(ANN | {"company_name": "Lee Ltd"})
    assert kept.lead and kept.lead.lead_type == "trial" and posted() == []


def test_a_form_may_wait_for_its_sender_to_confirm(client: Client, world: World) -> None:
    at = form(double_opt_in=True, language="de")
    ann = Visitor(client, at)
    (kept,) = ann.fills_in(ANN)
    assert kept.state == "received" and kept.lead is None and "confirms" in kept.reason
    second = ann.fills_in(ANN | {"message": "And another thing"})[1]
    (asked,) = posted()
    link = re.search(r"(/f/\S+)", asked.body)[1]  # type: ignore[index]
    assert asked.subject == "Bestätigen Sie Ihre Adresse" and link.split("key=")[1] not in str(Outbox.objects.values())
    opened = client.get(link)  # as programs do that look into mail
    assert b"<button" in opened.content and not Lead.objects.filter(email="ann@new.example").exists()
    assert "Bestätigt" in client.post(link).content.decode() == client.post(link).content.decode()
    kept.refresh_from_db()
    second.refresh_from_db()
    assert kept.lead and kept.lead == second.lead and kept.confirmed_at and len(posted()) == 1
    assert client.get(f"/f/{at.address}/confirm?key=other").status_code == 404
    with clock.at(clock.now() + timedelta(days=8)):
        assert client.get(link).status_code == 404


def test_an_event_gives_each_contact_one_place_while_there_are_any(client: Client, world: World) -> None:
    occasion = seminar(capacity=1, zone="Europe/Berlin", place="Rathaus, Köln", link="https://meet.example.com/x")
    at = form("event", occasion=occasion, language="en")
    translate_form(SYSTEM, at, language="de", words={"title": "Seminar", "fields": {"name": {"label": "Ihr Name"}}})
    ann, ben = Visitor(client, at, **{"Accept-Language": "fr,de;q=0.8"}), Visitor(client, at)
    page = ann.opens()
    assert "Ihr Name" in page and "Wann" in page and "(Berlin)" in page and "meet.example.com" not in page
    ann.fills_in({"name": "Ann", "email": "ann@new.example"})
    again = ann.fills_in({"name": "Ann L.", "email": "Ann@new.example"})
    (place,) = posted()
    name, content, kind = place.attachments[0]
    event = Calendar.from_ical(content).walk("VEVENT")[0]
    assert (name, kind) == ("event.ics", "text/calendar") and place.subject == "Ihr Platz: Backup seminar"
    assert (
        event.decoded("DTSTART") == occasion.starts_at.replace(microsecond=0)
        and str(event["LOCATION"]) == "Rathaus, Köln"
    )
    assert "meet.example.com" in place.body and len(again) == 2 and {each.state for each in again} == {"processed"}
    assert "All places are taken" in ben.opens()
    ben.fills_in({"name": "Ben", "email": "ben@new.example"})
    (no_place,) = posted()
    assert no_place.subject == "No place left: Backup seminar" and not no_place.attachments
    taken, full = Registration.objects.filter(occasion=occasion).order_by("pk")
    assert (taken.state, full.state) == ("placed", "full") and full.lead.name == "Ben"
    assert Activity.objects.get(lead=full.lead).text == "Registered for Backup seminar: no place was left"
    with pytest.raises(WrongState, match="1 places"):
        place_registration(SYSTEM, full)
    cancelled = cancel_registration(SYSTEM, taken)
    place_registration(SYSTEM, full)
    assert [each.to for each in posted()] == [["ben@new.example"]]
    with pytest.raises(Refused):
        undo(SYSTEM, act=_last_act(cancelled))
    with pytest.raises(Invalid, match="how many places"):
        edit_occasion(SYSTEM, edit_occasion(SYSTEM, occasion, capacity=9), capacity=0)


def _last_act(record: Any) -> str:
    from fairlead.core.event import Event

    return str(Event.objects.filter(verb="cancel_registration").latest("pk").act)


def test_a_form_shows_while_the_database_is_away(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at, unseen = form(), form(name="Never seen")
    ann = Visitor(client, at)
    ann.opens()
    published.forget()  # as in another process, or after a restart
    with monkeypatch.context() as away:
        away.setattr(connection, "cursor", _gone)
        again = client.get(ann.at)
        assert again.status_code == 200 and b"Ann" not in again.content
        assert client.get(f"/f/{unseen.address}").status_code == 503
        assert ann.sends(ANN).status_code == 303 and client.get(f"{ann.at}/thanks").status_code == 200
    assert [each.state for each in drained()] == ["processed"]


def _gone(*_arguments: Any, **_more: Any) -> Any:
    raise OperationalError("gone")


def test_only_named_sites_may_show_a_form_in_a_frame(client: Client, world: World) -> None:
    at = form(origins=["https://www.example.com"], redirect_to="https://www.example.com/thanks")
    ann = Visitor(client, at)
    ann.opens("?embed=1")
    policy = ann.answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com" in policy and "X-Frame-Options" not in ann.answer.headers
    assert "script-src 'self'" in policy and "unsafe" not in policy and not ann.answer.cookies
    assert "form-action 'self' https://www.example.com" in policy
    assert ann.sends(ANN).headers["Location"] == "https://www.example.com/thanks"
    framed = ann.sends(ANN | {"message": "Framed"}, query="?embed=1").headers["Location"]
    assert b'href="https://www.example.com/thanks" target="_top"' in client.get(framed).content
    script = client.get(f"{ann.at}/embed.js")
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin" and b"createElement" in script.content
    plain = client.get(f"/f/{form(name='Plain').address}")
    assert "frame-ancestors 'self';" in plain.headers["Content-Security-Policy"] + ";"
    assert plain.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_languages_right_to_left_and_what_is_not_translated(client: Client, world: World) -> None:
    at = form(intro="Write to us.")
    assert [each["label"] for each in form(name="Neu", language="de").fields][:2] == ["Name", "E-Mail"]
    translate_form(SYSTEM, at, language="ar", words={"title": "اكتب إلينا"})
    page = Visitor(client, at).opens("?lang=ar")
    assert 'lang="ar" dir="rtl"' in page and "اكتب إلينا" in page and "Write to us." in page
    assert 'href="/f/ask-us?lang=en"' in page and "إرسال" in page
    with pytest.raises(Invalid):
        translate_form(SYSTEM, at, language="en", words={})


def test_a_form_that_is_taken_off_takes_what_was_begun(client: Client, world: World) -> None:
    at = form()
    ann = Visitor(client, at)
    ann.opens()
    unpublish_form(SYSTEM, at)
    assert "closed" in Visitor(client, at).opens()
    assert ann.sends(ANN).status_code == 303 and drained()[0].state == "processed"
    assert client.get("/f/nowhere").status_code == 404 and client.post("/f/nowhere").status_code == 404
    assert client.post(ann.at, b"{", content_type="application/json").status_code == 400


def test_building_a_form_and_taking_it_back(world: World) -> None:
    at = create_form(SYSTEM, name="New", kind="event")
    with pytest.raises(WrongState, match="which event"):
        publish_form(SYSTEM, at)
    edit_form(SYSTEM, at, occasion=seminar())
    publish_form(SYSTEM, at)
    with pytest.raises(WrongState, match="answers by mail"):
        remove_form_field(SYSTEM, at, key="email")
    add_form_field(SYSTEM, at, label="Diet", kind="choice", choices=[{"name": "None"}, {"name": "Vegan"}])
    edit_form_field(SYSTEM, at, key="diet", choices=[{"name": "Vegan"}, {"name": "No nuts"}], required=True)
    assert at.field("diet")["choices"] == [{"key": "vegan", "name": "Vegan"}, {"key": "no_nuts", "name": "No nuts"}]  # type: ignore[index]
    move_form_field(SYSTEM, at, key="diet", before="name")
    assert [each["key"] for each in at.fields] == ["diet", "name", "email", "company_name", "phone"]
    undo(SYSTEM, act=_act("move_form_field"))
    at.refresh_from_db()
    assert [each["key"] for each in at.fields][-1] == "diet"
    for wrong in ({"label": " "}, {"label": "x", "becomes": "owner"}, {"label": "x", "key": "utm_x"}):
        with pytest.raises(Invalid):
            add_form_field(SYSTEM, at, **wrong)  # type: ignore[arg-type]
    for facts in ({"address": "No good"}, {"origins": ["example.com"]}, {"redirect_to": "javascript:alert(1)"}):
        with pytest.raises(Invalid):
            edit_form(SYSTEM, at, **facts)  # type: ignore[arg-type]


def test_the_pages_cost_the_same_however_much_there_is(client: Client, world: World) -> None:
    client.force_login(world.admin)
    event = seminar()
    costs = []
    for number in range(2):
        ann = {"name": "Ann", "email": f"ann{number}@new.example"}
        Visitor(client, form("event", name=f"Seminar {number}", occasion=event)).fills_in(ann)
        for path in ("/forms", "/events", f"/events/{event.public_id}"):
            client.get(path)
            with CaptureQueriesContext(connection) as statements:
                text = client.get(path).content.decode()
            costs.append((path, len(statements)))
    assert costs[:3] == costs[3:] and max(cost for _path, cost in costs) <= 16
    assert "2 places taken" in text and text.count("Cancel</button>") == 2


def _act(verb: str) -> str:
    from fairlead.core.event import Event

    return str(Event.objects.filter(verb=verb).latest("pk").act)
