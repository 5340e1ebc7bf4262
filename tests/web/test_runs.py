"""Pages of runs: progress that asks for itself, the sign in the sidebar, many rows from a list."""

from typing import Any

import pytest
from django.test import Client

from fairlead.core.changes import create_many
from fairlead.core.outbox import carry_out, claim
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Event, Person, Run, User
from fairlead.models.user import DEFAULT_ROLES
from fairlead.programs.runs import LEASE
from fairlead.verbs.roles import create_role
from fairlead.verbs.runs import export_list
from fairlead.verbs.users import change_role
from tests.core.conftest import aside
from tests.doors.api import Api

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def mira(world: World) -> Client:
    client = Client()
    client.force_login(world.mira)
    return client


@aside("{by} added many", may="person.create")
def many(by: Any, number: int) -> list[Person]:
    return create_many(Person, [{"name": f"Many {each:04}", "owner_id": by.user_id} for each in range(number)])


def worked_off() -> Run:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)
    return Run.objects.latest("pk")


def test_progress_asks_for_itself_until_the_end(mira: Client, world: World) -> None:
    run = export_list(world.mira.actor("web"), noun="person")
    page = mira.get(f"/runs/{run.public_id}").content.decode()
    assert f'hx-get="/runs/{run.public_id}/progress"' in page and "Waiting." in page and "<noscript>" in page
    with writing():
        Run.objects.update(state="running", phase="working", done=25, total=100, started_at=run.created_at)
    part = mira.get(f"/runs/{run.public_id}/progress", headers=PARTIAL).content.decode()
    assert 'value="25"' in part and "25 of 100" in part and "<html" not in part
    with writing():
        Run.objects.update(state="waiting")
    worked_off()
    part = mira.get(f"/runs/{run.public_id}/progress", headers=PARTIAL).content.decode()
    assert "hx-get" not in part and "Download people-" in part and "people exported." in part
    assert b"Export of people (CSV)" in mira.get("/runs").content


def test_a_failed_one_says_why(mira: Client, world: World) -> None:
    run = export_list(world.mira.actor("web"), noun="person")
    with writing():
        Run.objects.update(state="failed", text="The disk is full.")
    assert "The disk is full." in mira.get(f"/runs/{run.public_id}").content.decode()


def test_others_find_no_such_run(mira: Client, world: World) -> None:
    run = export_list(world.mira.actor("web"), noun="person")
    sam = Client()
    sam.force_login(world.sam)
    for path in ("", "/progress", "/file"):
        assert sam.get(f"/runs/{run.public_id}{path}").status_code == 404
    assert sam.post(f"/runs/{run.public_id}/cancel").status_code == 404
    assert sam.get("/runs").content.count(b"Export of people") == 0
    assert mira.post(f"/runs/{run.public_id}/cancel").status_code == 303
    assert Run.objects.get().state == "cancelled"


def test_the_sign_is_there_while_something_runs_and_costs_nothing_else(mira: Client, world: World) -> None:
    assert b"/runs/running" not in mira.get("/people").content
    many(world.mira.actor("web"), 201)
    answer = mira.post("/people/bulk", {"query": "q=many", "all": "1", "act": "archive"})
    assert answer.cookies["runs"].value == "1"
    assert b"/runs/running" in mira.get("/people").content
    assert "1 run running" in mira.get("/runs/running", headers=PARTIAL).content.decode()
    worked_off()
    ended = mira.get("/runs/running", headers=PARTIAL)
    assert ended.content.strip() == b"" and ended.cookies["runs"].value == ""


def test_up_to_two_hundred_rows_change_at_once_and_more_as_one_run(mira: Client, world: World) -> None:
    people = many(world.mira.actor("web"), 201)
    ids = [person.public_id for person in people]
    noah = world.noah.public_id
    at_once = mira.post("/people/bulk", {"query": "", "ids": ids[:200], "act": "assign", "owner": noah})
    assert at_once["Location"] == "/people" and not Run.objects.exists()
    form = {"query": "", "ids": ids, "act": "tag", "tag": "Fair"}
    first, second = mira.post("/people/bulk", form), mira.post("/people/bulk", form)
    run = Run.objects.get()
    assert first["Location"] == second["Location"] == f"/runs/{run.public_id}"
    assert worked_off().text == "201 people tagged Fair."
    page = mira.get(f"/runs/{run.public_id}").content.decode()
    assert f"/acts/{Run.objects.get().act}/undo" in page
    assert mira.post(f"/acts/{Run.objects.get().act}/undo").status_code == 303
    assert not Person.objects.filter(tags__name="Fair").exists()
    assert mira.post("/people/bulk", form)["Location"] != first["Location"]


def test_bad_input_starts_nothing(mira: Client, world: World) -> None:
    ids = [person.public_id for person in many(world.mira.actor("web"), 201)]
    for bad in ({"act": "burn"}, {"act": "tag", "tag": " "}, {"act": "assign", "owner": "\x00"}, {"act": "assign"}):
        assert mira.post("/people/bulk", {"query": "", "ids": ids} | bad).status_code == 422
    assert mira.post("/people/bulk", {"query": "nonsense=1", "all": "1", "act": "archive"}).status_code == 400
    assert not Run.objects.exists() and not Event.objects.filter(verb="archive_many").exists()


def test_a_file_with_more_than_its_reader_may_see_by_now_is_kept_back(mira: Client, world: World) -> None:
    """The role hides addresses since: the file still has them, so that it is not handed out; one of now is."""
    run = export_list(world.mira.actor("web"), noun="person")
    api, others = Api(world.mira), Api(world.sam)
    at = f"/api/v1/runs/{run.public_id}/file"
    assert mira.get(at, headers=api.headers).status_code == 404  # not written yet
    worked_off()
    page = mira.get(f"/runs/{run.public_id}/file")
    file = mira.get(at, headers=api.headers | {"Accept": "text/csv"})
    assert page.status_code == file.status_code == 200 and page.getvalue() == file.getvalue()  # type: ignore[attr-defined]
    assert file["Content-Type"].startswith("text/csv") and "attachment" in file["Content-Disposition"]
    assert mira.get(at, headers=others.headers).status_code == 404
    boss = world.admin.actor("web")
    grants: Any = DEFAULT_ROLES["Manager"] | {"private": {}}
    change_role(boss, world.mira, role=create_role(boss, name="Less", grants=grants))
    refused = mira.get(f"/runs/{run.public_id}/file")
    assert refused.status_code == 403 and b"Export the list again." in refused.content
    assert mira.get(at, headers=api.headers).json()["code"] == "not_allowed"
    again = export_list(User.objects.get(pk=world.mira.pk).actor("web"), noun="person")
    worked_off()
    assert mira.get(f"/runs/{again.public_id}/file").status_code == 200
