"""The page of tasks: whose, in which order, many at once; a task's own page; done with what comes next."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from babel import Locale
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core import clock
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Task, User
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.web import tasks
from fairlead.web.formats import Reader
from tests.web.test_records import give_role, limit, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def plan(world: World, title: str, days: int | None, **more: Any) -> Task:
    on = None if days is None else clock.today(world.sam.tz) + timedelta(days=days)
    return add_task(world.sam.actor("web"), more.pop("about", world.managed_it), title=title, due_on=on, **more)


def test_whose_and_when(world: World, sam: Client) -> None:
    for title, days in (("Late one", -3), ("Todays", 0), ("Far one", 40), ("Undated", None)):
        plan(world, title, days)
    plan(world, "Given away", 1, assignee=world.dele)
    page = text_of(sam.get("/tasks"))
    places = [page.index(words) for words in ("Overdue", "Late one", "Todays", "Later", "Far one", "Without a date")]
    assert places == sorted(places) and "Given away" not in page
    delegated = text_of(sam.get("/tasks?whose=delegated"))
    assert "Given away" in delegated and "Late one" not in delegated
    assert "Given away" in text_of(sam.get("/tasks?whose=all"))
    owners = text_of(sam.get("/tasks?whose=all&by=owner"))
    assert owners.index("Dele Okafor") < owners.index("Given away") < owners.index("Late one")
    assert "Managed IT" in text_of(sam.get("/tasks?by=record"))
    assert "Given away" in text_of(sam.get(f"/tasks?who={world.dele.public_id}"))
    for wrong in ("whose=x", "by=x", "who=zzz"):
        assert sam.get(f"/tasks?{wrong}").status_code == 404
    assert sam.get("/tasks?after=zzz").status_code == 400


def test_pages_hold_each_task_once(world: World, sam: Client) -> None:
    for number in range(60):
        plan(world, f"Task {number:02}", None if number > 40 else number // 3)
    for whose in ("mine", "team", "all"):
        seen, url = [], f"/tasks?whose={whose}"
        while url:
            page = sam.get(url).content.decode()
            seen += re.findall(r'id="row-(\w{10})"', page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            url = unescape(following[1]) if following else ""
        wanted = Task.objects.open().filter(assignee=world.sam) if whose == "mine" else Task.objects.open()
        wanted = wanted.filter(assignee__in=world.sam.actor("web").teammate_ids) if whose == "team" else wanted
        assert len(seen) == len(set(seen)) and set(seen) == set(wanted.values_list("public_id", flat=True)), whose


def test_as_many_statements_for_few_tasks_as_for_many(world: World, sam: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as done:
            sam.get("/tasks")
        return len(done)

    plan(world, "One", 1)
    statements()
    few = statements()
    for number in range(30):
        plan(world, f"Task {number}", 1, about=world.priya if number % 2 else world.managed_it)
    assert statements() <= few


def test_many_at_once(world: World, sam: Client) -> None:
    tasks = [plan(world, f"Task {number}", 1) for number in range(3)]
    ids = [task.public_id for task in tasks]
    answer = sam.post("/tasks/bulk", {"id": ids, "act": "snooze", "until": "+2w"}, follow=True)
    assert "Put 3 tasks off to" in text_of(answer)
    assert {each.due_on for each in Task.objects.filter(pk__in=[task.pk for task in tasks])} == {
        clock.today(world.sam.tz) + timedelta(days=14)
    }
    sam.post("/tasks/bulk", {"id": ids[:2], "act": "assign", "assignee": world.dele.public_id})
    assert Task.objects.filter(assignee=world.dele, title__startswith="Task ").count() == 2
    sam.post("/tasks/bulk", {"id": ids, "act": "done"})
    assert Task.objects.filter(state="done", title__startswith="Task ").count() == 3
    assert len({event.act for event in Event.objects.order_by("-id")[:3]}) == 1
    for wrong in ({"id": ids, "act": "x"}, {"act": "done"}, {"id": ids, "act": "snooze", "until": "soon"}):
        assert "ot" in text_of(sam.post("/tasks/bulk", wrong, follow=True))
    give_role(world.noah, "Read-only")
    assert signed_in(world.noah).post("/tasks/bulk", {"id": ids, "act": "done"}).status_code == 403


def test_done_with_an_outcome_and_the_next_step(world: World, sam: Client) -> None:
    task = plan(world, "Call about the quote", 0)
    assert "What came of it" in sam.get(f"/tasks/{task.public_id}/finish").content.decode()
    chips = {"fx": "next", "fx_next": '{"next_step": "Call back", "next_on": "2031-02-03", "next_kind": "call"}'}
    given = {"text": "Wants two references", "back": "/tasks?whose=all", **chips}
    answer = sam.post(f"/tasks/{task.public_id}/finish", given)
    assert answer.headers["Location"] == "/tasks?whose=all"
    done, following = Task.objects.get(pk=task.pk), Task.objects.latest("id")
    assert (done.state, done.outcome) == ("done", "Wants two references")
    assert (following.title, str(following.due_on), following.opportunity) == (
        *("Call back", "2031-02-03"),
        world.managed_it,
    )
    undo(world.sam.actor("web"), act=Event.objects.latest("id").act)
    assert Task.objects.get(pk=task.pk).is_open and not Task.objects.filter(pk=following.pk).exists()


def test_a_task_has_a_page_of_its_own(world: World, sam: Client) -> None:
    task = plan(world, "Prepare the visit", 2)
    given = {"title": "Prepare the visit", "kind": "meeting", "due": "in 3 weeks 14:00", "remind_minutes": "30"}
    given |= {"checklist": "Slides\n\nRoom\nSlides", "repeats": "every 2 weeks", "repeats_after_done": ""}
    sam.post(f"/tasks/{task.public_id}", given)
    task.refresh_from_db()
    assert (task.kind, str(task.due_time), task.repeats) == ("meeting", "14:00:00", "FREQ=WEEKLY;INTERVAL=2")
    assert task.checklist == [{"text": "Slides", "done": False}, {"text": "Room", "done": False}]
    assert task.due_at and task.remind_at == task.due_at - timedelta(minutes=30)
    sam.post(f"/tasks/{task.public_id}/tick-item", {"item": "Room", "done": "true"})
    page = text_of(sam.get(f"/tasks/{task.public_id}"))
    assert "Every 2 weeks" in page and "Slides" in page
    assert "1 of 2" in text_of(sam.get("/tasks"))
    for wrong, words in (({"due": "soonish"}, "no date"), ({"repeats": "often"}, "every 2 weeks"), ({"title": ""}, "")):
        answer = sam.post(f"/tasks/{task.public_id}", given | wrong)
        assert answer.status_code == 422 and words in text_of(answer)
    give_role(world.noah, "Read-only")
    assert signed_in(world.noah).post(f"/tasks/{task.public_id}", given).status_code == 403


# --- what repeats -------------------------------------------------------------------------------------------------


def test_the_next_one_of_a_series_is_made_once(world: World) -> None:
    by, today = world.sam.actor("web"), clock.today(world.sam.tz)
    task = plan(world, "Check backups", 0, repeats="weekly", checklist=[{"text": "Tapes", "done": True}])
    complete_task(by, task)
    complete_task(by, task)
    following = Task.objects.get(made_from=task)
    assert (following.due_on, following.assignee, following.repeats) == (
        *(today + timedelta(days=7), world.sam),
        "FREQ=WEEKLY",
    )
    assert following.checklist == [{"text": "Tapes", "done": False}]


def test_an_overdue_series_goes_on_in_its_rhythm(world: World) -> None:
    by, today = world.sam.actor("web"), clock.today(world.sam.tz)
    late = plan(world, "By its day", -10, repeats="weekly")
    loose = plan(world, "By when it was done", -10, repeats="weekly", repeats_after_done=True)
    for task in (late, loose):
        complete_task(by, task)
    assert Task.objects.get(made_from=late).due_on == today + timedelta(days=4)
    assert Task.objects.get(made_from=loose).due_on == today + timedelta(days=7)


def test_a_series_ends(world: World) -> None:
    task = plan(world, "Twice", 0, repeats="FREQ=DAILY;COUNT=2")
    complete_task(world.sam.actor("web"), task)
    last = Task.objects.get(made_from=task)
    complete_task(world.sam.actor("web"), last)
    assert not Task.objects.filter(made_from=last).exists()


def test_put_off_to_a_day_with_its_time(world: World, sam: Client) -> None:
    task = plan(world, "Ring back", 0)
    sam.post(f"/tasks/{task.public_id}/snooze", {"due_on": "in 2 weeks 15:30"})
    task.refresh_from_db()
    assert (task.due_on, str(task.due_time)) == (clock.today(world.sam.tz) + timedelta(days=14), "15:30:00")


@pytest.mark.parametrize("size", [2, 5, 50])
@pytest.mark.parametrize("level", ["all", "team", "own"])
def test_a_teams_tasks_are_in_one_order(world: World, monkeypatch: pytest.MonkeyPatch, size: int, level: str) -> None:
    for number in range(12):
        about = (world.managed_it, world.priya, world.peverell)[number % 3]
        plan(world, f"Task {number}", None if number % 6 == 5 else number % 4, about=about,
             assignee=(world.sam, world.noah, world.lena)[number // 2 % 3])  # fmt: skip
    limit(world.sam, **dict.fromkeys(("person", "company", "lead", "opportunity", "task"), level))
    by = User.objects.get(pk=world.sam.pk).actor("web")
    monkeypatch.setattr(tasks, "SIZE", size)
    asked = tasks.Asked(by, Reader(world.sam.tz, Locale.parse("en_GB"), clock.now()), "team")
    seen = Task.objects.open().visible_to(by).filter(assignee_id__in=by.teammate_ids)
    expected = list(seen.order_by(F("due_at").asc(nulls_last=True), "pk"))
    found, place = tasks.page(asked)
    assert found == expected[:size] and (place is not None) == (len(expected) > size)
    people = {person.pk: each for person, each in tasks.by_person(asked)}
    for pk, each in people.items():
        assert each == [task for task in expected if task.assignee_id == pk][: tasks.FEW + 1]
    assert people.keys() == {task.assignee_id for task in expected}
