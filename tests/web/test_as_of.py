"""Record pages and the API “as of” a day or a moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.verbs.activities import edit_activity, log_note
from fairlead.verbs.ownership import tag
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.web.addresses import url_of
from tests.doors.api import Api
from tests.web.test_audit import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(world: World) -> tuple[Any, datetime]:
    """A person to whom much happened after a moment."""
    by, past = world.sam.actor("web"), clock.now() - timedelta(days=9)
    with clock.at(past):
        person = create_person(by, name="Ann Before", mails=["ann@before.test"])
        task = add_task(by, person, title="Ring her", due_on=past.date())
        note = log_note(by, person, text="As first written")
    with clock.at(past + timedelta(days=2)):
        edit_person(by, person, name="Ann After", mails=["ann@after.test"])
        complete_task(by, task)
        edit_activity(by, note, text="As corrected")
        tag(by, person, tag="Later")
    return person, past + timedelta(days=1)


def test_the_page_as_it_was(world: World, ann: tuple[Any, datetime]) -> None:
    person, at = ann
    client: Client = signed_in(world.sam)
    shown = client.get(url_of(person), {"as_of": at.isoformat()})
    words = text_of(shown)
    assert shown.status_code == 200
    missing = [text for text in ("Ann Before", "ann@before.test", "Ring her", "As first written") if text not in words]
    assert missing == [] and b"Back to now" in shown.content
    assert not any(text in words for text in ("ann@after.test", "As corrected", "Later"))
    assert b'id="log"' not in shown.content and b"/undo" not in shown.content
    now = text_of(client.get(url_of(person), {"as_of": clock.now().date().isoformat()}))
    assert "Ann After" in now and "ann@after.test" in now and "As corrected" in now and "Later" in now


def test_the_api_as_it_was(world: World, ann: tuple[Any, datetime]) -> None:
    person, at = ann
    api = Api(world.sam, "read")
    then = api.get(f"/people/{person.public_id}", as_of=at.isoformat())
    assert (then["name"], then["version"], then["tags"]) == ("Ann Before", 1, [])
    assert [mail["address"] for mail in then["mails"]] == ["ann@before.test"]
    now = api.get(f"/people/{person.public_id}", as_of=clock.now().isoformat())
    assert (now["name"], now["tags"]) == ("Ann After", ["Later"])


@pytest.mark.parametrize(("as_of", "status"), [("soon", 400), ("9" * 99, 400), ("", 400), ("1999-01-01", 404)])
def test_what_cannot_be_answered(world: World, ann: tuple[Any, datetime], as_of: str, status: int) -> None:
    person, _at = ann
    assert signed_in(world.sam).get(url_of(person), {"as_of": as_of}).status_code == status
    Api(world.sam, "read").get(f"/people/{person.public_id}", status, as_of=as_of)


@pytest.mark.parametrize("name", ["priya", "peverell", "managed_it", "joanna"])
def test_every_kind_of_record(world: World, name: str) -> None:
    record = getattr(world, name)
    for at in (clock.now(), record.created_at + timedelta(seconds=1)):
        assert signed_in(world.sam).get(url_of(record), {"as_of": at.isoformat()}).status_code == 200
        Api(world.sam, "read").get(f"/{record.plural()}/{record.public_id}", as_of=at.isoformat())
