"""The story of a track: a mail today, a call two days later, a meeting one weekday after that with a note for the
calendar on the same day, a colleague's mail a week later, and then the next track, as the outcome says."""

from datetime import UTC, date, datetime, time
from typing import Any

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import RunningTrack, Task, Track
from fairlead.verbs.activities import log_call, log_meeting
from fairlead.verbs.tasks import complete_task
from fairlead.verbs.track_definitions import create_track
from fairlead.verbs.tracks import apply_track, switch_track
from fairlead.web.running import running_on


def at(day: int, month: int = 12) -> Any:
    return clock.at(datetime(2026, month, day, 9, tzinfo=UTC))


def test_from_the_first_mail_to_the_next_track(world: World) -> None:
    iris, sam, lena = world.admin.actor("web"), world.sam.actor("web"), world.lena.actor("web")
    nurture = create_track(iris, name="Keep warm", steps=[{"text": "Say hello", "days": 4, "unit": "weeks"}])
    steps: Any = [
        {"text": "Send the brochure", "kind": "mail"},
        {"text": "Call about it", "kind": "call", "days": 2, "after": "previous"},
        {"text": "Meet them", "kind": "meeting", "days": 1, "unit": "weekdays", "after": "previous", "time": time(14)},
        {"text": "Note it in the calendar", "days": 0, "after": "previous"},
        {
            "text": "Write what comes next",
            "kind": "mail",
            "days": 1,
            "unit": "weeks",
            "after": "previous",
            "rule": "user",
            "user": world.lena.public_id,
            "outcomes": [{"name": "Not yet", "next": nurture.public_id}, {"name": "Wants a quote"}],
        },
    ]
    track = create_track(iris, name="First meeting", steps=steps)

    with at(3):  # a Thursday
        running = apply_track(sam, world.unplanned, track=track)
        complete_task(sam, step(running, "Send the brochure"))
    assert step(running, "Call about it").due_on == date(2026, 12, 5)  # days count Saturdays
    with at(4):  # they were quicker
        log_call(sam, world.unplanned, text="She has read it")
        complete_task(sam, step(running, "Call about it"), outcome="Has read it")
    meeting = step(running, "Meet them")
    assert (meeting.due_on, meeting.due_at) == (date(2026, 12, 7), datetime(2026, 12, 7, 14, tzinfo=UTC))
    with at(7):
        log_meeting(sam, world.unplanned, text="Went through the plans")  # the track asked for it: it goes on
        complete_task(sam, meeting)
        assert step(running, "Note it in the calendar").due_on == date(2026, 12, 7)  # 0 days: the same day
        complete_task(sam, step(running, "Note it in the calendar"))
    last = step(running, "Write what comes next")
    assert (last.assignee, last.due_on) == (world.lena, date(2026, 12, 14))
    with at(14):
        complete_task(lena, last, outcome="Not yet")
        over = RunningTrack.objects.get(pk=running.pk)
        assert (over.state, over.question) == ("done", "next")
        shown = running_on("opportunity", list(Task.objects.filter(running_track=running).select_related("step")))
        assert shown[0].next[0] == nurture and shown[0].proposed == nurture.public_id
        nurturing = switch_track(sam, over, track=nurture)
    assert RunningTrack.objects.get(pk=running.pk).question == ""
    assert step(nurturing, "Say hello").due_on == date(2027, 1, 11)
    assert Track.objects.live().count() == 5


def step(running: RunningTrack, title: str) -> Task:
    return Task.objects.get(running_track=running, title=title)
