"""Lists: filters, sorts and pages over names that exist, and over nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.core.record import Record, nouns
from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Person
from fairlead.programs.filters import every_sort
from fairlead.verbs.ownership import archive
from fairlead.verbs.people import create_person
from tests.doors.api import Api, names


def walked(api: Api, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Every item of every page."""
    page = api.get(path, **asked)
    items = page["items"]
    while page["next"]:
        page = api.get(path, cursor=page["next"], **asked)
        items += page["items"]
    return items


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.load)])
def test_every_noun_is_listed_and_sorted(iris: Api, whole: bool) -> None:
    """Pages in each order hold what one big page holds, each record once.

    Here every noun is sorted by one name and every sort of column is met once; the load tests sort every noun by every
    name, both ways round.
    """
    wrong: list[str] = []
    for model, sorts in every_way() if whole else telling():
        ids = {item["id"] for item in walked(iris, f"/{model.plural()}", limit=200)}
        wrong += [f"{model.plural()} by {sort}" for sort in sorts if not holds(iris, model, sort, ids)]
    assert wrong == []


def every_way() -> Iterator[tuple[type[Record], list[str]]]:
    for model in nouns().values():
        yield model, [way + name for name in every_sort(model) for way in ("", "-")]


def telling() -> Iterator[tuple[type[Record], list[str]]]:
    """How a column sorts follows from what it holds, whether it may be blank and where it stands; ways by turns."""
    met: set[Any] = set()
    for number, model in enumerate(nouns().values()):
        chosen = []
        for name, known in every_sort(model).items():
            sort_of_column = known.kind, bool(known.via), known.part, known.field.null
            if sort_of_column not in met or not chosen:
                chosen.append("-" * ((number + len(chosen)) % 2) + name)
            met.add(sort_of_column)
        yield model, chosen


def holds(iris: Api, model: type[Record], sort: str, whole: set[str]) -> bool:
    """Do two pages in this order hold each of these once?"""
    found = [item["id"] for item in walked(iris, f"/{model.plural()}", limit=len(whole) // 2 + 1, sort=sort)]
    return len(found) == len(whole) and set(found) == whole


def test_order_with_blanks_last(sam: Api, world: World) -> None:
    """Both ways round, what has no close date comes last."""
    for sort, reverse in (("close_on", False), ("-close_on", True)):
        days = [item["close_on"] for item in walked(sam, "/opportunities", limit=4, sort=sort)]
        known = [day for day in days if day]
        assert known == sorted(known, reverse=reverse) and days[len(known) :] == [None] * (len(days) - len(known))
    assert any(day is None for day in days) or Opportunity.objects.filter(close_on=None).count() == 0


def test_pages_stay_in_place_while_records_come_and_go(sam: Api, world: World) -> None:
    """What is added before the cursor moves nothing; what is archived is missing and nothing else is."""
    first = sam.get("/people", sort="name", limit=5)
    rest_before = walked(sam, "/people", sort="name", limit=200)[5:]
    create_person(world.sam.actor("web"), name="A A first of all")
    archive(world.mira.actor("web"), Person.objects.get(public_id=first["items"][0]["id"]))
    rest = sam.get("/people", sort="name", limit=200, cursor=first["next"])["items"]
    assert [item["id"] for item in rest] == [item["id"] for item in rest_before]


def test_filters(sam: Api, world: World) -> None:
    """Equal, any of, not, contains, begins, before and after, empty, linked, mine, tagged."""
    priya, peverell = world.priya, world.peverell
    assert names(sam.get("/people", name="Priya Raman")) == ["Priya Raman"]
    assert "Priya Raman" in names(sam.get("/people", **{"name.contains": "RAMAN"}))
    assert "Priya Raman" not in names(sam.get("/people", **{"name.not": "Priya Raman"}, limit=200))
    assert names(sam.get("/people", **{"name.starts": "priya r"})) == ["Priya Raman"]
    assert names(sam.get("/people", id=[priya.public_id])) == ["Priya Raman"]
    assert "Priya Raman" in names(sam.get("/people", company=peverell.public_id))
    assert "Priya Raman" not in names(sam.get("/people", **{"company.empty": "true"}, limit=200))
    assert {item["state"] for item in walked(sam, "/opportunities", state=["won", "lost"])} <= {"won", "lost"}
    mine = walked(sam, "/opportunities", owner="me")
    assert mine and {item["owner"]["label"] for item in mine} == {"Sam Whitlock"}
    later = walked(sam, "/leads", **{"created_at.gte": world.now.isoformat()})
    earlier = walked(sam, "/leads", **{"created_at.lt": world.now.isoformat()})
    assert len(later) + len(earlier) == Lead.objects.filter(archived_at=None).count() and earlier
    sam.post(f"/people/{priya.public_id}/tag", {"tag": "Renewal"})
    tag = sam.get("/tags", name="Renewal")["items"][0]["id"]
    assert names(sam.get("/people", tags=tag)) == ["Priya Raman"]
    assert "Priya Raman" in names(sam.get("/people", q="pri raman"))


def test_archived_ones_only_when_asked_for(sam: Api, world: World) -> None:
    archive(world.mira.actor("web"), Person.objects.get(pk=world.priya.pk))
    assert "Priya Raman" not in names(sam.get("/people", limit=200))
    assert "Priya Raman" in names(sam.get("/people", limit=200, archived="all"))
    assert "Priya Raman" in names(sam.get("/people", archived="only"))


UNKNOWN: list[dict[str, Any]] = [
    {"nope": "1"},
    {"company__name": "x"},
    {"owner__password": "x"},
    {"sort": "nope"},
    {"sort": "-owner__password"},
    {"sort": "name; drop table"},
    {"limit": "0"},
    {"limit": "201"},
    {"limit": "-1"},
    {"limit": "²"},
    {"limit": "9" * 50},
    {"cursor": "x"},
    {"cursor": "W10"},
    {"cursor": "bnVsbA"},
    {"cursor": "[" * 5000},
    {"fields": "nope"},
    {"archived": "maybe"},
    {"created_at.gt": "the other day"},
    {"created_at.gt": "9999-12-31T23:59:59-14:00"},
    {"created_at.gt": "0001-01-01T00:00:00+14:00"},
    {"version": "1.5"},
    {"version": "9" * 40},
    {"company.empty": "perhaps"},
    {"id": ["x"] * 101},
    {"name": "\x00"},
    {"name": ["\x00", "x"]},
]


def test_what_does_not_exist_is_refused(sam: Api) -> None:
    for asked in UNKNOWN:
        answer = sam.get("/people", 400, **asked)
        assert answer["code"] == "bad_request" and answer["detail"], asked


def test_unknown_names_are_answered_with_those_that_exist(sam: Api) -> None:
    assert sam.get("/tasks", 400, due_time="10:30+02:00")["code"] == "bad_request"
    assert "name.contains" in sam.get("/people", 400, nope="1")["known"]
    assert "-created_at" in sam.get("/people", 400, sort="nope")["known"]
    assert sam.get("/opportunities", 400, state="gone")["known"] == ["open", "won", "lost"]


def test_a_cursor_belongs_to_its_sort(sam: Api) -> None:
    cursor = sam.get("/people", sort="name", limit=1)["next"]
    assert sam.get("/people", 400, sort="created_at", limit=1, cursor=cursor)["code"] == "bad_request"


def test_strange_but_harmless(sam: Api) -> None:
    """Wildcards, quotes, right-to-left marks and long texts are only text."""
    for text in ("%", "_", '"', "'; --", "\u202e", "x" * 10_000, "\\"):
        assert isinstance(sam.get("/people", q=text)["items"], list)
        assert isinstance(sam.get("/people", **{"name.contains": text})["items"], list)
