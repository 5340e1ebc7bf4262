"""The story of a track: a mail today, a call two days later, a meeting one weekday after that with a note for the
calendar on the same day, a colleague's mail a week later, and then the next track, as the outcome says."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

from django.test import Client

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import RunningTrack, Task, Track, User
from fairlead.verbs.activities import log_call, log_meeting
from fairlead.verbs.tasks import complete_task
from fairlead.verbs.track_definitions import create_track
from fairlead.verbs.tracks import apply_track, switch_track
from fairlead.web.running import running_on
from tests.doors.api import Api
from tests.web.test_tracks import form


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


def test_the_same_on_pages_and_from_programs(world: World) -> None:
    iris, sam, programs = Client(), Client(), Api(world.sam)
    iris.force_login(world.admin)
    nurture = create_track(world.admin.actor("web"), name="Keep warm", steps=[{"text": "Say hello", "days": 28}])
    with at(3):  # a Thursday
        track = defined(iris)
        sam.force_login(world.sam)
        home = f"/opportunities/{world.unplanned.public_id}"
        plan = sam.get(f"{home}/track?track={track.public_id}").content.decode()
        assert plan.count("waits, about") == 4 and "Sat 5 Dec" in plan and "Mon 14 Dec" in plan
        given = {"number": "1", "on": "2026-12-03"} | {f"was.{key}": "" for key in keys(track)}
        given |= {f"in.{key}": "1" for key in keys(track)[:4]}  # the last one unticked
        looked = sam.post(f"{home}/track?track={track.public_id}&look=1", given).content.decode()
        assert (
            looked.count('class="out"') == 1 and not RunningTrack.objects.filter(opportunity=world.unplanned).exists()
        )
        sam.post(f"{home}/track?track={track.public_id}", given | {f"in.{keys(track)[4]}": "1"})
    running = RunningTrack.objects.get(opportunity=world.unplanned)
    with at(6):  # two days were done before anybody said so
        done(programs, step(running, "Send the brochure"), "2026-12-03")
        assert step(running, "Call about it").due_on == date(2026, 12, 5)
        sam.post(f"/tasks/{step(running, 'Call about it').public_id}/done", {"outcome": "Has read it"})
        corrected = {"done_on": "2026-12-04"}
        sam.post(f"/tasks/{step(running, 'Call about it').public_id}/correct-completion", corrected)
        assert step(running, "Meet them").due_on == date(2026, 12, 7)
    with at(7, 12):
        done(programs, step(running, "Meet them"))
        sam.post(f"/tasks/{step(running, 'Note it in the calendar').public_id}/done")
    last = step(running, "Write what comes next")
    assert (last.assignee, last.due_on) == (world.lena, date(2026, 12, 14))
    with at(14):
        lena = Client()
        lena.force_login(world.lena)
        assert "Write what comes next" in lena.get("/").content.decode()
        done(Api(world.mira), last, outcome="Not yet")
        page = sam.get(f"{home}-new-practice-fit-out").content.decode()
        offered = re.findall(r'formaction="([^"]+switch-track[^"]+)"[^>]*>(?:<svg.*?</svg>)?\s*([^<]+)', page)
        url, words = offered[0]
        assert "First meeting is done" in page and words.strip() == "Keep warm, proposed"
        sam.post(url)
    nurturing = RunningTrack.objects.get(opportunity=world.unplanned, state="running")
    assert (nurturing.version_of.track, step(nurturing, "Say hello").due_on) == (nurture, date(2027, 1, 11))
    listed = programs.get("/running-tracks", state="done")
    assert running.public_id in [each["id"] for each in listed["items"]]


def defined(iris: Client) -> Track:
    """The track, as its form defines it; the example beside it has the days before it is saved."""
    iris.post("/tracks/new", {"name": "First meeting"})
    track = Track.objects.get(name="First meeting")
    lena = world_user("lena")
    lines = [
        {"text": "Send the brochure", "kind": "mail", "days": "0", "unit": "days"},
        {"text": "Call about it", "kind": "call", "days": "2", "unit": "days"},
        {"text": "Meet them", "kind": "meeting", "days": "1", "time": "14:00"},
        {"text": "Note it in the calendar", "kind": "todo", "days": "0", "unit": "days"},
        {"text": "Write what comes next", "kind": "mail", "unit": "weeks", "rule": "user", "user": lena}
        | {"outcomes": "Not yet > Keep warm\nWants a quote"},
    ]
    given = form(track, *lines)
    shown = iris.post(f"/tracks/{track.public_id}/example", given).content.decode()
    days = re.findall(r"<time[^>]*>([^<]+)</time>", shown)
    assert days == ["Thu 3 Dec", "Sat 5 Dec", "Mon 7 Dec", "Mon 7 Dec", "Mon 14 Dec"] and "Lena Kaur" in shown
    assert iris.post(f"/tracks/{track.public_id}", given | {"do": "save"}).status_code == 303
    return track


def world_user(name: str) -> str:
    return str(User.objects.get(email=f"{name}@northgate.example").public_id)


def keys(track: Track) -> list[str]:
    return [each.key for each in track.newest.steps.all()]


def done(programs: Api, task: Task, on: str = "", outcome: str = "") -> None:
    programs.post(f"/tasks/{task.public_id}/complete", {"outcome": outcome} | ({"done_on": on} if on else {}))


def step(running: RunningTrack, title: str) -> Task:
    return Task.objects.get(running_track=running, title=title)
