"""Records as resources: added, read, edited, undone; only what the token's user may see."""

import pytest

from fairlead.core.actor import Actor
from fairlead.demo.world import World
from fairlead.models import Person, Role
from fairlead.models.user import User
from fairlead.verbs.people import create_person
from tests.doors.api import Api


def test_add_read_edit_undo(sam: Api) -> None:
    """Everything that was added comes back, an edit changes what it names, and undo takes it back."""
    answer = sam.send(
        "POST", "/people", '{"name": "Åsa Öberg", "mails": ["asa@oberg.example"], "phones": ["020 7946 0182"]}'
    )
    added = answer.json()
    person = added["result"]
    assert (answer.status_code, added["verb"], added["changed"]) == (201, "create_person", True)
    assert answer["Location"] == f"/api/v1/people/{person['id']}"
    assert person["phones"] == ["+442079460182"] and person["owner"]["label"] == "Sam Whitlock"
    assert sam.get(f"/people/{person['id']}") == person
    edited = sam.patch(f"/people/{person['id']}", {"title": "Owner"})
    assert (edited["result"]["title"], edited["result"]["mails"]) == ("Owner", ["asa@oberg.example"])
    assert sam.post("/verbs/undo", {"act": edited["act"]})["changed"]
    assert sam.get(f"/people/{person['id']}")["title"] == ""


def test_a_second_call_that_changes_nothing_says_so(sam: Api, world: World) -> None:
    done = sam.patch(f"/people/{world.priya.public_id}", {"name": world.priya.name})
    assert (done["changed"], done["act"]) == (False, None)


def test_verbs_on_a_record_and_without_one(sam: Api, world: World) -> None:
    """The noun is left out of the verb's word; the full name goes as well."""
    task = sam.post(f"/people/{world.priya.public_id}/add-task", {"title": "Send figures", "due_on": "2030-01-07"})[
        "result"
    ]
    assert task["person"] == {"noun": "person", "id": world.priya.public_id, "label": "Priya Raman"}
    assert sam.post(f"/tasks/{task['id']}/complete", {"outcome": "Sent"})["result"]["state"] == "done"
    assert not sam.post(f"/tasks/{task['id']}/complete-task")["changed"]
    assert sam.post("/verbs/create-source", {"name": "Podcast"}, status=403)["code"] == "not_allowed"


def test_only_some_fields(sam: Api, world: World) -> None:
    found = sam.get(f"/people/{world.priya.public_id}", fields="name,company")
    assert set(found) == {"noun", "id", "name", "company"}
    assert "mails" in sam.get(f"/people/{world.priya.public_id}", 400, fields="password")["known"]


def test_what_one_may_not_see_is_not_there(world: World) -> None:
    """One who sees only their own: not the record, not its timeline, not in lists, and no name through a link."""
    own = Api(_narrow(world))
    mine = create_person(_actor(world), name="Mine", company=world.peverell)
    seen = own.get("/people", limit=200)["items"]
    assert seen[0]["id"] == mine.public_id and world.priya.public_id not in {item["id"] for item in seen}
    assert own.get(f"/people/{mine.public_id}")["company"] == {"noun": "company", "id": None, "label": None}
    foreign = world.priya.public_id
    for answer in (
        own.get(f"/people/{foreign}", 404),
        own.get(f"/people/{foreign}/timeline", 404),
        own.patch(f"/people/{foreign}", {"name": "x"}, 404),
        own.post(f"/people/{foreign}/assign", {}, 404),
        own.get("/people/zzzzzzzzzz", 404),
    ):
        assert answer["detail"] == "No person at this address."
    assert own.get("/people", company=world.peverell.public_id)["items"] == []
    refused = own.patch(f"/people/{mine.public_id}", {"company": world.peverell.public_id}, 404)
    assert list(refused["errors"]) == ["company"]


def test_secrets_are_never_shown(iris: Api, world: World) -> None:
    """Neither the password's hash nor the token's is in a resource, a timeline, or a filter."""
    shown = str([iris.get("/users"), iris.get("/tokens"), iris.get(f"/users/{world.sam.public_id}/timeline")])
    shown += str(iris.get(f"/tokens/{iris.token.public_id}/timeline"))
    assert "argon2" not in shown and iris.token.hashed not in shown and "hashed" not in shown
    assert "hashed" not in iris.get("/tokens", 400, hashed=iris.token.hashed)["known"]
    assert "password" not in iris.get("/users", 400, **{"password.starts": "argon2"})["known"]


def test_if_match_finds_what_both_changed(sam: Api, world: World) -> None:
    """Other fields unite; the same field is a conflict that carries both values."""
    place = f"/people/{world.priya.public_id}"
    etag = sam.client.get(f"/api/v1{place}", headers=sam.headers)["ETag"]
    sam.patch(place, {"title": "Head of IT"})
    assert sam.patch(place, {"language": "en"}, If_Match=etag)["changed"]
    clash = sam.patch(place, {"title": "CIO"}, 409, If_Match=etag)
    assert clash["fields"] == {"title": {"yours": "CIO", "theirs": "Head of IT"}}
    assert Person.objects.get(pk=world.priya.pk).title == "Head of IT"
    assert sam.patch(place, {"title": "CIO"}, 400, If_Match="yesterday")["code"] == "bad_request"


def test_a_conflict_names_links_by_public_ids(sam: Api, world: World) -> None:
    place = f"/people/{world.priya.public_id}"
    etag = sam.client.get(f"/api/v1{place}", headers=sam.headers)["ETag"]
    sam.patch(place, {"company": None})
    clash = sam.patch(place, {"company": world.peverell.public_id}, 409, If_Match=etag)
    mine = {"noun": "company", "id": world.peverell.public_id, "label": "Peverell Logistics"}
    assert clash["fields"] == {"company": {"yours": mine, "theirs": None}}


@pytest.mark.parametrize(
    "path", ["/people", "/leads", "/companies", "/opportunities", "/tasks", "/users", "/stages", "/roles"]
)
def test_a_list_costs_the_same_however_long(
    path: str, iris: Api, world: World, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        assert iris.get(path, limit=50)["items"]


def _narrow(world: World) -> User:
    """Noah, in a role that reaches only what is one's own."""
    from fairlead.core.record import writing

    with writing():
        role = Role.objects.create(
            name="Own only", grants={"*": dict.fromkeys(("see", "create", "edit", "assign"), "own")}
        )
        User.objects.filter(pk=world.noah.pk).update(role=role)
    return User.objects.get(pk=world.noah.pk)


def _actor(world: World) -> Actor:
    return User.objects.get(pk=world.noah.pk).actor("web")
