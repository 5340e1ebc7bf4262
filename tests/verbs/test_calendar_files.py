"""Calendar files become meetings: each time of a series, once however often they come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.core.outbox import Outbox
from fairlead.core.undo import undo
from fairlead.core.upload import receive
from fairlead.demo.world import World
from fairlead.models import Meeting
from fairlead.verbs.calendar_files import import_calendar
from tests.meetings import none_yet

WEEKLY = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:weekly
SUMMARY:Round\\, every week
DTSTART;TZID=Europe/Berlin:20270301T091500
DTEND;TZID=Europe/Berlin:20270301T094500
RRULE:FREQ=WEEKLY;COUNT=6
EXDATE;TZID=Europe/Berlin:20270315T091500
ATTENDEE;PARTSTAT=ACCEPTED;CN=Dele:mailto:Dele@Northgate.example
ATTENDEE:mailto:new@example.com
END:VEVENT
BEGIN:VEVENT
UID:weekly
RECURRENCE-ID;TZID=Europe/Berlin:20270322T091500
SUMMARY:Round, later
DTSTART;TZID=Europe/Berlin:20270322T140000
DURATION:PT1H
END:VEVENT
BEGIN:VEVENT
UID:fair
SUMMARY:Fair
DTSTART;VALUE=DATE:20270405
DTEND;VALUE=DATE:20270407
SEQUENCE:{sequence}
STATUS:{status}
LOCATION:Hall 3
END:VEVENT
BEGIN:VEVENT
UID:none
DTSTART:someday
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def sam(world: World) -> Actor:
    none_yet()
    return world.sam.actor("web")


def brought_in(by: Actor, text: str = WEEKLY, **facts: Any) -> list[Meeting]:
    raw = text.replace("{sequence}", str(facts.get("sequence", 0))).replace(
        "{status}", facts.get("status", "CONFIRMED")
    )
    with clock.at(datetime(2027, 3, 2, 12, tzinfo=UTC)):
        return import_calendar(by, upload=receive([raw.encode()], "calendar.ics"))


def test_a_series_becomes_its_times_and_coming_again_changes_what_changed(world: World, sam: Actor) -> None:
    made = brought_in(sam)
    act = last().id  # type: ignore[union-attr]
    rounds = [each for each in made if each.title.startswith("Round")]
    assert [f"{each.starts_at:%d %H:%M}" for each in sorted(rounds, key=lambda each: each.starts_at)] == [
        "01 08:15", "08 08:15", "22 13:00", "29 07:15", "05 07:15",
    ]  # fmt: skip
    fair = Meeting.objects.get(title="Fair")
    assert (fair.all_day, fair.first_day.day, fair.last_day.day, fair.place) == (True, 5, 6, "Hall 3")
    assert Meeting.objects.order_by("starts_at")[0].state == "held"  # it was over
    guests = {(each.user, each.address, each.answer) for each in rounds[0].attendees.all()}
    assert guests == {(world.dele, "dele@northgate.example", "accepted"), (None, "new@example.com", "needs_action")}
    assert not Outbox.objects.filter(effect__in=["mail", "notice"], act=act).exists()
    assert brought_in(sam) == [] and brought_in(sam, sequence=1, status="CANCELLED")[0].state == "cancelled"
    assert len(brought_in(world.dele.actor("web"))) == 6  # his own
    assert Meeting.objects.visible_to(world.mira.actor("web")).count() == 0


def test_what_cannot_be_read_is_refused_and_taking_it_back_leaves_nothing(world: World, sam: Actor) -> None:
    for wrong in ("no calendar at all", WEEKLY.replace("WEEKLY;COUNT=6", "SECONDLY")):
        with pytest.raises(Invalid, match="Nothing was brought in"):
            brought_in(sam, wrong)
    assert not Meeting.objects.exists()
    brought_in(sam)
    with clock.at(datetime(2027, 3, 2, 12, tzinfo=UTC) + timedelta(minutes=1)):
        undo(sam, act=last().id)  # type: ignore[union-attr]
    assert not Meeting.objects.exists()
