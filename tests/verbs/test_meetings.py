"""Meetings: booked, moved, answered, held, cancelled; guests are told by mail as their calendars understand it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, NotAllowed, NotUndoable, WrongState
from fairlead.core.outbox import Outbox
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Activity, Attendee, Lead, Meeting, Opportunity
from fairlead.models.meeting import local_moment
from fairlead.verbs.meetings import (
    answer_meeting,
    book_meeting,
    cancel_meeting,
    edit_meeting,
    hold_meeting,
    invite_guests,
    move_meeting,
    remove_guest,
)
from fairlead.verbs.qualify import qualify_lead
from fairlead.verbs.suppressions import suppress
from fairlead.verbs.tasks import add_task, complete_task
from tests.meetings import none_yet

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def sam(world: World) -> Actor:
    none_yet()
    return world.sam.actor("web")


def mails(**wanted: str) -> list[dict[str, Any]]:
    rows = Outbox.objects.filter(effect__in=["mail", "notice"], state="waiting").order_by("pk")
    payloads = [row.payload for row in rows]
    return [each for each in payloads if all(each.get(name, "") == value for name, value in wanted.items())]


def demo(sam: Actor, world: World, **more: Any) -> Meeting:
    starts = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return book_meeting(sam, world.unplanned, title="Demo", starts_at=starts, **more)


def next_step(record: Any) -> Any:
    return type(record).objects.get(pk=record.pk).next_step_at


def test_a_meeting_is_a_next_step_until_it_is_held_or_cancelled(world: World, sam: Actor) -> None:
    sale = world.unplanned
    assert next_step(sale) is None
    meeting = demo(sam, world)
    assert next_step(sale) == meeting.starts_at and meeting.ends_at - meeting.starts_at == timedelta(hours=1)
    task = add_task(sam, sale, title="Prepare", due_on=clock.today(world.sam.tz))
    assert next_step(sale) < meeting.starts_at
    complete_task(sam, task)
    assert next_step(sale) == meeting.starts_at
    move_meeting(sam, meeting, starts_at=meeting.starts_at + timedelta(days=1))
    assert next_step(sale) == Meeting.objects.get().starts_at == meeting.starts_at
    cancel_meeting(sam, meeting)
    assert next_step(sale) is None
    undo(sam, act=last().id)  # type: ignore[union-attr]
    assert next_step(sale) == meeting.starts_at
    with pytest.raises(WrongState, match="not begun"):
        hold_meeting(sam, meeting)


def test_one_that_is_held_stands_in_the_log_with_what_comes_next(world: World, sam: Actor) -> None:
    meeting = demo(sam, world)
    with clock.at(meeting.ends_at + timedelta(minutes=5)):
        hold_meeting(sam, meeting, text="They liked it", next_step="Send the quote", next_on=meeting.last_day)
        act = last().id  # type: ignore[union-attr]
        assert hold_meeting(sam, meeting).version == meeting.version
        entry = Activity.objects.get(meetings=meeting)
        assert (entry.kind, entry.happened_at, entry.minutes) == ("meeting", meeting.starts_at, 60)
        assert Opportunity.objects.get(pk=world.unplanned.pk).last_contact_at == meeting.starts_at
        undo(sam, act=act)
    meeting.refresh_from_db()
    assert meeting.state == "planned" and not Activity.objects.filter(meetings=meeting).exists()


def test_guests_are_invited_told_of_changes_asked_again_and_called_off(world: World, sam: Actor) -> None:
    meeting = demo(sam, world, people=[world.priya], colleagues=[world.dele], addresses=["Guest@Example.com"])
    priya = Attendee.objects.get(person=world.priya)
    asked = mails(method="REQUEST")
    assert [each["to"] for each in asked] == [world.dele.email, priya.address, "guest@example.com"]
    told: Any = Calendar.from_ical(asked[1]["calendar"])
    event = told.walk("VEVENT")[0]
    assert (told["METHOD"], event["UID"], event["SEQUENCE"], event.start) == (
        "REQUEST", meeting.uid, 0, meeting.starts_at,
    )  # fmt: skip
    assert {str(each) for each in event["ATTENDEE"]} == {f"mailto:{each['to']}" for each in asked}
    answer_meeting(world.dele.actor("web"), meeting, answer="declined", comment="On holiday")
    answer_meeting(sam, meeting, answer="accepted", who="guest@example.com")
    assert sorted(Attendee.objects.values_list("answer", flat=True)) == ["accepted", "declined", "needs_action"]
    assert "On holiday" in mails(to=world.sam.email)[0]["text"]
    move_meeting(sam, meeting, starts_at=meeting.starts_at + timedelta(hours=2))
    again: Any = Calendar.from_ical(mails(to=priya.address)[-1]["calendar"])
    assert again.walk("VEVENT")[0]["SEQUENCE"] == 1
    assert set(Attendee.objects.values_list("answer", flat=True)) == {"needs_action"}
    remove_guest(sam, meeting, who="guest@example.com")
    assert mails(to="guest@example.com")[-1]["method"] == "CANCEL"
    cancel_meeting(sam, meeting, reason="Our van broke down")
    called_off = mails(to=priya.address)[-1]
    assert called_off["method"] == "CANCEL" and "van broke down" in called_off["text"]
    with pytest.raises(WrongState, match="was cancelled"):
        edit_meeting(sam, meeting, place="Elsewhere")


def test_who_asked_not_to_be_contacted_is_not_invited(world: World, sam: Actor) -> None:
    suppress(sam, world.priya, reason="Asked")
    meeting = demo(sam, world, people=[world.priya, world.callum], tell=True)
    assert mails(method="REQUEST") == [] and not Attendee.objects.filter(meeting=meeting, invited=True).exists()
    move_meeting(sam, meeting, starts_at=meeting.starts_at + timedelta(hours=1))
    assert mails(method="REQUEST") == []
    demo(sam, world, people=[world.lukasz], tell=False)
    assert mails(method="REQUEST") == []


def test_a_booking_is_taken_back_until_guests_have_heard_of_it(world: World, sam: Actor) -> None:
    demo(sam, world, people=[world.lukasz])
    act = last().id  # type: ignore[union-attr]
    assert Outbox.objects.get(act=act).run_at > clock.now() + timedelta(seconds=30)
    undo(sam, act=act)
    assert not Meeting.objects.exists() and Outbox.objects.get(act=act).state == "cancelled"
    demo(sam, world, people=[world.lukasz])
    act = last().id  # type: ignore[union-attr]
    Outbox.objects.filter(act=act).update(state="done")
    with pytest.raises(NotUndoable):
        undo(sam, act=act)


def test_bad_input_is_refused_and_nothing_is_half_done(world: World, sam: Actor) -> None:
    now = clock.now()
    for wrong in (
        {"title": " "},
        {"ends_at": now - timedelta(hours=1)},
        {"ends_at": now + timedelta(days=32)},
        {"zone": "Mars/Base"},
        {"zone": "Mars/Base", "all_day": True},
        {"link": "javascript:alert(1)"},
        {"addresses": ["nobody"]},
        {"addresses": [f"{number}@example.com" for number in range(101)]},
    ):
        with pytest.raises(Invalid):
            book_meeting(sam, **{"title": "Demo", "starts_at": now} | wrong)
    assert not Meeting.objects.exists() and not Attendee.objects.exists()
    meeting = demo(sam, world, addresses=["a@example.com", "A@example.com"])
    assert invite_guests(sam, meeting, addresses=["a@example.com"]).attendees.count() == 1
    with pytest.raises(Invalid, match="not invited"):
        answer_meeting(sam, meeting, answer="accepted")
    with pytest.raises(Invalid, match="not invited"):
        remove_guest(sam, meeting, who="b@example.com")
    edit_meeting(world.mira.actor("web"), meeting, place="Theirs")
    with pytest.raises(Conflict):
        edit_meeting(sam, meeting, place="Ours", version=1)


def test_days_begin_at_midnight_and_times_that_a_clock_skips_or_repeats_are_defined(world: World, sam: Actor) -> None:
    first, last_day = datetime(2027, 3, 27, 15, tzinfo=UTC), datetime(2027, 3, 28, 9, tzinfo=UTC)
    fair = book_meeting(sam, title="Fair", starts_at=first, ends_at=last_day, all_day=True, zone="Europe/Berlin")
    kept = datetime(2027, 3, 26, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)
    assert (fair.starts_at, fair.ends_at) == kept
    assert (fair.first_day.day, fair.last_day.day, fair.due_time) == (27, 28, None)
    assert local_moment(date(2027, 3, 28), time(2, 30), BERLIN).astimezone(BERLIN).hour == 3
    assert local_moment(date(2027, 10, 31), time(2, 30), BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    moved = move_meeting(sam, fair, starts_at=datetime(2027, 10, 29, 22, tzinfo=UTC))
    assert (moved.first_day.day, moved.last_day.day) == (30, 31)  # two days, over the longer night
    assert moved.ends_at - moved.starts_at == timedelta(hours=49)


def test_about_nothing_it_is_seen_by_those_who_take_part_alone(world: World, sam: Actor) -> None:
    own = book_meeting(sam, title="Dentist", starts_at=clock.now(), colleagues=[world.dele])
    about = demo(sam, world)
    seen = {
        user.email.partition("@")[0]: set(Meeting.objects.visible_to(user.actor("web")))
        for user in (world.sam, world.dele, world.mira, world.admin)
    }
    assert seen == {"sam": {own, about}, "dele": {own, about}, "mira": {about}, "iris": {about}}
    with pytest.raises(NotAllowed):
        move_meeting(world.dele.actor("web"), own, starts_at=clock.now())
    invite_guests(sam, own, colleagues=[world.sam])
    with pytest.raises(NotAllowed):
        answer_meeting(world.dele.actor("web"), own, answer="accepted", who=world.sam.name)


def test_meetings_of_a_lead_go_on_with_what_it_becomes(world: World, sam: Actor) -> None:
    meeting = book_meeting(sam, world.joanna, title="Visit", starts_at=clock.now() + timedelta(days=3))
    qualify_lead(sam, world.joanna, person=world.priya, reason="Asked for")
    lead = Lead.objects.get(pk=world.joanna.pk)
    meeting.refresh_from_db()
    assert meeting.about == world.priya and next_step(lead) is None
    assert next_step(world.priya) is not None
