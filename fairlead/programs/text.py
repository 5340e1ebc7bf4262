"""Arguments written as text, on a command line or in a form, as the raw input that a verb's schema takes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.core.schema import json_schema

Schema = Mapping[str, Any]


def from_text(verb: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Lists by repeating, objects as JSON, an empty text for none; everything else is converted by the schema."""
    known = json_schema(verb)
    return {name: _value(name, texts, known) for name, texts in given.items()}


def _value(name: str, texts: Sequence[str], known: Schema) -> Any:
    kinds = kinds_of(known.get("properties", {}).get(name, {}))
    types = {kind.get("type") for kind in kinds}
    if "array" in types:
        items = kinds_of(next(kind for kind in kinds if kind.get("type") == "array").get("items", {}))
        return [_object(name, text) if _is_object(items) else text for text in texts]
    if _is_object(kinds):
        return _object(name, texts[-1])
    return None if not texts[-1] and "null" in types and not any(is_words(kind) for kind in kinds) else texts[-1]


def kinds_of(schema: Schema) -> list[Schema]:
    """The alternatives of a schema; one that has none is its own."""
    return list(schema.get("anyOf") or [schema])


def is_words(kind: Schema) -> bool:
    """Is this free text, rather than a record's id, a date or a choice?"""
    return kind.get("type") == "string" and not {"noun", "format", "enum", "const"} & set(kind)


def _is_object(kinds: Sequence[Schema]) -> bool:
    return any("$ref" in kind or kind.get("type") == "object" for kind in kinds)


def _object(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid({name: [_("Write this as a JSON object.")]}) from None
