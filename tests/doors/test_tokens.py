"""Tokens: the user's rights, within scopes, until they end; and nothing without one."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.errors import TooMany
from fairlead.demo.world import World
from fairlead.models import Token, User
from fairlead.programs.keys import take_one
from fairlead.verbs.tokens import create_token, revoke_token
from fairlead.verbs.users import deactivate_user, reactivate_user
from tests.doors.api import BASE, Api


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer fl_", "Bearer fl_wrong", "Basic fl_x", "fl_x", "Bearer fl_\xe9"],
)
def test_without_a_valid_one(header: str, world: World) -> None:
    """401 says how to do it, and names no other reason; a session of the browser is none."""
    client = Client()
    client.force_login(world.admin)
    for path in ("/people", "/nothing", "/verbs/undo"):
        answer = client.get(f"{BASE}{path}", headers={"Authorization": header} if header else {})
        assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
        assert answer["WWW-Authenticate"].startswith("Bearer") and answer["Content-Type"] == "application/problem+json"


def test_reading_alone(world: World) -> None:
    """Without the scope write nothing changes, whatever the user may; and it cannot make itself a better token."""
    reader = Api(world.admin, "read")
    assert reader.get("/people")["items"]
    assert reader.post("/people", {"name": "x"}, 403)["code"] == "not_allowed"
    assert reader.patch(f"/people/{world.priya.public_id}", {"title": "x"}, 403)["detail"]
    assert reader.post("/tokens", {"name": "x", "scopes": ["write"]}, 403)["code"] == "not_allowed"


def test_never_more_than_the_user(world: World, sam: Api) -> None:
    assert sam.patch(f"/organisations/{sam.get('/organisations')['items'][0]['id']}", {"name": "x"}, 403)
    assert [item["id"] for item in sam.get("/tokens")["items"]] == [sam.token.public_id]


def test_one_that_ended(world: World, sam: Api) -> None:
    """Expired, revoked, deactivated: at once. A user who comes back has theirs again."""
    with clock.at(clock.now() + timedelta(days=91)):
        assert sam.get("/people", 401)["code"] == "no_token"
    assert sam.get("/people")
    admin = world.admin.actor("web")
    deactivate_user(admin, world.sam)
    assert sam.get("/people", 401)["code"] == "no_token"
    reactivate_user(admin, User.objects.get(pk=world.sam.pk))
    assert sam.get("/people")
    revoke_token(world.sam.actor("web"), sam.token)
    assert sam.get("/people", 401)["code"] == "no_token"


def test_one_made_with_another_lasts_no_longer(world: World, sam: Api) -> None:
    made = sam.post("/tokens", {"name": "long", "days": 730, "scopes": ["read", "write"]}, 201)["result"]
    assert made["token"]["expires_at"] == sam.token.expires_at.isoformat()
    assert made["secret"].startswith("fl_") and "hashed" not in made["token"]


def test_nobody_but_a_user_has_one(db: None) -> None:
    with pytest.raises(Exception, match="belongs to a user"):
        create_token(system("tests"), name="x")


def test_use_is_noted_once_an_hour(world: World, sam: Api) -> None:
    def used() -> object:
        return Token.objects.get(pk=sam.token.pk).last_used_at

    start = clock.now()
    with clock.at(start):
        sam.get("/people")
    with clock.at(start + timedelta(minutes=59)):
        sam.get("/people")
    assert used() == start
    with clock.at(start + timedelta(minutes=61)):
        sam.get("/people")
    assert used() == start + timedelta(minutes=61)


def test_too_many_requests(sam: Api, settings: LazySettings) -> None:
    """A token that has used up its bucket waits; another token is not concerned."""
    settings.API_RATE = 0.0001
    with pytest.raises(TooMany):
        for _ in range(3):
            take_one(sam.token.pk)
    answer = sam.send("GET", "/people", "")
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (429, "1", "too_many")
    settings.API_RATE = 100
    take_one(sam.token.pk + 1)


def test_scopes_of_one_noun(world: World) -> None:
    """It reads people and adds leads, and nothing else, however much its user may."""
    narrow = Api(world.admin, "person.read", "lead.create")
    assert narrow.get("/people")["items"] and narrow.get("/companies")["items"] == []
    assert narrow.get(f"/opportunities/{world.managed_it.public_id}", 404)["code"] == "not_found"
    assert narrow.post("/leads", {"name": "Ines"}, 201)["changed"]
    assert narrow.patch(f"/people/{world.priya.public_id}", {"title": "x"}, 403)["code"] == "not_allowed"
    assert narrow.post("/companies", {"name": "x"}, 403)["code"] == "not_allowed"


def test_a_token_makes_none_that_reaches_further(world: World, sam: Api) -> None:
    made = sam.post("/tokens", {"name": "narrow", "scopes": ["person.read", "lead.edit"]}, 201)["result"]["token"]
    assert made["scopes"] == ["lead.edit", "person.read"]
    by = Token.objects.get(public_id=made["id"]).actor("api")
    assert (by.level("see", "person"), by.level("see", "lead"), by.level("edit", "lead")) == ("all", "none", "team")
    further = create_token(Api(world.sam, "write").token.actor("api"), name="x", scopes=["person.see", "person.write"])
    assert further.token.scopes == ["person.write"]


def test_scopes_that_do_not_exist(sam: Api) -> None:
    for scope in ("everything", "wish.read", "person.fly", "person.read.all", "*", ""):
        assert sam.post("/tokens", {"name": "x", "scopes": [scope]}, 422)["code"] == "invalid"
