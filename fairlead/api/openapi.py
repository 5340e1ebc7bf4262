"""The OpenAPI 3.1 document, made from the nouns and the registry of verbs."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from fairlead.api import shapes
from fairlead.api.problems import MEDIA_TYPE, TITLES
from fairlead.api.routes import actions, creator, editor, others
from fairlead.core.record import Record, nouns, rows
from fairlead.core.schema import json_schema, takes_file
from fairlead.core.upload import LIMIT, LIMITS
from fairlead.core.verb import ALWAYS, REGISTRY, Verb
from fairlead.exchange.export import MEDIA_TYPES
from fairlead.exchange.imports.carrying import OUTCOMES
from fairlead.models.owned import Owned
from fairlead.programs.audit import DOORS, SETTINGS
from fairlead.programs.filters import every_filter, every_sort, searchable
from fairlead.programs.listing import MOST, USUAL

Part = dict[str, Any]
BASE = "/api/v1"
ABOUT = """Everything that people do in Fairlead is a verb, and so is everything that programs do: one act, one
transaction, in the history of each record that it touches, and undoable. Records are read as resources and changed
by verbs. Every verb of the process is here."""
ORDINARY = (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 503)
READING = (400, 401, 403, 404, 406, 429, 503)


def document() -> Part:
    """The whole document; made anew when a verb is added."""
    return _document(tuple(REGISTRY))


@lru_cache(maxsize=1)
def _document(_verbs: tuple[str, ...]) -> Part:
    models = sorted(nouns().values(), key=lambda model: model.plural())
    paths: dict[str, Part] = {}
    for model in models:
        paths |= _of_noun(model)
    for spec in others():
        paths[f"{BASE}/verbs/{spec.name.replace('_', '-')}"] = {"post": _post(spec, "verbs", whole=True)}
    for word, get in (("rejected", _rejected()), ("rows", _tried_rows())):
        paths[f"{BASE}/imports/{{id}}/{word}"] = {"parameters": [_ref("parameters", "id")], "get": get}
    paths[f"{BASE}/runs/{{id}}/file"] = {"parameters": [_ref("parameters", "id")], "get": _file()}
    paths[f"{BASE}/events"] = {"get": _events()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fairlead", "version": settings.VERSION, "description": " ".join(ABOUT.split())},
        "servers": [{"url": settings.BASE_URL}],
        "security": [{"token": []}],
        "tags": [{"name": model.plural()} for model in models] + [{"name": "verbs"}, {"name": "events"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token: fl_…"}},
            "schemas": SHARED | {m.__name__: shapes.of_record(m) for m in models} | shapes.of_arguments(),
            "parameters": PARAMETERS,
            "responses": {str(status): _problem(status) for status in ORDINARY},
        },
    }


# --- operations --------------------------------------------------------------------------------------------------


def _of_noun(model: type[Record]) -> dict[str, Part]:
    noun, plural = model.noun(), model.plural()
    one = f"{BASE}/{plural}/{{id}}"
    collection: Part = {"get": _list(model)}
    record: Part = {"parameters": [_ref("parameters", "id")], "get": _get(model)}
    if made := creator(noun):
        collection["post"] = _post(made, plural, whole=True, created=model)
    if edited := editor(noun):
        record["patch"] = _post(edited, plural) | {"parameters": [_ref("parameters", n) for n in ("key", "if_match")]}
    paths = {f"{BASE}/{plural}": collection, one: record, f"{one}/timeline": _timeline(model)}
    for word, spec in actions(noun):
        paths[f"{one}/{word}"] = {"parameters": [_ref("parameters", "id")], "post": _post(spec, plural, noun=noun)}
    return paths


def _list(model: type[Record]) -> Part:
    names = [_ref("parameters", name) for name in ("limit", "cursor", "fields", "archived")]
    if searchable(model):
        names.append(_ref("parameters", "q"))
    if issubclass(model, Owned):
        names.append(_ref("parameters", "as_of"))
    page: Part = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": _ref("schemas", model.__name__)},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page; null at the end"},
            **({"as_of": {"type": "string", "format": "date-time"}} if issubclass(model, Owned) else {}),
        },
    }
    return {
        "operationId": f"list_{model.plural()}",
        "tags": [model.plural()],
        "summary": f"List {model.plural()}",
        "description": f"Newest first, unless sorted. Pages of {USUAL}, at most {MOST}.",
        "parameters": [*names, _sort(model), *(_filter(name, each) for name, each in every_filter(model).items())],
        "responses": _answers(page, "A page", READING),
    }


def _sort(model: type[Record]) -> Part:
    known = every_sort(model)
    quick = [name for name, each in known.items() if each.quick]
    return {
        "name": "sort",
        "in": "query",
        "description": "A field; with - in front the other way round. Records without a value come last. "
        + f"Quick at any size: {', '.join(quick)}.",
        "schema": {"type": "string", "enum": [sign + name for name in known for sign in ("", "-")]},
        "x-indexed": quick,
    }


def _filter(name: str, each: Any) -> Part:
    schema: Part = {"type": "string"}
    if each.lookup == "isnull":
        schema = {"type": "boolean"}
    elif each.field.choices:
        schema["enum"] = [value for value, _label in each.field.flatchoices]
    elif each.known.kind == "money":
        schema["description"] = "An amount with its currency, such as 5000 EUR; without one, that of the organisation"
    elif each.kind is not None:
        schema = {name: value for name, value in shapes.of_field(each.field).items() if name != "description"}
        schema["type"] = next(iter(schema["type"])) if isinstance(schema["type"], list) else schema["type"]
    if each.lookup == "in":
        schema = {"type": "array", "items": schema, "maxItems": 100}
    return {"name": name, "in": "query", "schema": schema, "style": "form", "explode": True}


def _get(model: type[Record]) -> Part:
    return {
        "operationId": f"get_{model.noun()}",
        "tags": [model.plural()],
        "summary": f"One of the {model.plural()}",
        "description": "A record that was merged into another answers as that one.",
        "parameters": [_ref("parameters", "fields"), _ref("parameters", "as_of")],
        "responses": _answers(_ref("schemas", model.__name__), "The record", READING),
    }


def _timeline(model: type[Record]) -> Part:
    page = {"type": "object", "properties": {"items": {"type": "array", "items": _ref("schemas", "Happening")}}}
    operation = {
        "operationId": f"timeline_of_{model.noun()}",
        "tags": [model.plural()],
        "summary": "Its timeline",
        "description": "What happened, newest first: each step as a sentence, with the values before and after.",
        "parameters": [_ref("parameters", name) for name in ("limit", "cursor")],
        "responses": _answers(page, "A page of the timeline", READING),
    }
    return {"parameters": [_ref("parameters", "id")], "get": operation}


def _file() -> Part:
    content = {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()}
    return {
        "operationId": "file_of_run",
        "tags": ["runs"],
        "summary": "The file that it wrote",
        "description": "For who asked for the export, while it is kept (`expires_at`) and their role shows all of it.",
        "parameters": [],
        "responses": {"200": {"description": "The file", "content": content}}
        | {str(status): _ref("responses", str(status)) for status in READING},
    }


def _rejected() -> Part:
    return {
        "operationId": "rejected_of_import",
        "tags": ["imports"],
        "summary": "The rows that were rejected",
        "description": "As they stood in the file, with the reason as the last column.",
        "parameters": [],
        "responses": {"200": {"description": "The rows", "content": {"text/csv": {"schema": {"type": "string"}}}}}
        | {str(status): _ref("responses", str(status)) for status in READING},
    }


def _tried_rows() -> Part:
    texts = {"type": "array", "items": {"type": "string"}}
    row = {"row": {"type": "integer"}, "line": {"type": "integer"}, "name": {"type": "string"}, "reasons": texts}
    page: Part = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"type": "object", "properties": row}},
            "next": {"type": ["integer", "null"], "description": "Where the next page starts; null at the end"},
        },
    }
    narrowing = [
        _parameter("outcome", "query", "Which rows; rejected, unless said", enum=list(OUTCOMES)),
        _parameter("start", "query", "The first row of this page, from 0", type="integer"),
        _parameter("limit", "query", "How many, up to 1,000", type="integer"),
    ]
    return {
        "operationId": "rows_of_import",
        "tags": ["imports"],
        "summary": "The rows of its dry run",
        "description": "What would become of each and why, up to 10,000 of each outcome; after try_import has ended.",
        "parameters": narrowing,
        "responses": _answers(page, "A page of rows", READING),
    }


def _events() -> Part:
    nouns_known = [*sorted(rows()), SETTINGS]
    narrowing = [
        _parameter("person", "query", "Public id of the user who did it; `me` for oneself", type="string"),
        _parameter("verb", "query", "What was done", enum=sorted(REGISTRY)),
        _parameter("noun", "query", "On what; `settings` for all that the organisation decides", enum=nouns_known),
        _parameter("door", "query", "Through which door", enum=list(DOORS)),
        _parameter("since", "query", "A moment, or a day in UTC: 2026-11-01", type="string"),
        _parameter("until", "query", "A moment, or a day in UTC, which is included", type="string"),
        _parameter("record", "query", "On one record, as noun:public id", type="string"),
    ]
    page: Part = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": _ref("schemas", "Happening")},
            "next": {"type": ["string", "null"], "description": "The cursor of older ones; null at the end"},
        },
    }
    return {
        "operationId": "list_events",
        "tags": ["events"],
        "summary": "The audit",
        "description": "Who did what, when and through which door, with the values before and after; newest first. "
        "Administrators read everything, others with the right to export what they may see.",
        "parameters": [*(_ref("parameters", name) for name in ("limit", "cursor")), *narrowing],
        "responses": _answers(page, "A page of the audit", READING),
    }


def _post(spec: Verb, tag: str, *, whole: bool = False, created: type[Record] | None = None, noun: str = "") -> Part:
    schema = json_schema(spec.name, ref_template=shapes.REF + "{model}") if whole else shapes.without_subject(spec)
    schema.pop("$defs", None)
    summary, _blank, more = spec.doc.partition("\n\n")
    content: Part = {"application/json": {"schema": schema, "example": shapes.example(schema)}}
    if takes_file(spec.name):
        content = {"multipart/form-data": {"schema": schema}}
        more = f"{more}\n\nSent as a form; a file has at most {LIMITS.get(spec.name, LIMIT) // 2**20} MB.".strip()
    return {
        "operationId": f"{spec.name}_of_{noun}" if noun else spec.name,
        "tags": [tag],
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(part for part in (more, _rules(spec)) if part),
        "parameters": [_ref("parameters", "key")],
        "requestBody": {"required": bool(schema.get("required")), "content": content},
        "responses": ({"201": _answer(_ref("schemas", "Done"), "Added")} if created else {})
        | _answers(_ref("schemas", "Done"), "Done; `changed` is false when nothing had to change", ORDINARY),
        "x-verb": spec.name,
    }


def _rules(spec: Verb) -> str:
    needs = {"member": "any user's token with the scope write", "anyone": "no right"}
    within = "30 days" if spec.undo_within and spec.undo_within != ALWAYS else "always"
    undo = "Cannot be undone." if spec.undo_within is None else f"Undoable: {within}."
    return f"Needs: {needs.get(spec.may, spec.may)}. {undo}"


# --- what they share ---------------------------------------------------------------------------------------------


def _answers(schema: Part, words: str, problems: tuple[int, ...]) -> Part:
    return {"200": _answer(schema, words)} | {str(status): _ref("responses", str(status)) for status in problems}


def _answer(schema: Part, words: str) -> Part:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problem(status: int) -> Part:
    return {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": _ref("schemas", "Problem")}}}


def _ref(kind: str, name: str) -> Part:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameter(name: str, place: str, words: str, **schema: Any) -> Part:
    return {"name": name, "in": place, "description": words, "required": place == "path", "schema": schema}


PARAMETERS: Part = {
    "id": _parameter("id", "path", "The record's public id", type="string"),
    "limit": _parameter("limit", "query", "How many", type="integer", minimum=1, maximum=MOST, default=USUAL),
    "cursor": _parameter("cursor", "query", "`next` of the page before", type="string"),
    "fields": _parameter("fields", "query", "Only these fields, separated by commas", type="string"),
    "as_of": _parameter(
        "as_of",
        "query",
        "The record, or the list, as it was at a moment, or the end of a day in UTC. Columns and ways to be reached; "
        "what follows from other records, such as the next step, has no history and is null.",
        type="string",
    ),
    "archived": _parameter("archived", "query", "Archived records too", enum=["no", "only", "all"], default="no"),
    "q": _parameter("q", "query", "Words, or parts of words, of name, mail, phone", type="string"),
    "key": _parameter(
        "Idempotency-Key",
        "header",
        "Any text of your own. The same call with the same key is answered again and done once.",
        type="string",
        pattern="^[!-~]{1,200}$",
    ),
    "if_match": _parameter(
        "If-Match",
        "header",
        "The ETag of the record you read. A field that somebody else changed since is then a conflict.",
        type="string",
    ),
}
SHARED: Part = {
    "Link": {
        "type": "object",
        "description": "Another record; without id and label when you may not see it",
        "required": ["noun", "id", "label"],
        "properties": {
            "noun": {"type": "string"},
            "id": {"type": ["string", "null"]},
            "label": {"type": ["string", "null"]},
        },
    },
    "Done": {
        "type": "object",
        "required": ["verb", "act", "changed", "result"],
        "properties": {
            "verb": {"type": "string"},
            "act": {"type": ["string", "null"], "format": "uuid", "description": "What undo takes back"},
            "changed": {"type": "boolean"},
            "result": {"description": "What the verb gives back, usually the record"},
        },
    },
    "Happening": {
        "type": "object",
        "properties": {
            "happened_at": {"type": "string", "format": "date-time"},
            "at": {"type": "string", "format": "date-time", "description": "When it was done"},
            "act": {"type": "string", "format": "uuid"},
            "verb": {"type": "string"},
            "by": {"type": "object"},
            "door": {"type": "string"},
            "sentence": {"type": "string"},
            "undoable": {"type": "boolean"},
            "undoes": {"type": ["string", "null"], "format": "uuid"},
            "changes": {"type": "array", "items": {"type": "object"}},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened, what is safe, what to do"},
            "code": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "fields": {"type": "object", "description": "Of a conflict: yours and theirs by field"},
            "known": {"type": "array", "items": {"type": "string"}, "description": "The names that exist"},
        },
    },
}
