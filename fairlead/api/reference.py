"""The OpenAPI document, and the same as a page to read. Both say what there is, not what is in it: no token needed.

What one organisation has of its own, its custom fields, is told to its tokens alone.
"""

import json
import shlex
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string

from fairlead.api.door import answer, operation
from fairlead.api.openapi import BASE, document
from fairlead.api.own_fields import document_for
from fairlead.api.problems import TITLES
from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.core.record import nouns

Part = dict[str, Any]
METHODS = ("get", "post", "patch")


def openapi(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json; with a token, the custom fields that its user may read are described as well."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET"])
    return own_document(request) if "Authorization" in request.headers else answer(document())


@operation("GET")
def own_document(request: HttpRequest, by: Actor) -> HttpResponse:
    return answer(document_for(by))


def reference(request: HttpRequest) -> HttpResponse:
    """The page; `q` keeps the operations that have all its words."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET"])
    words = request.GET.get("q", "")[:100]
    context = {"q": words, "groups": groups(words), "codes": codes(), "base": settings.BASE_URL + BASE}
    return HttpResponse(render_to_string("api/reference.html", context, request), headers={"Cache-Control": "no-store"})


def first(request: HttpRequest) -> HttpResponse:
    """/api and /api/v1 lead to the page."""
    return HttpResponseRedirect(f"{BASE}/") if request.method in {"GET", "HEAD"} else HttpResponseNotAllowed(["GET"])


for view in (openapi, reference, first):
    view.may, view.methods = "anyone", ("GET",)  # type: ignore[attr-defined]


def codes() -> list[tuple[str, int, str]]:
    """Every refusal as (code, status, what it means)."""
    found, left = {}, [Refused]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        found[kind.code] = (kind.code, kind.status, TITLES.get(kind.status, ""))
    return sorted(found.values(), key=lambda each: (each[1], each[0]))


def groups(words: str) -> list[Part]:
    """The operations by tag, with what the page shows of each."""
    found: dict[str, list[Part]] = {tag["name"]: [] for tag in document()["tags"]}
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item and _has(words, path, item[method]):
                found[item[method]["tags"][0]].append(_shown(path, method, item[method]))
    fields = {model.plural(): model.__name__ for model in nouns().values()}
    return [
        {"name": tag, "fields": _fields(fields.get(tag, "")), "operations": operations}
        for tag, operations in found.items()
        if operations
    ]


def _has(words: str, path: str, operation: Part) -> bool:
    text = f"{path} {operation['operationId']} {operation['summary']}".casefold()
    return all(word in text for word in words.casefold().split())


def _shown(path: str, method: str, operation: Part) -> Part:
    content = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(content), "")
    body: Part = content.get(kind, {})
    schema: Part = body.get("schema", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "arguments": [_argument(name, each, schema) for name, each in schema.get("properties", {}).items()],
        "filters": [each["name"] for each in operation["parameters"] if "$ref" not in each and each["name"] != "sort"],
        "sorts": next((e["schema"]["enum"] for e in operation["parameters"] if e.get("name") == "sort"), []),
        "curl": _curl(path, method, kind, body.get("example"), schema),
    }


def _argument(name: str, schema: Part, whole: Part) -> Part:
    words = schema.get("description") or next((k["description"] for k in _kinds(schema) if "description" in k), "")
    return {"name": name, "type": _type(schema), "needed": name in whole.get("required", []), "words": words}


def _type(schema: Part) -> str:
    return " or ".join(dict.fromkeys(_one_type(kind) for kind in _kinds(schema)))


def _one_type(kind: Part) -> str:
    if "enum" in kind:
        return " | ".join(str(value) for value in kind["enum"])
    if "$ref" in kind:
        return str(kind["$ref"]).rpartition("/")[2]
    if kind.get("type") == "array":
        return f"list of {_type(kind.get('items', {}))}"
    types = kind.get("type", "any")
    return str(kind.get("format") or (types if isinstance(types, str) else " or ".join(types)))


def _kinds(schema: Part) -> list[Part]:
    return list(schema.get("anyOf") or [schema])


def _fields(name: str) -> list[Part]:
    schema = document()["components"]["schemas"].get(name, {})
    return [{"name": field, "type": _type(each)} for field, each in schema.get("properties", {}).items()]


def _curl(path: str, method: str, kind: str, example: Any, schema: Part) -> str:
    url = settings.BASE_URL + path.replace("{id}", "k3f9mwqtzb")
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}", f'  -H "Authorization: Bearer $TOKEN" {url}']
    if kind == "multipart/form-data":
        lines += [f"  -F {shlex.quote(_part(name, each))}" for name, each in schema["properties"].items()]
    elif method != "get":
        lines.append(f"  --json {shlex.quote(json.dumps(example, ensure_ascii=False))}")
    return " \\\n".join(lines)


def _part(name: str, schema: Part) -> str:
    return f"{name}=@quote.pdf" if schema.get("format") == "binary" else f"{name}=…"
