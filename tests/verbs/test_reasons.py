"""Reasons: three lists that an administrator keeps, in order."""

import pytest
from django.test import Client

from fairlead.core.errors import Invalid
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Reason
from fairlead.verbs.reasons import archive_reason, create_reason, edit_reason, move_reason, unarchive_reason
from tests.stories.told import last_act


def test_they_are_kept_in_order_and_an_archived_one_is_offered_no_more(world: World) -> None:
    iris = world.admin.actor("web")
    made = create_reason(iris, kind="lost", name="  Moved  abroad ")
    assert Reason.objects.offered("lost").last() == made and made.name == "Moved abroad"
    first = Reason.objects.offered("lost").first()
    assert first is not None
    move_reason(iris, made, before=first)
    assert Reason.objects.offered("lost").first() == made
    undo(iris, act=last_act())
    assert Reason.objects.offered("lost").first() == first
    archive_reason(iris, made)
    assert made not in Reason.objects.offered("lost")
    for name in ("moved abroad", "PRICE", " "):
        with pytest.raises(Invalid):
            create_reason(iris, kind="lost", name=name)
    assert create_reason(iris, kind="won", name="Moved abroad").kind == "won"
    with pytest.raises(Invalid, match="another list"):
        move_reason(iris, made, before=Reason.objects.offered("won")[0])
    assert edit_reason(iris, unarchive_reason(iris, made), name="Gone abroad") in Reason.objects.offered("lost")


def test_the_settings_page(world: World, client: Client) -> None:
    client.force_login(world.admin)
    page = client.get("/settings/reasons?of=disqualified").content.decode()
    assert "Not our market" in page and "Went with somebody else" not in page
    assert client.post("/settings/reasons?of=lost", {"name": "price"}).status_code == 422
    assert client.post("/settings/reasons?of=lost", {"name": "Moved abroad"}).status_code == 303
    made = Reason.objects.get(name="Moved abroad")
    at = f"/settings/reasons/{made.public_id}"
    for name, sent in (("", {"name": "Gone abroad"}), ("/move", {"way": "up"}), ("/archive", {}), ("/unarchive", {})):
        assert client.post(at + name, sent).status_code == 303
    assert [each.name for each in Reason.objects.offered("lost")][-2:] == ["Gone abroad", "Did not fit"]
    assert client.get("/settings/reasons?of=nothing").status_code == 400
