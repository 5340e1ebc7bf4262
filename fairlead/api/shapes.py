"""JSON Schemas of what goes in and out: records by their fields, verbs by their arguments, and examples of both."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from pydantic.json_schema import models_json_schema

from fairlead.core.record import Record
from fairlead.core.resource import columns
from fairlead.core.schema import arguments, json_schema, subject_name
from fairlead.core.verb import REGISTRY, Verb
from fairlead.programs.text import kinds_of

Schema = dict[str, Any]
REF = "#/components/schemas/"
TYPES: tuple[tuple[type, Schema], ...] = (
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.TimeField, {"type": "string", "format": "time"}),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
    (models.JSONField, {}),
)
ID = "k3f9mwqtzb"
SAMPLES: Mapping[str, Any] = {
    "act": "0d4c7f0e-6c1e-4a0b-9a51-6a2f4f1f1c55",
    "address": "priya@peverell.example",
    "arrivals": [{"body": "eyJlbWFpbCI6ICJhbm5AbmV3LmV4YW1wbGUifQ==", "content_type": "application/json"}],
    "amount": "18000.00",
    "choices": [{"name": "Gold"}],
    "country": "GB",
    "currency": "GBP",
    "email": "priya@peverell.example",
    "mails": ["priya@peverell.example"],
    "name": "Priya Raman",
    "phone": "020 7946 0182",
    "phones": ["020 7946 0182"],
    "rows": [{"name": "Priya Raman"}],
    "rule": {"name": "Germany", "to": {"kind": "adder"}},
    "rules": [{"key": "rest", "name": "Everybody else", "to": {"kind": "adder"}}],
    "reason": "Asked for it",
    "tag": "renewal",
    "text": "Wants a quote for 45 seats",
    "title": "Managed IT, 45 seats",
    "version": 3,
    "website": "peverell.example",
    "zone": "Europe/London",
}
BY_FORMAT = {"date": "2026-12-04", "date-time": "2026-12-04T10:30:00Z", "time": "10:30:00", "uuid": SAMPLES["act"]}


def of_record(model: type[Record]) -> Schema:
    """A noun as GET answers it."""
    fields = {field.name: of_field(field) for field in columns(model)}
    base: Schema = {"noun": {"const": model.noun()}, "id": {"type": "string"}, "label": {"type": "string"}}
    return {"type": "object", "required": ["noun", "id"], "properties": base | fields}


def of_arguments() -> Schema:
    """The input of every verb as components, by name, with the parts they share."""
    _map, found = models_json_schema(
        [(arguments(name), "validation") for name in REGISTRY], ref_template=REF + "{model}"
    )
    return dict(found.get("$defs", {}))


def without_subject(spec: Verb) -> Schema:
    """The verb's input where its record stands in the address."""
    whole, name = json_schema(spec.name, ref_template=REF + "{model}"), subject_name(spec)
    kept = {each: schema for each, schema in whole.get("properties", {}).items() if each != name}
    needed = [each for each in whole.get("required", []) if each != name]
    return {"type": "object", "properties": kept, "additionalProperties": False} | (
        {"required": needed} if needed else {}
    )


def example(schema: Schema) -> Schema:
    """A plausible body: what is needed, or the first two that may be given."""
    properties = schema.get("properties", {})
    names = schema.get("required") or [name for name in properties if name != "version"][:2]
    return {name: _sample(name, properties[name]) for name in names}


def _sample(name: str, schema: Schema) -> Any:
    kind = next((each for each in kinds_of(schema) if each.get("type") != "null"), schema)
    if "noun" in kind:
        return ID
    if "enum" in kind or "const" in kind:
        return kind.get("const") or kind["enum"][0]
    if kind.get("format") in BY_FORMAT:
        return BY_FORMAT[kind["format"]]
    if "examples" in kind:
        return str(kind["examples"][0]).replace("…", ID)
    if kind.get("type") == "array":
        return SAMPLES.get(name) or [_sample(name, kind.get("items", {}))]
    if kind.get("type") in {"integer", "number"}:
        return kind.get("minimum", SAMPLES.get(name, 1))
    if kind.get("type") == "boolean":
        return True
    whole = "$ref" in kind or kind.get("type") == "object"
    return SAMPLES.get(name, {} if whole else name.replace("_", " "))


def of_field(field: "models.Field[Any, Any]") -> Schema:
    if field.is_relation:
        return {"anyOf": [{"$ref": f"{REF}Link"}, {"type": "null"}]} if field.null else {"$ref": f"{REF}Link"}
    found: Schema = next((dict(schema) for kind, schema in TYPES if isinstance(field, kind)), {"type": "string"})
    if field.choices:
        found["enum"] = [value for value, _label in field.flatchoices] + ([""] if field.blank else [])
    if field.null and "type" in found:
        found["type"] = [found["type"], "null"]
    return found | ({"description": str(field.help_text)} if field.help_text else {})
