"""The timeline for programs: sentences, values before and after, pages, and nothing that one may not see."""

import pytest

from fairlead.demo.world import World
from tests.doors.api import Api


def test_what_happened(sam: Api, world: World) -> None:
    """The newest first, each with its act; links in values are links, not the database's numbers."""
    place = f"/people/{world.priya.public_id}"
    done = sam.patch(place, {"title": "CIO", "company": None})
    newest = sam.get(f"{place}/timeline")["items"][0]
    assert newest["sentence"] == "Sam Whitlock edited Priya Raman"
    assert (newest["act"], newest["verb"], newest["door"], newest["undoable"]) == (
        done["act"],
        "edit_person",
        "api",
        True,
    )
    assert newest["by"] == {"kind": "token", "label": "Sam Whitlock", "cause": None}
    (change,) = newest["changes"]
    assert (change["noun"], change["id"], change["op"]) == ("person", world.priya.public_id, "change")
    assert change["fields"]["title"]["after"] == "CIO"
    assert change["fields"]["company"] == {
        "before": {"noun": "company", "id": world.peverell.public_id, "label": "Peverell Logistics"},
        "after": None,
    }


def test_pages(sam: Api, world: World) -> None:
    """Pages of two hold what one page holds, in the same order; a cursor that is none is refused."""
    place = f"/companies/{world.peverell.public_id}/timeline"
    whole = sam.get(place, limit=200)["items"]
    walked, cursor = [], None
    while cursor or not walked:
        page = sam.get(place, limit=2, **({"cursor": cursor} if cursor else {}))
        walked += page["items"]
        cursor = page["next"]
    assert walked == whole and len(whole) > 2
    for cursor in ("x", "W10", "bnVsbA", "[" * 999):
        assert sam.get(place, 400, cursor=cursor)["code"] == "bad_request"


def test_undone_and_done_again(sam: Api, world: World) -> None:
    place = f"/people/{world.priya.public_id}"
    act = sam.patch(place, {"title": "CIO"})["act"]
    sam.post("/verbs/undo", {"act": act})
    newest = sam.get(f"{place}/timeline", limit=1)["items"][0]
    assert (newest["verb"], newest["undoes"]) == ("undo", act)
    sam.post("/verbs/redo", {"act": act})
    assert sam.get(place)["title"] == "CIO"
    assert sam.post("/verbs/undo", {"act": "0d4c7f0e-6c1e-4a0b-9a51-6a2f4f1f1c55"}, 404)["code"] == "not_found"


@pytest.mark.parametrize("most", [3, pytest.param(20, marks=pytest.mark.load)])
def test_every_timeline_can_be_read(iris: Api, world: World, most: int) -> None:
    for plural in (
        "people",
        "companies",
        "leads",
        "opportunities",
        "tasks",
        "activities",
        "users",
        "organisations",
        "teams",
    ):
        for item in iris.get(f"/{plural}", limit=most)["items"]:
            assert isinstance(iris.get(f"/{plural}/{item['id']}/timeline", limit=200)["items"], list)
