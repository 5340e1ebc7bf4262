"""The calendar: days of a week, a month and an agenda on the reader's clock, moved by drag or keys, and its feeds."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from icalendar import Calendar

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Feed, Meeting
from fairlead.programs import feeds
from fairlead.verbs.feeds import create_feed, revoke_feed
from fairlead.verbs.meetings import book_meeting, cancel_meeting, edit_meeting
from fairlead.verbs.profiles import edit_profile
from fairlead.verbs.schedules import add_absence
from fairlead.verbs.tasks import add_task, snooze_task
from fairlead.verbs.teams import leave_team
from fairlead.verbs.users import deactivate_user
from tests.verbs.test_calendar_files import WEEKLY

LONDON = ZoneInfo("Europe/London")
SPRING = datetime(2027, 3, 26, 9, tzinfo=UTC)  # a Friday; on Sunday the clocks go forward


@pytest.fixture
def sam(world: World, client: Client) -> Iterator[Client]:
    feeds.refill()
    with clock.at(SPRING):
        client.force_login(world.sam)
    yield client
    feeds.refill()


def shown(client: Client, **asked: Any) -> str:
    with clock.at(SPRING):
        answer = client.get("/calendar", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def day_of(page: str, on: str) -> str:
    return page.partition(f'data-day="{on}"')[2].partition("</section>")[0]


def test_a_week_over_the_change_of_clocks_stands_where_the_clock_shows_it(world: World, sam: Client) -> None:
    by = world.sam.actor("web")
    early, late = datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 26, 23, tzinfo=UTC)
    book_meeting(by, title="Early", starts_at=early, ends_at=early + timedelta(minutes=90))
    book_meeting(by, title="Late", starts_at=late, ends_at=late + timedelta(hours=2))
    book_meeting(by, title="Fair", starts_at=SPRING, ends_at=SPRING + timedelta(days=1), all_day=True)
    add_task(by, world.priya, title="Ring her", due_on=SPRING.date(), due_time=time(15, 20))
    page = shown(sam, view="week")
    assert [page.count(f'data-day="2027-03-{day}"') for day in (21, 22, 28, 29)] == [0, 1, 1, 0]  # from Monday
    sunday, friday, saturday = (day_of(page, f"2027-03-{day}") for day in (28, 26, 27))
    assert "h0 q2 s2 t2" in sunday and ">00:30<" in sunday  # to 03:00 on the clock, an hour less in truth
    assert "h23 q0 s1 t0" in friday and "h0 q0 s1 t0" in saturday and saturday.count("data-movable") == 0
    assert "Fair" in friday and "Fair" in saturday and "Fair" not in sunday and "h15 q1" in friday
    assert "Good Friday" in friday
    august = shown(sam, view="month", on="2027-08-15")
    assert august.count("data-day=") == 42 and 'data-day="2027-07-26"' in august
    agenda = shown(sam, view="agenda")
    assert agenda.index(">Ring her<") < agenda.index(">Late<") < agenda.index(">Early<")
    for odd in ("0001-01-01", "9999-12-31", "nonsense", "2027-02-30"):
        assert sam.get("/calendar", {"on": odd, "view": odd, "who": odd}).status_code == 200


def test_weeks_begin_as_the_locale_has_them_and_a_team_is_seen_together(world: World, sam: Client) -> None:
    with clock.at(SPRING):
        book_meeting(world.noah.actor("web"), world.priya, title="Noah meets", starts_at=SPRING)
        book_meeting(world.noah.actor("web"), title="His own", starts_at=SPRING)
        add_absence(world.lena.actor("web"), starts_on=SPRING.date(), ends_on=SPRING.date())
    team = shown(sam, who="team")
    assert "Noah meets" in team and "His own" not in team and "Lena Kaur is away" in team
    assert "Noah meets" not in shown(sam) and "Noah meets" in shown(sam, who=world.noah.public_id)
    assert "Noah meets" not in shown(sam, who=world.dele.public_id)  # of another team: one's own is shown
    edit_profile(world.sam.actor("web"), locale="en-US")
    assert 'data-day="2027-03-21"' in shown(sam)


def test_what_is_dragged_moves_and_the_toast_takes_it_back(world: World, sam: Client) -> None:
    by = world.sam.actor("web")
    meeting = book_meeting(by, title="Demo", starts_at=SPRING)
    task = add_task(by, world.priya, title="Ring", due_on=SPRING.date(), due_time=time(15))

    def moved(kind: str, record: Any, on: str, at: str = "", who: Client = sam) -> Any:
        with clock.at(SPRING):
            given = {"kind": kind, "id": record.public_id, "on": on, "at": at, "back": "/calendar?view=week"}
            answer = who.post("/calendar/move", given)
        record.refresh_from_db()
        return answer

    assert moved("meeting", meeting, "2027-03-29", "09:15")["Location"] == "/calendar?view=week"
    assert meeting.starts_at == datetime(2027, 3, 29, 8, 15, tzinfo=UTC)  # on the summer's clock
    assert meeting.ends_at - meeting.starts_at == timedelta(hours=1)
    moved("meeting", meeting, "2027-03-26")
    assert meeting.starts_at == datetime(2027, 3, 26, 9, 15, tzinfo=UTC)
    moved("task", task, "2027-03-30", "10:30")
    assert (task.due_on.day, task.due_time) == (30, time(10, 30))
    assert "/undo" in shown(sam)
    assert moved("task", task, "someday").status_code == 422
    assert moved("file", task, "2027-03-30").status_code == 404
    noah = Client()
    noah.force_login(world.noah)
    assert moved("meeting", meeting, "2027-03-30", who=noah).status_code == 404  # not his to see
    assert meeting.starts_at.day == 26


def test_a_file_is_brought_in_on_its_page(world: World, sam: Client) -> None:
    text = WEEKLY.replace("{sequence}", "0").replace("{status}", "CONFIRMED")
    with clock.at(SPRING):
        file = SimpleUploadedFile("calendar.ics", text.encode())
        assert sam.post("/calendar/import", {"upload": file}).status_code == 303
        wrong = sam.post("/calendar/import", {"upload": SimpleUploadedFile("calendar.ics", b"nothing")})
        assert wrong.status_code == 422 and sam.post("/calendar/import").status_code == 422
    assert Meeting.objects.filter(title="Fair").count() == 1 and "Round, later" in shown(sam)
    assert "Fair" in shown(sam, view="agenda", on="2027-04-01")


# --- feeds ---------------------------------------------------------------------------------------------------------


def read(address: str, **headers: str) -> Any:
    path = re.sub(r"^https?://[^/]+", "", address)
    return Client().get(path, headers=headers)


def events(address: str) -> dict[str, Any]:
    found: Any = Calendar.from_ical(read(address).content)
    return {str(each["SUMMARY"]): each for each in found.walk() if each.name in {"VEVENT", "VTODO"}}


def test_a_feed_is_read_without_signing_in_until_it_is_revoked(world: World, sam: Client) -> None:
    by = world.sam.actor("web")
    made = create_feed(by, name="My phone")
    nasty = "Größe; Menge, “x”\\n" + "ä" * 90
    meeting = book_meeting(by, title=nasty, starts_at=clock.now(), place="A\nBEGIN:VEVENT", note="Line 1\r\nLine 2")
    fair = book_meeting(by, title="Fair", starts_at=clock.now(), all_day=True, zone="Pacific/Auckland")
    task = add_task(by, world.priya, title="Dated", due_on=clock.today(LONDON))
    first = read(made.address)
    assert first["Content-Type"].startswith("text/calendar") and max(map(len, first.content.split(b"\r\n"))) <= 75
    found = events(made.address)
    assert found[nasty].start == meeting.starts_at.replace(microsecond=0)
    assert str(found[nasty]["DESCRIPTION"]) == "Line 1\nLine 2" and str(found[nasty]["LOCATION"]).startswith("A")
    assert found["Fair"].start == fair.first_day and found["Dated"].start == task.due_on
    again = read(made.address, **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"]
    assert Feed.objects.get().last_read_at is not None
    snooze_task(by, task, due_on=clock.today(LONDON) + timedelta(days=3))
    assert read(made.address, **{"If-None-Match": first["ETag"]}).status_code == 200
    cancel_meeting(by, meeting)
    edit_meeting(by, fair, title="Trade fair")
    found = events(made.address)
    assert nasty not in found and found["Trade fair"]["SEQUENCE"] == 1 and found["Dated"]["SEQUENCE"] == 1
    revoke_feed(by, made.feed)
    assert read(made.address).status_code == 410 and read(made.address[:-8] + "x.ics").status_code == 410


def test_a_team_feed_shows_what_its_maker_sees_and_ends_with_membership(world: World, sam: Client) -> None:
    team, noah = world.sam.teams.get(), world.noah.actor("web")
    book_meeting(noah, world.priya, title="Noah meets", starts_at=clock.now())
    book_meeting(noah, title="His own", starts_at=clock.now())
    task = add_task(noah, world.priya, title="His task", due_on=clock.today(LONDON), due_time=time(9))
    page = sam.post("/calendar/feeds", {"whose": team.public_id, "tasks": "todos", "name": ""}).content.decode()
    address = re.search(r"http[^<]+\.ics", page)[0]  # type: ignore[index]
    assert address not in sam.get("/calendar/feeds").content.decode()
    found = events(address)
    assert "Noah meets" in found and "His own" not in found
    assert found["His task"].name == "VTODO" and found["His task"]["DUE"].dt == task.due_at
    assert "Noah meets" not in events(create_feed(world.sam.actor("web"), tasks="none").address)
    leave_team(world.admin.actor("web"), team, user=world.sam)
    assert read(address).status_code == 410
    own = create_feed(noah)
    deactivate_user(world.admin.actor("web"), world.noah)
    assert read(own.address).status_code == 410
    sam.post(f"/calendar/feeds/{Feed.objects.get(team=team).public_id}/revoke")
    assert Feed.objects.get(team=team).revoked_at is not None


def test_who_reads_too_often_waits(world: World, sam: Client) -> None:
    made = create_feed(world.sam.actor("web"))
    answers = [read(made.address).status_code for _number in range(25)]
    assert answers[:20] == [200] * 20 and answers[-1] == 429
    guesses = [read(f"https://x/calendar/feed/{number}.ics").status_code for number in range(25)]
    assert guesses[0] == 410 and guesses[-1] == 429
