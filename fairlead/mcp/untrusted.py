"""Text from outside, marked, so that an assistant does not take a visitor's words for its user's."""

from collections.abc import Iterable
from typing import Any

from fairlead.core.event import Event
from fairlead.core.record import is_keyed, rows


def marked(value: Any) -> Any:
    """The same answer; in what describes a row, texts that outsiders may have written become {"untrusted", "text"}."""
    if isinstance(value, list):
        return [marked(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = _from_outside(value)
    return {name: untrusted(each) if name in names else marked(each) for name, each in value.items()}


def marked_fields(nouns: Iterable[str], fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Fields by name, with several values each (yours and theirs), of a row of one of these nouns."""
    names = frozenset(name for noun in nouns for name in rows()[noun].from_outside({}))
    return {name: _values(each) if _is_one(name, names) else each for name, each in fields.items()}


def marked_timeline(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items of a timeline: their changes, and sentences that name what outsiders named."""
    acts = {item["act"] for item in items}
    named = {
        str(act)
        for act, refs in Event.objects.filter(act__in=acts).values_list("act", "refs")
        if any(_names_itself(noun) for noun, _id in refs.values())
    }
    return [_item(item, item["act"] in named or item["undoes"] is not None) for item in items]


def untrusted(value: Any) -> Any:
    if isinstance(value, dict):  # values by their names
        return {name: untrusted(each) for name, each in value.items()}
    return {"untrusted": True, "text": value} if isinstance(value, str) and value else value


def _item(item: dict[str, Any], names_outsiders: bool) -> dict[str, Any]:
    by = item["by"]
    if by["kind"] == "visitor":
        by, names_outsiders = by | {"label": untrusted(by["label"])}, True
    sentence = untrusted(item["sentence"]) if names_outsiders else item["sentence"]
    return item | {"by": by, "sentence": sentence, "changes": [_change(each) for each in item["changes"]]}


def _change(change: dict[str, Any]) -> dict[str, Any]:
    after = {"noun": change["noun"]} | {name: values["after"] for name, values in change["fields"].items()}
    names = _from_outside(after)
    fields = {name: _values(each) if _is_one(name, names) else marked(each) for name, each in change["fields"].items()}
    return change | {"fields": fields}


def _values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: untrusted(each) for name, each in values.items()}


def _is_one(name: str, names: frozenset[str]) -> bool:
    """Is this one of the names, or the name of a custom field where those are among them?"""
    return name in names or (is_keyed(name) and "custom" in names)


def _from_outside(value: dict[str, Any]) -> frozenset[str]:
    noun = value.get("noun")
    return rows()[noun].from_outside(value) if isinstance(noun, str) and noun in rows() else frozenset()


def _names_itself(noun: str) -> bool:
    return noun in rows() and "label" in rows()[noun].from_outside({})
