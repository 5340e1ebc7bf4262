"""The same call with the same key: answered again, done once, also when both come at the same moment."""

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from fairlead.core.schema import IdempotencyKey
from fairlead.demo.world import World
from fairlead.models import Person
from tests.doors.api import Api


def test_same_key_same_answer(sam: Api) -> None:
    first = sam.send("POST", "/people", '{"name": "Once"}', Idempotency_Key="k1")
    again = sam.send("POST", "/people", '{ "name": "Once" }', Idempotency_Key="k1")
    assert first.json() == again.json() and Person.objects.filter(name="Once").count() == 1
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert again["Location"] == first["Location"]


def test_same_key_other_call(sam: Api, world: World) -> None:
    """Refused for another body and for another verb; the same key of another user is their own."""
    sam.post("/people", {"name": "Once"}, 201, Idempotency_Key="k1")
    assert sam.post("/people", {"name": "Twice"}, 422, Idempotency_Key="k1")["code"] == "key_reused"
    assert sam.post("/companies", {"name": "Once"}, 422, Idempotency_Key="k1")["code"] == "key_reused"
    assert Api(world.noah).post("/people", {"name": "Twice"}, 201, Idempotency_Key="k1")["changed"]


def test_a_refusal_is_not_kept(sam: Api) -> None:
    assert sam.post("/people", {}, 422, Idempotency_Key="k1")["code"] == "invalid"
    assert sam.post("/people", {"name": "Now"}, 201, Idempotency_Key="k1")["changed"]


def test_secrets_are_not_kept(sam: Api) -> None:
    """A new token's secret is answered once; the kept answer, and the replayed one, are without it."""
    first = sam.post("/tokens", {"name": "once"}, 201, Idempotency_Key="k1")["result"]
    assert first["secret"].startswith("fl_")
    assert first["secret"] not in json.dumps(list(IdempotencyKey.objects.values_list("answer", flat=True)))
    again = sam.post("/tokens", {"name": "once"}, 201, Idempotency_Key="k1")["result"]
    assert again == first | {"secret": None}


@pytest.mark.parametrize("key", ["x" * 201, "two words", "naïve"])
def test_a_key_that_is_none(key: str, sam: Api) -> None:
    assert sam.post("/people", {"name": "x"}, 400, Idempotency_Key=key)["code"] == "bad_request"


@pytest.mark.django_db(transaction=True)
def test_racing_calls_take_effect_once(world: World) -> None:
    """Four callers with one key at one moment: one person, four equal answers."""
    sam = Api(world.sam)
    answers: list[Any] = []
    gate = Barrier(4)

    def call() -> None:
        gate.wait(20)
        answers.append(sam.send("POST", "/people", '{"name": "Racer"}', Idempotency_Key="race"))
        connection.close()

    threads = [Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert [answer.json() for answer in answers[1:]] == [answers[0].json()] * 3
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 3
    assert Person.objects.filter(name="Racer").count() == 1
