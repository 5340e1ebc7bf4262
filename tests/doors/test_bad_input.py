"""Whatever comes in, the answer is a problem that says so: never a fault, and nothing is changed."""

import json
from typing import Any

import pytest

from fairlead.demo.world import World
from fairlead.models import Event, Person, Target
from tests.doors.api import Api

BODIES: list[tuple[bytes, int]] = [
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"[]", 400),
    (b'"x"', 400),
    (b"null", 400),
    (b"NaN", 400),
    (b'{"name": NaN}', 400),
    (b'{"name": Infinity}', 400),
    (b'{"name": 1e999}', 400),
    (b'{"name": ' + b"9" * 5000 + b"}", 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 100_000, 400),
    (b"", 422),
    (b"{}", 422),
    (b'{"name": 1}', 422),
    (b'{"name": null}', 422),
    (b'{"name": ["x"]}', 422),
    (b'{"name": "x\\u0000"}', 422),
    (b'{"name": "\\ud800"}', 422),
    (b'{"\\ud800": 1}', 422),
    (b'{"name": "x", "address": {"city": "\\u0000"}}', 422),
    (b'{"name": "x", "address": {"planet": "Mars"}}', 422),
    (b'{"name": "x", "mails": ["not a mail"]}', 422),
    (b'{"name": "x", "mails": "a@b.example"}', 422),
    (b'{"name": "' + b"x" * 201 + b'"}', 422),
    (b'{"name": "x", "owner": "root"}', 422),
    (b'{"name": "x", "version": 9}', 422),
    (b'{"name": "x", "company": "zzz"}', 404),
    (b'{"name": "x", "company": ""}', 404),
    (b'{"name": "x", "self": 1, "by": 1, "__class__": 1}', 422),
    (b" " * (2 * 1024 * 1024 + 1), 413),
]


def test_bodies(sam: Api) -> None:
    before = Person.objects.count(), Event.objects.count()
    for body, status in BODIES:
        answer = sam.send("POST", "/people", body)
        problem, kind = answer.json(), answer["Content-Type"]
        assert (answer.status_code, problem["status"], kind) == (status, status, "application/problem+json"), body[:80]
        assert {"type", "title", "detail", "code"} <= set(problem) and problem["detail"]
    assert (Person.objects.count(), Event.objects.count()) == before


def test_a_name_twice_counts_once(sam: Api) -> None:
    answer = sam.send("POST", "/people", '{"name": "First", "name": "Second"}')
    assert (answer.status_code, answer.json()["result"]["name"]) == (201, "Second")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "{}"]
)
def test_content_that_is_not_json(kind: str, sam: Api) -> None:
    assert sam.send("POST", "/people", "name=x", kind).status_code == 415


METHODS: list[tuple[str, str, str]] = [
    ("DELETE", "/people", "GET, POST"),
    ("POST", "/activities", "GET"),
    ("PATCH", "/targets/{target}", "GET"),
    ("DELETE", "/people/{person}", "GET, PATCH"),
    ("GET", "/people/{person}/assign", "POST"),
    ("POST", "/people/{person}/timeline", "GET"),
    ("GET", "/verbs/undo", "POST"),
    ("OPTIONS", "/people", "GET, POST"),
]


def test_methods_that_do_not_fit(sam: Api, world: World) -> None:
    for method, path, allowed in METHODS:
        place = path.format(person=world.priya.public_id, target=Target.objects.all()[0].public_id)
        answer = sam.send(method, place, "")
        assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, allowed, "method_not_allowed"), (
            path
        )


def test_only_json_comes_back(sam: Api) -> None:
    assert sam.send("GET", "/people", "", Accept="text/html").status_code == 406
    for accepted in ("*/*", "application/*", "application/json;q=0.5, text/html"):
        assert sam.send("GET", "/people", "", Accept=accepted).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/people/zzz",
        "/people/zzz/assign",
        "/verbs/nothing",
        "/a/b/c/d/e",
        "/people/",
        "/people/%00",
        "/%FF",
    ],
)
def test_addresses_that_lead_nowhere(path: str, sam: Api) -> None:
    answer = sam.send("POST" if path.startswith("/verbs") or path.endswith("assign") else "GET", path, "")
    assert answer.status_code in {400, 404} and answer["Content-Type"] == "application/problem+json"


OPPORTUNITIES: list[dict[str, Any]] = [
    {"amount": "1e400"},
    {"amount": "NaN"},
    {"amount": -1},
    {"amount": "9" * 30},
    {"amount": True},
    {"currency": "€€€€"},
    {"currency": "XXX\x00"},
    {"likelihood": 10**30},
    {"likelihood": -1},
    {"likelihood": 50.5},
    {"close_on": "2026-02-30"},
    {"close_on": "0000-01-01"},
    {"close_on": 10**20},
    {"recurs": "weekly"},
    {"stage": "zzz"},
    {"about": {"x": 1}},
]


def test_facts_of_an_opportunity(sam: Api) -> None:
    for facts in OPPORTUNITIES:
        answer = sam.send("POST", "/opportunities", json.dumps({"title": "x"} | facts))
        assert answer.status_code in {404, 422}, (facts, answer.content)


CALLS: list[dict[str, Any]] = [
    {"happened_at": "9999-12-31T23:59:59-14:00"},
    {"happened_at": "0001-01-01T00:00:00+14:00"},
    {"happened_at": "2026-01-01T00:00:00"},
    {"minutes": 10**12},
    {"minutes": -5},
    {"next_on": "9999-12-31", "next_time": "23:59"},
    {"next_on": "0001-01-01"},
    {"next_on": "2030-01-07", "next_time": "10:30+02:00"},
    {"text": "x" * 1_000_000},
    {"text": "\u202e‮ zażółć 👩‍💻"},
]


def test_facts_of_a_call(sam: Api, world: World) -> None:
    """Dates at the edge of what can be written down, huge numbers, every script."""
    for facts in CALLS:
        answer = sam.send("POST", f"/people/{world.priya.public_id}/log-call", json.dumps(facts))
        assert answer.status_code in {200, 422}, (facts, answer.content)
    assert sam.get(f"/people/{world.priya.public_id}/timeline")["items"]


def test_money_keeps_every_digit(sam: Api) -> None:
    """An amount is exact as text and as a number; nothing is rounded on the way."""
    for amount in ("999999999999999", "123456789012345", "0.10", "1234567.89"):
        for body in (f'{{"title": "x", "amount": "{amount}"}}', f'{{"title": "x", "amount": {amount}}}'):
            made = sam.send("POST", "/opportunities", body).json()["result"]
            assert made["amount"] in {amount, f"{amount}.00"}
            assert sam.get(f"/opportunities/{made['id']}")["amount"] == made["amount"]


def test_the_record_stands_in_the_address_alone(sam: Api, world: World) -> None:
    refused = sam.patch(f"/people/{world.priya.public_id}", {"person": world.callum.public_id, "name": "x"}, 422)
    assert list(refused["errors"]) == ["person"]


@pytest.mark.parametrize("unseen", [" ", "\t\r\n", "\u200b\u202e", "\u2003"])
def test_nothing_is_named_by_what_nobody_sees(world: World, unseen: str) -> None:
    sam, sale = Api(world.sam), world.managed_it
    for path, name in (("/people", "name"), ("/companies", "name"), ("/opportunities", "title")):
        assert sam.post(path, {name: unseen}, status=422)["errors"] == {name: ["Fill this in."]}
    sam.post(f"/opportunities/{sale.public_id}/add-task", {"title": unseen}, status=422)
    sam.patch(f"/opportunities/{sale.public_id}", {"title": unseen}, status=422)
    assert sam.post("/leads", {"name": unseen, "phone": "020 7946 0999"}, status=201)["result"]["name"] == ""


def test_tasks_lie_within_what_every_clock_can_show(world: World) -> None:
    sam, base = Api(world.sam), f"/opportunities/{world.managed_it.public_id}"
    for day in ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"):
        refused = sam.post(f"{base}/add-task", {"title": "Far away", "due_on": day, "repeats": "daily"}, status=422)
        assert refused["errors"] == {"due_on": ["Choose a day between the years 1900 and 2199."]}
    task = sam.post(f"{base}/add-task", {"title": "Far", "due_on": "2199-12-31", "repeats": "daily"})["result"]["id"]
    assert sam.post(f"/tasks/{task}/complete")["result"]["state"] == "done"
