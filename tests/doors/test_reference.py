"""The document and the page that is made from it."""

from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from fairlead.api.openapi import document
from fairlead.api.reference import groups
from fairlead.demo.world import World
from tests.doors.api import BASE, Api


def refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        return {value for name, value in part.items() if name == "$ref"} | set().union(*map(refs, part.values()), set())
    return set().union(*map(refs, part), set()) if isinstance(part, list) else set()


def test_the_document_holds_together(db: None) -> None:
    """Every reference leads somewhere, every operation has a name of its own, words, answers and problems."""
    whole = Client().get(f"{BASE}/openapi.json").json()
    assert whole["openapi"] == "3.1.0" and whole["security"] == [{"token": []}]
    for ref in refs(whole):
        kind, name = ref.removeprefix("#/components/").split("/")
        assert name in whole["components"][kind]
    operations = [item[m] for item in whole["paths"].values() for m in ("get", "post", "patch") if m in item]
    assert len({each["operationId"] for each in operations}) == len(operations) > 100
    for each in operations:
        assert each["summary"] and {"200", "401", "403"} <= set(each["responses"])
    for schema in whole["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid(schema)


@pytest.mark.parametrize(
    "plural", ["people", "companies", "leads", "opportunities", "tasks", "users", "tokens", "stages"]
)
def test_answers_are_as_documented(plural: str, iris: Api, world: World) -> None:
    schema = document()["paths"][f"{BASE}/{plural}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    page = iris.get(f"/{plural}", limit=200)
    jsonschema_rs.validate({"components": document()["components"], **schema}, page)
    assert page["items"]


def test_examples_are_taken(iris: Api, world: World) -> None:
    """What the page shows as an example is what the schema takes."""
    for group in groups(""):
        for operation in group["operations"]:
            assert operation["curl"].startswith("curl") and operation["path"].startswith(BASE)
    schemas, examples = {}, {}
    for path, item in document()["paths"].items():
        for method in ("post", "patch"):
            content = item.get(method, {}).get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                schemas[f"{method} {path}"], examples[f"{method} {path}"] = content["schema"], content["example"]
    whole = {"components": document()["components"], "properties": schemas}  # compiled once
    assert len(examples) > 100 and [str(fault) for fault in jsonschema_rs.iter_errors(whole, examples)] == []


def test_the_page(db: None) -> None:
    """Read without a token and without scripts; it can be searched; it names every refusal."""
    client = Client()
    answer = client.get(f"{BASE}/")
    page = answer.content.decode()
    assert answer.status_code == 200 and "create_person" in page and 'id="not_undoable"' in page
    assert len(page) < 1_500_000
    found = client.get(f"{BASE}/", {"q": "leads assign"}).content.decode()
    assert "/leads/{id}/assign" in found and "/people/{id}/assign" not in found
    assert "No operation has these words" in client.get(f"{BASE}/", {"q": "<script>"}).content.decode()
    assert "<script>alert" not in client.get(f"{BASE}/", {"q": "<script>alert"}).content.decode()
    assert client.get("/api/v1")["Location"] == f"{BASE}/" == client.get("/api/")["Location"]
    assert client.post(f"{BASE}/openapi.json").status_code == 405
