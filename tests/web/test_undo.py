"""Undo from the pages: of every deed, of an undo, twice, refused with the reason, by those who may."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from fairlead.demo.world import World
from fairlead.models import Activity, Opportunity, Person, Stage, Task
from fairlead.verbs.opportunities import edit_opportunity
from fairlead.verbs.people import create_person
from fairlead.web.addresses import url_of
from tests.web.test_records import PARTIAL, give_role, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def undo_of(answer: Any) -> str:
    """Where the newest notice's undo posts."""
    return re.findall(r'class="toast".*?formaction="(/acts/[\w-]+/undo)"', answer.content.decode(), flags=re.S)[-1]


def log(client: Client, world: World, **more: str) -> Any:
    base = f"/opportunities/{world.managed_it.public_id}"
    return client.post(f"{base}/log", {"kind": "note", "text": "Said yes", **more}, follow=True)


def test_undo_redo_and_a_second_press(world: World, sam: Client) -> None:
    logged = log(sam, world)
    undo = undo_of(logged)
    undone = sam.post(undo, follow=True, HTTP_REFERER=f"http://testserver{url_of(world.managed_it)}")
    assert "Undone: Noted on Managed IT for 45 seats." in text_of(undone)
    assert not Activity.objects.filter(text="Said yes").exists()
    assert "Said yes" in text_of(undone) and "Undone" in text_of(undone)  # the line stays, marked
    assert "Already undone." in text_of(sam.post(undo, follow=True))
    redone = sam.post(undo_of(undone), follow=True, HTTP_REFERER=f"http://testserver{url_of(world.managed_it)}")
    assert "Done again: Noted on Managed IT for 45 seats." in text_of(redone)
    assert Activity.objects.filter(text="Said yes").count() == 1
    assert 'class="undone"' not in redone.content.decode().partition("Said yes")[0][-600:]


def test_every_deed_of_a_page_can_be_undone(world: World, sam: Client) -> None:
    base, before = f"/opportunities/{world.managed_it.public_id}", Opportunity.objects.get(pk=world.managed_it.pk)
    tags = {tag.name for tag in before.tags.all()}
    elsewhere = Stage.objects.exclude(pipeline=before.stage.pipeline_id).order_by("position")[0]
    deeds: list[tuple[str, dict[str, str]]] = [
        (f"{base}/edit/title", {"title": "Other"}),
        (f"{base}/edit/tags", {"tags": "new tag, other"}),
        (f"{base}/close-lost", {"reason": world.reason("Price").public_id}),
        (f"{base}/park", {"until": "+2w"}),
        (f"{base}/move-pipeline", {"stage": elsewhere.public_id}),
        (f"{base}/plan", {"due": "fri"}),
        (f"{base}/assign", {"owner": world.noah.public_id}),
        (f"/tasks/{world.call_priya.public_id}/done", {}),
        (f"/tasks/{world.call_priya.public_id}/snooze", {"due_on": "+1w"}),
    ]
    for path, given in deeds:
        answer = sam.post(path, given, follow=True)
        assert answer.status_code == 200, path
        assert "Undone:" in text_of(sam.post(undo_of(answer), follow=True)), path
    after = Opportunity.objects.get(pk=world.managed_it.pk)
    for name in ("title", "state", "stage_id", "owner_id", "parked_until", "next_step_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert {tag.name for tag in after.tags.all()} == tags
    assert Task.objects.get(pk=world.call_priya.pk).is_open


def test_a_log_and_its_next_step_go_as_one(world: World, sam: Client) -> None:
    answer = log(sam, world, next_step="Send contract", other_day="+1w")
    assert Task.objects.filter(title="Send contract").exists()
    sam.post(undo_of(answer))
    assert not Task.objects.filter(title="Send contract").exists()
    assert not Activity.objects.filter(text="Said yes").exists()


def test_refused_with_the_reason(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    answer = sam.post(f"{base}/edit/title", {"title": "Mine"}, follow=True)
    edit_opportunity(world.mira.actor("web"), world.managed_it, title="Hers")
    page = text_of(sam.post(undo_of(answer), follow=True))
    assert "has changed since: title." in page and "Mira Holt" in page
    assert Opportunity.objects.get(pk=world.managed_it.pk).title == "Hers"


def test_in_place_the_reason_comes_as_a_notice(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    answer = sam.post(f"{base}/edit/title", {"title": "Mine"}, **PARTIAL)
    assert answer.status_code == 200
    edit_opportunity(world.mira.actor("web"), world.managed_it, title="Hers")
    refused = sam.post(undo_of(answer), **PARTIAL)
    assert refused["HX-Reswap"] == "none" and "has changed since" in text_of(refused)


def test_only_by_those_who_may(world: World, sam: Client) -> None:
    undo = undo_of(log(sam, world))
    give_role(world.noah, "Read-only")
    noah = signed_in(world.noah)
    assert undo not in noah.get(url_of(world.managed_it)).content.decode()
    assert (
        "does not allow" in text_of(noah.post(undo, follow=True)) or Activity.objects.filter(text="Said yes").exists()
    )
    assert Activity.objects.filter(text="Said yes").exists()
    mira = signed_in(world.mira)
    assert undo in mira.get(url_of(world.managed_it)).content.decode()
    mira.post(undo)
    assert not Activity.objects.filter(text="Said yes").exists()


def test_an_act_that_never_was(world: World, sam: Client) -> None:
    answer = sam.post(f"/acts/{uuid.uuid4()}/undo", follow=True)
    assert "There is no such act." in text_of(answer)
    assert sam.get(f"/acts/{uuid.uuid4()}/undo").status_code == 405


def test_after_the_undo_of_an_adding_its_list_is_shown(world: World, sam: Client) -> None:
    from fairlead.core.act import last

    person = create_person(world.sam.actor("web"), name="Nobody Yet")
    act = last()
    assert act is not None
    answer = sam.post(f"/acts/{act.id}/undo", HTTP_REFERER=f"http://testserver{url_of(person)}")
    assert answer["Location"] == "/people"
    assert not Person.objects.filter(name="Nobody Yet").exists()
