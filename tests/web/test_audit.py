"""The audit and the history of the settings: told, narrowed, paged, exported, kept to what one may see."""

import csv
import html
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fairlead.core import clock, trail
from fairlead.core.actor import system
from fairlead.core.event import Event
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Organisation, Role, User
from fairlead.programs import audit
from fairlead.programs.cells import plain
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.organisation import edit_organisation
from fairlead.verbs.ownership import assign, park
from tests.doors.api import Api

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    plain = re.sub(r"<(script|svg|form)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def narrow(user: User, grants: dict[str, Any]) -> None:
    with writing():
        User.objects.filter(pk=user.pk).update(role=Role.objects.create(name="Narrow", grants=grants))


def sentences(api: Api, **asked: Any) -> list[str]:
    return [item["sentence"] for item in api.get("/events", **asked)["items"]]


@pytest.fixture
def boss(world: World) -> Api:
    return Api(world.admin, "read")


def test_who_did_what_through_which_door(world: World, boss: Api) -> None:
    edit_lead(world.sam.actor("web"), world.joanna, interest="Phones <b>")
    park(world.sam.actor("web"), world.managed_it, until=date(2029, 11, 27))
    shown = signed_in(world.admin).get("/settings/audit")
    assert shown.status_code == 200
    words = text_of(shown)
    assert "Sam Whitlock edited" in words and "Phones <b>" in words and "the pages" in words
    assert "until Tue 27 Nov 2029" in words and "2029-11-27" not in words
    assert b"Phones <b>" not in shown.content
    newest = next(item for item in boss.get("/events")["items"] if item["verb"] == "edit_lead")
    assert (newest["by"]["label"], newest["door"]) == ("Sam Whitlock", "web")
    assert newest["changes"][0]["fields"]["interest"]["after"] == "Phones <b>"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"verb": "edit_lead"}, lambda event: event.verb == "edit_lead"),
        ({"door": "web"}, lambda event: event.door == "web"),
        ({"noun": "lead"}, lambda event: event.links.filter(kind="lead").exists()),
        ({"since": "2020-01-01", "until": "2020-01-02"}, lambda event: False),
    ],
)
def test_narrowed(world: World, boss: Api, asked: dict[str, str], wanted: Any) -> None:
    """Every filter answers what is there, and pages of three hold what it holds, in the same order."""
    edit_lead(world.sam.actor("web"), world.joanna, interest="Phones")
    expected = [str(event.act) for event in Event.objects.order_by("-at", "-pk") if wanted(event)]
    walked: list[str] = []
    cursor = ""
    while len(walked) < 60:
        page = boss.get("/events", limit=3, **asked, **({"cursor": cursor} if cursor else {}))
        walked += [item["act"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert walked == expected[: len(walked)] and len(walked) == min(60, len(expected))


def test_a_page_that_looked_through_much_offers_to_look_further(
    world: World, boss: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_lead(world.sam.actor("web"), world.joanna, interest="Phones")
    edit_lead(world.sam.actor("api"), world.joanna, interest="Printers")
    monkeypatch.setattr(trail, "FURTHEST", 1)
    asked = {"door": "web", "verb": "edit_lead", "person": world.sam.public_id}
    first = boss.get("/events", **asked)
    assert first["items"] == [] and first["next"]
    assert boss.get("/events", **asked, cursor=first["next"])["items"][0]["door"] == "web"
    shown = signed_in(world.admin).get("/settings/audit", asked)
    assert "Nothing so far" in text_of(shown) and "Look further back" in text_of(shown)
    assert "Phones" in b"".join(signed_in(world.admin).get("/settings/audit.csv", asked)).decode()


def test_by_person_and_record(world: World, boss: Api) -> None:
    edit_lead(world.sam.actor("web"), world.joanna, interest="Phones")
    page = boss.get("/events", person=world.sam.public_id, limit=200)
    assert page["items"] and {item["by"]["label"] for item in page["items"]} == {"Sam Whitlock"}
    page = boss.get("/events", record=f"lead:{world.joanna.public_id}", noun="lead")
    ids = Event.objects.filter(links__kind="lead", links__record_id=world.joanna.pk)
    assert {item["act"] for item in page["items"]} == {str(event.act) for event in ids}
    assert boss.get("/events", record="lead:gone")["items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"verb": "drop_table"},
        {"noun": "eventlink"},
        {"door": "window"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+23:00"},
        {"person": "nobody"},
        {"cursor": "x"},
        {"record": "auth:1"},
        {"colour": "red"},
        {"limit": "0"},
    ],
)
def test_what_cannot_be_read_is_said(world: World, boss: Api, asked: dict[str, str]) -> None:
    assert boss.get("/events", 400, **asked)["code"] == "bad_request"
    if "limit" not in asked:
        assert signed_in(world.admin).get("/settings/audit", asked).status_code == 400


def test_kept_to_what_one_may_see(world: World) -> None:
    """Sellers have no audit; who may export sees what happened on records that they may see; the settings' not."""
    by = world.admin.actor("web")
    mine, theirs = create_lead(by, name="Mine"), create_lead(by, name="Theirs")
    assign(by, mine, owner=world.mira)
    assign(by, theirs, owner=world.sam)
    assert signed_in(world.sam).get("/settings/audit").status_code == 403
    assert Api(world.sam, "read").get("/events", 403)["code"] == "not_allowed"
    narrow(world.mira, {"*": {"see": "own", "export": "own"}, "organisation": {}})
    found = sentences(Api(world.mira, "read"), limit=200)
    assert any("Mine" in told for told in found) and not any("Theirs" in told for told in found)
    client = signed_in(world.mira)
    assert "Theirs" not in text_of(client.get("/settings/audit"))
    assert "Theirs" not in b"".join(client.get("/settings/audit.csv")).decode()
    assert client.get("/settings/changes").status_code == 403
    assert any("Theirs" in told for told in sentences(Api(world.admin, "read"), limit=200))


def test_exported(world: World) -> None:
    """One line for each value; nothing in it is a formula; the filters hold."""
    edit_lead(world.sam.actor("web"), world.joanna, interest='=HYPERLINK("http://x")', title="+1")
    answer = signed_in(world.admin).get("/settings/audit.csv", {"verb": "edit_lead", "person": world.sam.public_id})
    assert answer["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    values = {line["field"]: line["after"] for line in lines[:2]}
    assert values == {"Interest": '\'=HYPERLINK("http://x")', "Job title": "'+1"}
    assert {line["verb"] for line in lines} == {"edit_lead"} and {line["by"] for line in lines} == {"Sam Whitlock"}
    assert signed_in(world.sam).get("/settings/audit.csv").status_code == 403


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert plain(text) == f"'{text}"
    assert (plain("a=1"), plain(""), plain(-1)) == ("a=1", "", -1)


def test_settings_changed_and_taken_back(world: World) -> None:
    boss, ours = signed_in(world.admin), Organisation.ours()
    edit_organisation(world.admin.actor("web"), ours, name="Quayside")
    act = Event.objects.filter(verb="edit_organisation").latest("pk").act
    shown = boss.get("/settings/changes")
    words = text_of(shown)
    assert "changed the organisation’s settings" in words and "Quayside" in words
    assert f'action="/acts/{act}/undo"' in shown.content.decode()
    assert boss.post(f"/acts/{act}/undo", HTTP_REFERER="/settings/changes").status_code in {200, 303}
    assert Organisation.ours().name != "Quayside"
    assert "Undone" in text_of(boss.get("/settings/changes"))


def test_only_settings_are_among_them(world: World) -> None:
    edit_lead(world.sam.actor("web"), world.joanna, interest="Phones")
    assert "lead" not in audit.settings_nouns()
    assert {"organisation", "role", "team", "schedule", "stage", "source"} <= set(audit.settings_nouns())
    assert "Joanna" not in text_of(signed_in(world.admin).get("/settings/changes"))


@pytest.mark.parametrize("asked", ["", "verb", "door", "person"])
def test_the_first_page_is_read_along_an_index(world: World, asked: str) -> None:
    values = {"verb": {"verb": "edit_lead"}, "door": {"door": "web"}, "person": {"by_user_id": world.sam.pk}, "": {}}
    query = Event.objects.filter(**values[asked]).order_by("-at", "-pk").values_list("at", "pk")[:51]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            plan = query.explain()
            assert "Index Only Scan" in plan and "Sort" not in plan
        else:
            plan = query.explain()
            assert "COVERING INDEX" in plan and "TEMP B-TREE" not in plan


def test_pages_for_those_who_see_little(world: World) -> None:
    """Much that one may not see between two events does not end the audit: the next page goes on."""
    by = world.admin.actor("web")
    with clock.at(clock.now() - timedelta(days=1)):
        assign(by, create_lead(by, name="Mine"), owner=world.mira)
    narrow(world.mira, {"*": {"see": "own", "export": "own"}, "organisation": {}})
    for number in range(12):
        create_lead(system("test"), name=f"Other {number}")
    api, cursor, walked = Api(world.mira, "read"), "", []
    for _number in range(50):
        page = api.get("/events", limit=1, **({"cursor": cursor} if cursor else {}))
        walked += [item["sentence"] for item in page["items"]]
        cursor = page["next"]
        if not cursor or any("Mine" in told for told in walked):
            break
    assert any("Mine" in told for told in walked)
