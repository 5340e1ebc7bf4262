"""The document as a token's user may read it: with the custom fields of this organisation, wherever they stand."""

from typing import Any

from fairlead.api import shapes
from fairlead.api.openapi import BASE, document
from fairlead.api.routes import creator, editor
from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.models.custom import CustomField, seen_fields
from fairlead.programs.custom import CustomFilter, custom_filters

Part = dict[str, Any]
BODY = ("requestBody", "content", "application/json", "schema", "properties", "custom")


def document_for(by: Actor) -> Part:
    """The document with the custom fields that this actor may read: in records, in what verbs take, as filters."""
    whole = document()
    for noun, model in nouns().items():
        fields = list(seen_fields(by, noun).values()) if model.keyed else []
        if not fields:
            continue
        at = f"{BASE}/{model.plural()}"
        schema = ("components", "schemas", model.__name__, "properties", "custom")
        whole = _with(whole, schema, _object(fields, written=False))
        for path, method, spec in ((at, "post", creator(noun)), (f"{at}/{{id}}", "patch", editor(noun))):
            if spec is not None:
                whole = _with(whole, ("paths", path, method, *BODY), _object(fields, written=True))
        listed = ("paths", at, "get", "parameters")
        asked = [_parameter(name, each) for name, each in custom_filters(model, by).items()]
        whole = _with(whole, listed, whole["paths"][at]["get"]["parameters"] + asked)
    return whole


def _object(fields: list[CustomField], *, written: bool) -> Part:
    """The values by key; null takes one away."""
    properties = {field.key: _named(field, _of(field, written=written)) for field in fields}
    return {"type": "object", "properties": properties} | ({"additionalProperties": False} if written else {})


def _named(field: CustomField, schema: Part) -> Part:
    words = ". ".join(each for each in (field.name, field.hint) if each)
    return {"description": words, "anyOf": [schema, {"type": "null"}]}


def _of(field: CustomField, *, written: bool) -> Part:
    # a choice that is taken away stays on the records that have it
    keys = [key for key, _name in field.offered] if written else [each["key"] for each in field.choices]
    choice: Part = {"type": "string", "enum": keys} if keys else {"type": "string"}
    number = {"type": ["string", "number"]} if written else {"type": "string"}
    link: Part = {"type": "string", "noun": field.links_to} if written else {"$ref": f"{shapes.REF}Link"}
    known: dict[str, Part] = {
        "number": number,
        "money": number | {"x-currency": field.currency},
        "date": {"type": "string", "format": "date"},
        "choice": choice,
        "choices": {"type": "array", "items": choice},
        "yes_no": {"type": "boolean"},
        "link": link,
    }
    return known.get(field.kind, {"type": "string"})


def _parameter(name: str, each: CustomFilter) -> Part:
    field = each.known.custom
    schema: Part = {"type": "boolean"} if each.lookup == "isnull" or field.kind == "yes_no" else {"type": "string"}
    if field.kind in {"choice", "choices"} and each.lookup != "isnull":
        schema["enum"] = [choice["key"] for choice in field.choices]
    if each.lookup == "in":
        schema = {"type": "array", "items": schema, "maxItems": 100}
    return {"name": name, "in": "query", "description": field.name, "schema": schema, "style": "form", "explode": True}


def _with(part: Part, path: tuple[str, ...], value: Any) -> Part:
    """The same with this value at the end of the path; what is shared is left as it is."""
    name, *rest = path
    return {**part, name: _with(part[name], tuple(rest), value) if rest else value}
