"""What becomes of an arrival: a lead, a further inquiry, unusable, spam; once, and undoable."""

from datetime import timedelta

import pytest

from fairlead.core import act, clock
from fairlead.core.errors import NotAllowed
from fairlead.core.outbox import Outbox
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Activity, Campaign, Lead, Source, Submission
from fairlead.verbs.capture import capture_lead
from fairlead.verbs.endpoints import create_campaign, edit_endpoint
from fairlead.verbs.people import create_person
from fairlead.verbs.submissions import (
    fail_submission,
    mark_spam,
    not_spam,
    process_submission,
    process_submissions,
    receive_submissions,
)
from tests.inbox.arrivals import SYSTEM, arrived, endpoint, processed

ANN = {"name": "Ann Lee", "email": "ann@new.example", "message": "Hello"}


def test_an_arrival_becomes_a_lead_with_where_it_came_from(world: World) -> None:
    campaign = create_campaign(SYSTEM, name="Spring")
    at = endpoint(lead_type="trial", source=Source.objects.get(name="Web form"), owner=world.sam, interest="Backups")
    found = processed(at, ANN | {"utm_source": "news", "utm_campaign": "spring", "Colour": "red", "Land": "Germany"})
    lead = found.lead
    assert found.state == "processed" and found.extra == {"Colour": "red"}
    assert lead is not None and (lead.name, lead.email, lead.message) == ("Ann Lee", "ann@new.example", "Hello")
    assert (lead.lead_type, lead.interest, lead.owner, lead.country) == ("trial", "Backups", world.sam, "DE")
    assert lead.campaign == campaign and lead.origin == {"utm_source": "news", "utm_campaign": "spring"}
    assert Lead.objects.visible_to(world.sam.actor("web")).filter(pk=lead.pk).exists()


def test_what_arrived_stays_as_it_came_whatever_becomes_of_it(world: World) -> None:
    body = b"\x00\xff not a form \xed\xa0\x80"
    found = processed(endpoint(), body, "text/plain")
    assert (found.state, found.lead) == ("unusable", None) and found.reason == "It is neither a form nor JSON."
    assert found.body == body


def test_one_person_with_the_key_is_linked_several_are_not(world: World) -> None:
    at, sam = endpoint(), world.sam.actor("web")
    one = create_person(sam, name="Ann Lee", mails=["ann@new.example"])
    linked = processed(at, ANN)
    assert linked.lead is not None and (linked.lead.person, linked.lead.possible_duplicate) == (one, False)
    for name in ("Bo Ek", "Bo Eck"):
        create_person(sam, name=name, phones=["+44 20 7946 0555"])
    doubtful = processed(at, {"name": "Bo", "phone": "020 7946 0555"})
    assert doubtful.lead is not None and (doubtful.lead.person, doubtful.lead.possible_duplicate) == (None, True)


def test_a_company_is_linked_when_no_person_has_the_key(world: World) -> None:
    from fairlead.verbs.companies import create_company

    company = create_company(SYSTEM, name="Acme", mails=["office@acme.example"])
    lead = processed(endpoint(), {"name": "Jo", "email": "OFFICE@acme.example"}).lead
    assert lead is not None and (lead.person, lead.company) == (None, company)


def test_a_further_inquiry_joins_the_open_lead_and_its_owner_is_told_once(world: World) -> None:
    at = endpoint(owner=world.sam)
    first = processed(at, ANN).lead
    assert first is not None
    second = processed(
        at, {"name": "A. Lee", "email": "Ann@New.example", "message": "And the price?", "company": "Lee"}
    )
    third = processed(at, {"email": "ann@new.example", "message": "Hello again"})
    first.refresh_from_db()
    assert second.lead == third.lead == first and (first.name, first.company_name) == ("Ann Lee", "")
    assert first.respond_by is None and first.responded_at is None
    said = Activity.objects.filter(lead=first).order_by("pk").values_list("text", "direction")
    assert list(said) == [("Further inquiry: And the price?", "in"), ("Further inquiry: Hello again", "in")]
    assert [row.payload["to"] for row in Outbox.objects.filter(effect="notice", key__contains=f":{first.pk}:")] == [
        world.sam.email
    ]
    other = processed(endpoint("Trial", lead_type="trial"), ANN).lead
    assert other not in {None, first}


def test_the_same_key_gives_one_lead(world: World) -> None:
    at = endpoint()
    for number in range(2):
        body = {"event_id": "E1", "name": f"Name {number}", "email": f"n{number}@new.example"}
        found = processed(at, body, "application/json")
    assert found.reason == "It came before." and found.lead == Lead.objects.get(email="n0@new.example")
    by_header = [
        processed(at, {"name": "X", "email": f"h{n}@new.example"}, headers={"Idempotency-Key": "K"}) for n in "12"
    ]
    assert by_header[0].lead == by_header[1].lead
    twice = [processed(at, {"name": "Y", "email": "y@new.example"}) for _ in range(2)]
    assert twice[0].lead == twice[1].lead and not Activity.objects.filter(lead=twice[0].lead).exists()


def test_what_came_before_is_not_kept_again(world: World) -> None:
    at = endpoint()
    arrived(at, ANN, arrival="a1")
    body = Submission.objects.get(arrival="a1")
    again = receive_submissions(
        SYSTEM, at, arrivals=[{"body": "eA==", "arrival": "a1"}, {"body": "eA==", "arrival": "a2"}]
    )
    assert [each.arrival for each in again] == ["a2"] and body.body.startswith(b"name=Ann")


def test_without_contact_data_it_is_unusable_until_the_mapping_says_more(world: World) -> None:
    at = endpoint()
    found = processed(at, {"Kontaktweg": "ann at new", "Rückruf unter 7": "020 7946 0777", "name": "Ann"})
    assert found.state == "unusable" and "no e-mail address and no phone" in found.reason
    edit_endpoint(SYSTEM, at, mapping={"Rückruf unter 7": "phone", "Kontaktweg": "extra"})
    process_submissions(world.mira.actor("web"), [Submission.objects.get(pk=found.pk)])
    found.refresh_from_db()
    assert found.lead is not None and (found.state, found.lead.phone_e164) == ("processed", "+442079460777")
    undo(world.mira.actor("web"), act=act.last().id)  # type: ignore[union-attr]
    found.refresh_from_db()
    assert (found.state, found.lead, Lead.objects.filter(phone_e164="+442079460777").count()) == ("unusable", None, 0)


def test_what_is_taken_back_waits_for_a_person(world: World) -> None:
    found = arrived(endpoint(), ANN)
    assert list(Submission.objects.waiting()) == [found]
    process_submission(SYSTEM, found)
    undo(world.admin.actor("web"), act=act.last().id)  # type: ignore[union-attr]
    found.refresh_from_db()
    assert found.state == "received" and not Submission.objects.waiting().exists()
    assert process_submission(world.sam.actor("web"), found).lead is not None


def test_spam_is_kept_apart_and_comes_back(world: World) -> None:
    mira, found = world.mira.actor("web"), processed(endpoint(), ANN | {"honeypot": "http://spam.example"})
    assert (found.state, found.lead) == ("spam", None)
    lead = not_spam(mira, found).lead
    assert lead is not None and lead.is_open
    mark_spam(mira, found)
    lead.refresh_from_db()
    assert (found.state, lead.archived_at is not None) == ("spam", True)
    not_spam(mira, found)
    lead.refresh_from_db()
    assert (found.state, lead.archived_at) == ("processed", None)


def test_a_joined_lead_stays_when_the_further_inquiry_is_spam(world: World) -> None:
    at = endpoint()
    lead = processed(at, ANN).lead
    mark_spam(SYSTEM, processed(at, ANN | {"message": "Buy now"}))
    assert lead is not None
    lead.refresh_from_db()
    assert lead.archived_at is None


def test_values_that_do_not_fit_are_kept_whole_beside(world: World) -> None:
    found = processed(
        endpoint(), {"name": "N" * 300, "email": "n@new.example", "phone": "1" * 90, "country": "Nowhere"}
    )
    assert found.lead is not None and found.lead.name == "N" * 200
    assert found.extra["name, whole"] == "N" * 300 and found.extra["country"] == "Nowhere"


def test_meta_tells_a_number_and_the_answers_come_apart(world: World) -> None:
    at = endpoint(kind="meta")
    told = {
        "object": "page",
        "entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "44", "form_id": "9"}}]}],
    }
    first = processed(at, told, "application/json")
    assert (first.state, first.lead, first.key) == ("received", None, "44")
    assert not Submission.objects.waiting().exists()
    data = {
        "id": "44",
        "field_data": [{"name": "email", "values": ["m@new.example"]}, {"name": "full_name", "values": ["M"]}],
    }
    lead = processed(at, data, "application/json").lead
    first.refresh_from_db()
    assert lead is not None and (first.state, first.lead, lead.name) == ("processed", lead, "M")


def test_a_failure_is_kept_with_its_reason(world: World) -> None:
    found = fail_submission(SYSTEM, arrived(endpoint(), ANN), reason="The signature does not fit.")
    assert (found.state, found.reason) == ("failed", "The signature does not fit.")
    assert process_submission(world.sam.actor("web"), found).state == "processed"


def test_those_who_may_not_edit_a_lead_may_not_touch_its_submission(world: World) -> None:
    found = processed(endpoint(owner=world.sam), ANN)
    for deed in (mark_spam, process_submission):
        with pytest.raises(NotAllowed):
            deed(world.dele.actor("web"), found)
    with pytest.raises(NotAllowed):
        process_submissions(world.dele.actor("web"), [found])
    assert capture_lead(world.sam.actor("web"), name="Z", email="z@new.example").owner is None


def test_visitors_make_no_campaigns_and_not_any_number_of_sources(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, before = endpoint(), Campaign.objects.count()
    found = processed(at, ANN | {"lead_source": "Billboard", "campaign": "Invented"}).lead
    assert found is not None and (found.source.name, found.origin["campaign"]) == ("Billboard", "Invented")
    monkeypatch.setattr("fairlead.verbs.submissions.MOST_SOURCES", 0)
    other = processed(at, {"email": "o@new.example", "lead_source": "Sky"}).lead
    assert other is not None and (other.source, other.origin["lead_source"]) == (None, "Sky")
    assert Campaign.objects.count() == before


def test_a_second_click_counts_for_ten_minutes(world: World) -> None:
    at, lead = endpoint(), None
    for minutes in (0, 5, 30):
        found = processed(at, ANN, received_at=clock.now() + timedelta(minutes=minutes))
        lead = lead or found.lead
        assert found.lead == lead
    assert Activity.objects.filter(lead=lead).count() == 1  # the third one asked again
