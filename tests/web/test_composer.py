"""The composer: five kinds, the next step in the same act, once for one form, what was typed kept on errors."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.event import Event
from fairlead.demo.world import World
from fairlead.models import Activity, Lead, Opportunity, Suppression, Task
from fairlead.web.addresses import url_of
from tests.web.test_records import give_role, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def send(client: Client, record: Any, **given: str) -> Any:
    return client.post(f"{url_of(record)}/log", given, follow=True)


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("call", {"outcome": "voicemail"}, "Call logged."),
        ("note", {}, "Note saved."),
        ("mail", {"direction": "in"}, "E-mail logged."),
        ("meeting", {}, "Meeting logged."),
    ],
)
def test_logged(world: World, sam: Client, kind: str, given: dict[str, str], said: str) -> None:
    answer = send(sam, world.priya, kind=kind, text="Wants a price by Friday", **given)
    assert said in text_of(answer) and "Wants a price by Friday" in text_of(answer)
    entry = Activity.objects.get(text="Wants a price by Friday")
    assert (entry.kind, entry.person, entry.by_user) == (kind, world.priya, world.sam)
    assert (entry.outcome, entry.direction) == (
        given.get("outcome", "reached" if kind == "call" else ""),
        given.get("direction", "out"),
    )


def test_the_next_step_is_planned_in_the_same_act(world: World, sam: Client) -> None:
    answer = send(
        sam,
        world.unplanned,
        kind="call",
        text="Good call",
        next_step="Call about the fit-out",
        on="tomorrow",
        at="10:00",
    )
    assert "Call logged. Next: Tomorrow, 10:00." in text_of(answer)
    task = Task.objects.get(title="Call about the fit-out")
    assert (task.kind, str(task.due_time), task.assignee) == ("call", "10:00:00", world.sam)
    assert task.due_on == clock.today(world.sam.tz) + timedelta(days=1)
    assert Opportunity.objects.get(pk=world.unplanned.pk).next_step_at == task.due_at
    acts = {event.act for event in Event.objects.order_by("-id")[:2]}
    assert len(acts) == 1


def test_a_day_that_was_typed_wins_over_the_chip(world: World, sam: Client) -> None:
    send(sam, world.unplanned, kind="note", text="x", on="tomorrow", other_day="+2w")
    task = Task.objects.get(opportunity=world.unplanned, state="open")
    assert task.due_on == clock.today(world.sam.tz) + timedelta(days=14)
    assert task.title == "Follow up with New practice fit-out"


def test_a_task_for_somebody_else(world: World, sam: Client) -> None:
    answer = send(
        sam,
        world.managed_it,
        kind="task",
        text="Size the second link",
        other_day="+1w",
        at="9:30",
        assignee=world.dele.public_id,
        task_kind="todo",
    )
    assert "Task added. Next:" in text_of(answer)
    task = Task.objects.get(title="Size the second link")
    assert (task.assignee, str(task.due_time), task.opportunity) == (world.dele, "09:30:00", world.managed_it)


def test_when_it_happened(world: World, sam: Client) -> None:
    send(sam, world.priya, kind="call", text="Late entry", happened="yesterday 15:00")
    entry = Activity.objects.get(text="Late entry")
    there = entry.happened_at.astimezone(world.sam.tz)
    assert (there.date(), there.hour) == (clock.today(world.sam.tz) - timedelta(days=1), 15)
    assert entry.logged_at > entry.happened_at


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "note", "text": "  "}, "Write the note first."),
        ({"kind": "task", "text": ""}, "Write what is to be done first."),
        ({"kind": "call", "text": "kept text", "happened": "lately"}, "no date"),
        ({"kind": "call", "text": "kept text", "happened": "2099-01-01T10:00"}, "in the future"),
        ({"kind": "call", "text": "kept text", "other_day": "soonish"}, "no date"),
        ({"kind": "call", "text": "kept text", "next_step": "x", "at": "99"}, "no time"),
        ({"kind": "call", "text": "kept text", "outcome": "shouted"}, "reached"),
        ({"kind": "task", "text": "kept text", "assignee": "zzz"}, "No user at this address"),
        ({"kind": "task", "text": "k" * 301}, "300"),
        ({"kind": "note", "text": "nul\x00"}, "cannot be stored"),
    ],
)
def test_what_cannot_be_read_keeps_what_was_typed(world: World, sam: Client, given: dict[str, str], words: str) -> None:
    count = Activity.objects.count() + Task.objects.count()
    answer = send(sam, world.priya, **given)
    assert answer.status_code in {404, 422} and words in text_of(answer)
    if answer.status_code == 422 and given["text"].strip():
        assert given["text"].replace("\x00", "") in answer.content.decode().replace("\x00", "")
        assert re.search(rf'value="{given["kind"]}" checked', answer.content.decode())
    assert Activity.objects.count() + Task.objects.count() == count


def test_one_form_is_one_entry(world: World, sam: Client) -> None:
    page = sam.get(url_of(world.priya)).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]  # type: ignore[index]
    first = send(sam, world.priya, kind="note", text="Only once", token=token)
    second = send(sam, world.priya, kind="note", text="Only once", token=token)
    assert Activity.objects.filter(text="Only once").count() == 1
    assert "Note saved." in text_of(first) and "Note saved." in text_of(second)
    other = send(sam, world.priya, kind="note", text="Something else", token=token)
    assert (
        other.status_code == 422 and "logged already" in text_of(other) and "Something else" in other.content.decode()
    )
    fresh = re.search(r'name="token" value="([^"]+)"', other.content.decode())[1]  # type: ignore[index]
    assert fresh != token
    assert send(sam, world.priya, kind="note", text="Something else", token=fresh).status_code == 200


def test_a_call_stops_the_clock_of_a_lead(world: World, sam: Client) -> None:
    assert Lead.objects.get(pk=world.joanna.pk).responded_at is None
    send(sam, world.joanna, kind="call", text="", outcome="no_answer")
    assert Lead.objects.get(pk=world.joanna.pk).responded_at is None
    send(sam, world.joanna, kind="call", text="", outcome="reached")
    assert Lead.objects.get(pk=world.joanna.pk).responded_at is not None


def test_an_entry_is_corrected(world: World, sam: Client) -> None:
    send(sam, world.priya, kind="call", text="Wrong words")
    entry = Activity.objects.get(text="Wrong words")
    form = sam.get(f"/activities/{entry.public_id}/edit")
    assert "Correct the entry" in text_of(form) and "Wrong words" in form.content.decode()
    version = re.search(r'name="version" value="(\d+)"', form.content.decode())[1]  # type: ignore[index]
    page = sam.post(f"/activities/{entry.public_id}/edit", {"text": "Right words", "version": version}, follow=True)
    assert "Right words" in text_of(page) and "corrected an entry" in text_of(page)
    assert page.request["PATH_INFO"] == url_of(world.priya)


def test_a_follow_up_in_one_press(world: World, sam: Client) -> None:
    answer = sam.post(f"/opportunities/{world.unplanned.public_id}/plan", {"due": "2031-11-20"}, follow=True)
    assert "Next step Follow up with Brackenridge Dental" in text_of(answer)
    assert sam.post(f"/opportunities/{world.unplanned.public_id}/plan", {"due": "x"}).status_code == 422


def test_who_may_only_see_cannot_log(world: World) -> None:
    give_role(world.noah, "Read-only")
    answer = send(signed_in(world.noah), world.priya, kind="note", text="Sneaked in")
    assert answer.status_code == 403 and not Activity.objects.filter(text="Sneaked in").exists()


def test_an_unknown_kind(world: World, sam: Client) -> None:
    assert send(sam, world.priya, kind="fax", text="x").status_code == 404


@pytest.mark.parametrize("what", ["log", "files"])
def test_a_page_with_an_error_can_be_loaded_anew(world: World, sam: Client, what: str) -> None:
    answer = sam.get(f"/people/{world.priya.public_id}/{what}")
    assert (answer.status_code, answer.headers["Location"]) == (302, url_of(world.priya))


def test_an_address_for_buttons_only_says_so(world: World, sam: Client) -> None:
    answer = sam.get(f"/people/{world.priya.public_id}/plan", headers={"Accept": "text/html"})
    assert answer.status_code == 405 and "nothing to read" in answer.content.decode()
    assert answer.headers["Allow"] == "POST"


# --- what the text says --------------------------------------------------------------------------------------------


def read(client: Client, record: Any, text: str, kind: str = "call") -> dict[str, tuple[str, bool]]:
    """The chips of a text: what each says, and whether it will happen."""
    page = client.post(f"{url_of(record)}/read", {"text": text, "kind": kind}).content.decode()
    chips = re.findall(r'name="fx" value="(\w+)"( checked)?>.*?<span>(.*?)</span>', page, re.DOTALL)
    return {name: (said, bool(on)) for name, on, said in chips}


def as_shown(client: Client, record: Any, text: str, kind: str = "call", **also: str) -> Any:
    """Sent with the chips as they came."""
    page = client.post(f"{url_of(record)}/read", {"text": text, "kind": kind}).content.decode()
    hidden = {name: unescape(value) for name, value in re.findall(r'name="(fx_\w+)" value="([^"]*)"', page)}
    chosen = re.findall(r'name="fx" value="(\w+)" checked', page)
    return client.post(f"{url_of(record)}/log", {"text": text, "kind": kind, "fx": chosen} | hidden | also, follow=True)


def test_what_happens_is_what_the_chips_say(world: World, sam: Client) -> None:
    text = "Left a message, try again tomorrow 10am. @Dele size the link in 2 weeks"
    chips = read(sam, world.managed_it, text)
    assert chips["outcome"] == ("Voicemail left", True)
    assert chips["next"] == ("Call Priya Raman again · Tomorrow, 10:00", True)
    assert chips["hand"][0].startswith("Dele Okafor: Size the link · ") and chips["hand"][1]
    answer = as_shown(sam, world.managed_it, text, outcome="reached", on="today", next_step="Ignored")
    assert "Call logged. Next: Tomorrow, 10:00." in text_of(answer)
    entry = Activity.objects.latest("id")
    assert (entry.outcome, entry.text) == ("voicemail", text)
    mine, theirs = Task.objects.order_by("-id")[1], Task.objects.latest("id")
    assert (mine.title, mine.kind, str(mine.due_time), mine.assignee) == (
        *("Call Priya Raman again", "call", "10:00:00"),
        world.sam,
    )
    assert (theirs.title, theirs.assignee) == ("Size the link", world.dele)
    assert theirs.due_on == clock.today(world.sam.tz) + timedelta(days=14)
    assert len({event.act for event in Event.objects.order_by("-id")[:3]}) == 1


def test_offers_happen_only_when_taken(world: World, sam: Client) -> None:
    text = "Decision expected on 15 January, asked not to be called again"
    chips = read(sam, world.managed_it, text)
    assert {name: on for name, (_said, on) in chips.items()} == {"next": False, "close": False, "stop": False}
    before = world.managed_it.close_on
    as_shown(sam, world.managed_it, text)
    assert Opportunity.objects.get(pk=world.managed_it.pk).close_on == before
    assert not Suppression.objects.filter(person=world.priya).exists()
    as_shown(sam, world.managed_it, text, fx=["close", "stop"])  # type: ignore[arg-type]
    assert (Opportunity.objects.get(pk=world.managed_it.pk).close_on or clock.today(world.sam.tz)).month == 1
    assert Suppression.objects.get(person=world.priya).channel == "phone"


def test_a_task_without_its_date_and_name(world: World, sam: Client) -> None:
    assert read(sam, world.managed_it, "@Dele size the link in 2 weeks", "task")["who"] == ("For Dele Okafor", True)
    as_shown(sam, world.managed_it, "@Dele size the link in 2 weeks", "task", assignee=world.sam.public_id)
    task = Task.objects.latest("id")
    assert (task.title, task.assignee) == ("Size the link", world.dele)
    assert task.due_on == clock.today(world.sam.tz) + timedelta(days=14)


def test_when_it_was(world: World, sam: Client) -> None:
    as_shown(sam, world.priya, "Met her yesterday, happy with us", "meeting")
    there = Activity.objects.latest("id").happened_at.astimezone(world.sam.tz)
    assert there.date() == clock.today(world.sam.tz) - timedelta(days=1)


def test_a_day_without_work_is_met_with_a_better_one(world: World, sam: Client) -> None:
    saturday = clock.today(world.sam.tz) + timedelta(days=(5 - clock.today(world.sam.tz).weekday()) % 7 + 14)
    chips = read(sam, world.priya, f"Chase on {saturday.isoformat()}", "note")
    assert chips["instead"][1] is False and chips["instead"][0].endswith("instead")


@pytest.mark.parametrize("value", ["[]", "{", '{"about": "person:x", "by": 1}', '{"outcome": ["x"]}', "9" * 5000])
def test_chips_that_nobody_was_shown(world: World, sam: Client, value: str) -> None:
    answer = sam.post(f"{url_of(world.priya)}/log", {"kind": "call", "text": "x", "fx": "next", "fx_next": value})
    assert answer.status_code in {303, 422}
    assert Activity.objects.filter(text="x").count() == (answer.status_code == 303)
    assert sam.post(f"{url_of(world.priya)}/read", {"text": "\x00<b>fri</b>", "kind": "zzz"}).status_code == 200


def test_taking_an_offer_asks_for_the_right_to_edit(world: World) -> None:
    give_role(world.noah, "Delivery")
    given = {"kind": "note", "text": "x", "fx": "close", "fx_close": '{"close_on": "2031-01-01"}'}
    assert signed_in(world.noah).post(f"{url_of(world.managed_it)}/log", given).status_code == 403
    assert not Activity.objects.filter(text="x").exists()
