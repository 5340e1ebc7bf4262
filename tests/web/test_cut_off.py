"""Reading that takes too long is cut off, says what to narrow, and leaves nothing behind on its connection."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fairlead.core import cutoff
from fairlead.core.changes import create
from fairlead.core.cutoff import reading
from fairlead.core.errors import TooSlow
from fairlead.demo.world import World
from fairlead.mcp import tools
from fairlead.programs import listing
from fairlead.web.listing import Asked
from tests.doors.api import Api

SLOW = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %s) SELECT count(*) FROM n"
ENDLESS, LONG = 10**12, 600_000  # the second is slow, and comes to its end

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SECONDS", 0.05)


def counted(rows: int = ENDLESS) -> int:
    with connection.cursor() as cursor:
        cursor.execute(SLOW, [rows])
        return int(cursor.fetchone()[0])


def endless(*_asked: Any, **_more: Any) -> Any:
    return counted()


def nothing_is_left() -> bool:
    """On the same connection a long statement comes to its end, and no setting says otherwise."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone()[0] == "0"
    return counted(LONG) == LONG and not [each for each in connection.execute_wrappers if each.__name__ == "begun"]


def test_a_statement_that_takes_too_long_is_cut_off_and_the_next_ones_are_not() -> None:
    with pytest.raises(TooSlow) as slow, reading():
        counted()
    assert "0.05 seconds" in slow.value.text and "add a filter" in slow.value.text
    assert nothing_is_left()
    with reading():
        assert counted(10) == 10
    assert nothing_is_left()


def test_other_faults_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError), reading():
        raise ZeroDivisionError
    assert nothing_is_left()


def test_a_slow_list_keeps_its_filters(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(world.sam)
    with monkeypatch.context() as slow:
        slow.setattr(Asked, "page", endless)
        answer = client.get("/leads?owner=me&sort=name")
        slow.setattr("fairlead.web.pages.lists.groups", endless)
        grouped = client.get("/leads?owner=me&group=source")
    page = answer.content.decode()
    assert (answer.status_code, grouped.status_code) == (503, 503)
    assert "This took too long" in page and "add a filter" in page and "Owner is me" in page and "Clear filters" in page
    assert nothing_is_left()
    assert client.get("/leads?owner=me&sort=name").status_code == 200


def test_any_other_slow_page_says_so_in_the_look_of_the_house(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(world.sam)
    monkeypatch.setattr("fairlead.web.pages.search.search", endless)
    answer = client.get("/search?q=pev")
    assert answer.status_code == 503 and "This took too long" in answer.content.decode()
    assert nothing_is_left()


def test_programs_get_a_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(world.sam)
    monkeypatch.setattr(listing, "read", endless)
    problem = api.get("/leads", 503)
    assert problem["code"] == "too_slow" and "add a filter" in problem["detail"]
    assert nothing_is_left()
    monkeypatch.setattr("fairlead.mcp.reads.search", endless)
    said = tools.call("search", world.sam.actor("mcp"), {"text": "pev"})
    assert said["isError"] and said["structuredContent"]["code"] == "too_slow"
    assert nothing_is_left()


def test_acts_have_all_the_time_they_need(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(world.sam)

    def slow(*asked: Any, **facts: Any) -> Any:
        assert counted(LONG) == LONG
        return create(*asked, **facts)

    monkeypatch.setattr("fairlead.verbs.leads.create", slow)
    made = api.post("/leads", {"name": "Ada Long"}, 201)
    assert made["result"]["label"] == "Ada Long"
