"""Meetings on their pages: booked, shown as next step and on Today, moved, answered, logged."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.errors import Invalid
from fairlead.core.schema import find
from fairlead.demo.world import World
from fairlead.models import Activity, Attendee, Meeting
from fairlead.verbs.meetings import book_meeting
from fairlead.web.addresses import url_of
from tests.meetings import none_yet


@pytest.fixture
def sam(world: World, client: Client) -> Client:
    none_yet()
    client.force_login(world.sam)
    return client


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_composer_books_a_meeting_which_is_the_next_step_everywhere(world: World, sam: Client) -> None:
    home = url_of(world.unplanned)
    sent = {"kind": "meeting", "text": "Show the cabinet\nBring samples", "book": "tomorrow 14:00", "token": "1"}
    assert sam.post(f"{home}/log", {**sent, "book": "soon"}).status_code == 422
    assert sam.post(f"{home}/log", sent).status_code == 303
    assert sam.post(f"{home}/log", sent).status_code == 303  # twice is once
    meeting = Meeting.objects.get()
    assert (meeting.note, meeting.organiser, meeting.about) == ("Bring samples", world.sam, world.unplanned)
    page = shown(sam, home)
    assert "Pick a day, or write" not in page and page.count("Show the cabinet") >= 2
    assert "Show the cabinet" in shown(sam, "/opportunities") and "Show the cabinet" in shown(sam, "/pipeline")
    with clock.at(meeting.starts_at - timedelta(hours=1)):
        assert "First meeting at 14:00" in shown(sam, "/")
    with clock.at(meeting.ends_at + timedelta(minutes=1)):
        assert f"/meetings/{meeting.public_id}#hold" in shown(sam, "/")
        sam.post(f"/meetings/{meeting.public_id}/hold", {"text": "They want two", "next_on": "tomorrow"})
        assert Activity.objects.get(meetings=meeting).text == "They want two"
        assert f"/meetings/{meeting.public_id}#hold" not in shown(sam, "/")


def test_the_form_finds_guests_by_name_and_address_and_shows_what_they_answer(world: World, sam: Client) -> None:
    about = f"opportunity:{world.managed_it.public_id}"
    assert world.priya.name in shown(sam, f"/meetings/new?about={about}&on=2027-03-28&at=02:30")
    given = {
        "about": about,
        "title": "Hand-over",
        "starts_at": "2027-03-28T01:30",
        "zone": "Europe/London",
        "tell": "on",
    }
    missing = sam.post("/meetings/new", given | {"guests": "Nobody Here"})
    assert missing.status_code == 422 and "Nobody is called" in missing.content.decode()
    guests = f"{world.priya.name}, dele okafor; New <new@example.com>"
    for year in ("0001-01-01", "9999-12-31"):
        off = sam.post("/meetings/new", given | {"starts_at": f"{year}T23:30"})
        assert off.status_code == 422 and "between the years" in off.content.decode()
    with pytest.raises(Invalid, match="between the years"):
        book_meeting(world.sam.actor("web"), title="Late", starts_at=datetime.max.replace(tzinfo=UTC))
    for wrong, words in (("guests", "sam@"), ("title", "x" * 301)):
        refused = sam.post("/meetings/new", given | {wrong: words}).content.decode()
        assert "sam@ is not an e-mail address" in refused or "At most 300 characters fit here. This has 301." in refused
        assert f'aria-describedby="f-{wrong}' in refused and Meeting.objects.count() == 0
    for _twice in (1, 2):  # pressed twice is booked once
        assert sam.post("/meetings/new", given | {"guests": guests, "token": "once"}).status_code == 303
    meeting = Meeting.objects.get()
    assert f"{meeting.starts_at:%H:%M}" == "01:30"  # the clock skips that hour: it shows 02:30
    asked = set(Attendee.objects.values_list("user__name", "person__name", "name"))
    assert asked == {("Dele Okafor", None, "Dele Okafor"), (None, world.priya.name, world.priya.name), (None, None, "")}
    page = shown(sam, url_of(meeting))
    assert "02:30" in page and "new@example.com" in page and "No answer yet" in page
    dele = Client()
    dele.force_login(world.dele)
    dele.post(f"/meetings/{meeting.public_id}/answer?answer=declined")
    assert "Does not come" in shown(sam, url_of(meeting))
    assert dele.get(f"/meetings/{meeting.public_id}/edit").status_code == 403


def test_an_edit_that_clashes_shows_both_and_all_day_keeps_its_days(world: World, sam: Client) -> None:
    meeting = book_meeting(world.sam.actor("web"), title="Fair", starts_at=clock.now())
    at = f"/meetings/{meeting.public_id}"
    edited = {"title": "Fair", "starts_at": "2027-05-01T09:00", "ends_at": "2027-05-02T10:00", "zone": "Europe/London"}
    assert sam.post(f"{at}/edit", edited | {"all_day": "on", "version": "1"}).status_code == 303
    found = Meeting.objects.get()
    assert (found.all_day, found.first_day.day, found.last_day.day) == (True, 1, 2)
    assert 'value="2027-05-02T23:59"' in shown(sam, f"{at}/edit")
    clash = sam.post(f"{at}/edit", edited | {"title": "Trade fair", "place": "Hall 3", "version": "1"})
    assert clash.status_code == 422 and "while you were editing" in clash.content.decode()
    sam.post(f"{at}/cancel")
    assert "Cancelled" in shown(sam, url_of(found))
    assert find("meeting", meeting.public_id, world.sam.actor("web")) == meeting
    assert Client().get(at).status_code == 302
