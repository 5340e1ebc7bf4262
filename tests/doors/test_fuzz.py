"""The API under inputs made from its own document: whatever comes, the answer is one that the document knows."""

import random
from collections import Counter
from typing import Any

import pytest
import schemathesis
from django.conf import LazySettings
from hypothesis import HealthCheck, Phase, given, settings
from requests import Request

from fairlead.api.openapi import document
from fairlead.core.record import nouns
from fairlead.demo.world import World
from tests.doors.api import Api

EXAMPLES = 6  # for each operation


@pytest.mark.fuzz
def test_no_fault_and_no_undocumented_answer(iris: Api, world: World, settings: LazySettings) -> None:
    """Half of the calls on a record meet a real one."""
    settings.API_RATE = 100_000
    schema = schemathesis.openapi.from_dict(document())
    seen: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        known = [str(status) for status in operation.definition.raw["responses"]]
        _calls(operation, _ids(operation.path, iris, world), iris, known, seen)
    assert {200, 201, 400, 404, 422} <= set(seen) and max(seen) < 500
    assert iris.get("/people")["items"]


def _calls(operation: Any, ids: list[str], iris: Api, known: list[str], seen: Counter[int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        if ids and random.random() < 0.5:
            case.path_parameters["id"] = random.choice(ids)
        sent = Request(**case.as_transport_kwargs(base_url="http://testserver", headers=iris.headers)).prepare()
        kind = sent.headers.pop("Content-Type", "application/octet-stream")
        answer = iris.client.generic(sent.method, sent.path_url, sent.body or b"", kind, headers=dict(sent.headers))
        seen[answer.status_code] += 1
        assert str(answer.status_code) in known, (sent.method, sent.url, sent.body, answer.content[:500])

    call()


def _ids(path: str, iris: Api, world: World) -> list[str]:
    """Real records of the path's noun, but not those that the calls themselves stand on."""
    model = next((model for model in nouns().values() if f"/{model.plural()}/{{id}}" in path), None)
    if model is None:
        return []
    kept = {world.admin.public_id, iris.token.public_id, world.admin.role.public_id}
    return [each for each in model._base_manager.values_list("public_id", flat=True)[:20] if each not in kept]
