"""The form of a track: its steps as lines that are moved, added and taken away before they are kept."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.models import Track

PLAIN = ("key", "text", "kind", "unit", "after", "rule", "user", "role", "template")
LINES = (*PLAIN, "days", "time", "outcomes")
BLANK: dict[str, Any] = dict.fromkeys(LINES, "") | {
    "kind": "call", "unit": "weekdays", "after": "previous", "rule": "owner", "days": "1",
}  # fmt: skip
ARROW = re.compile(r"\s*(?:→|->|>)\s*")


def lines_of(track: Track) -> list[dict[str, Any]]:
    """The steps of a track as the form shows them."""
    names = dict(Track.objects.values_list("public_id", "name"))
    return [_line(each.facts, names) for each in track.newest.steps.select_related("user", "template")]


def lines_in(given: QueryDict) -> list[dict[str, Any]]:
    """The lines as they were typed; a form that lacks some of their fields has none."""
    columns = [given.getlist(name) for name in LINES]
    return [dict(zip(LINES, row, strict=True)) for row in zip(*columns, strict=False)]


def rearranged(lines: list[dict[str, Any]], deed: str) -> list[dict[str, Any]]:
    """The lines after a button among them was pressed: add, up-2, down-2, drop-2."""
    name, _dash, place = deed.partition("-")
    at = int(place) if place.isdecimal() and len(place) < 4 else -1
    found = list(lines)
    if name == "add":
        return [*found, dict(BLANK, after="previous" if found else "start")]
    if not 0 <= at < len(found):
        return found
    line = found.pop(at)
    if name in {"up", "down"}:
        found.insert(max(at - 1, 0) if name == "up" else at + 1, line)
    return found


def steps_in(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines as the verbs take them; raises Invalid, naming the step, for what cannot be read."""
    nexts = {name.casefold(): public_id for name, public_id in Track.objects.live().values_list("name", "public_id")}
    return [_step(number, line, nexts) for number, line in enumerate(lines, 1) if any(line[n] for n in ("text", "key"))]


def _step(number: int, line: Mapping[str, Any], nexts: Mapping[str, str]) -> dict[str, Any]:
    step: dict[str, Any] = {name: line[name] for name in PLAIN if line[name]}
    days = line["days"].strip() or "0"
    if not days.isdecimal() or len(days) > 6:
        raise _wrong(number, _("Write a whole number, such as 2."))
    return step | {"days": int(days), "time": _time(number, line["time"]), "outcomes": _outcomes(number, line, nexts)}


def _time(number: int, text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise _wrong(number, _("Write a time like 09:30.")) from None


def _outcomes(number: int, line: Mapping[str, Any], nexts: Mapping[str, str]) -> list[dict[str, str]]:
    """One on each line, with the track that comes next behind an arrow: “Interested > Renewal”."""
    found = []
    for text in filter(None, (each.strip() for each in line["outcomes"].splitlines())):
        name, *after = ARROW.split(text, maxsplit=1)
        if after and after[0].casefold() not in nexts:
            raise _wrong(number, _("There is no track named %(name)s.") % {"name": after[0]})
        found.append({"name": name, "next": nexts[after[0].casefold()] if after else ""})
    return found


def _line(facts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    outcomes = [
        f"{each['name']} > {names[each['next']]}" if each["next"] in names else each["name"]
        for each in facts["outcomes"]
    ]
    line = {name: facts[name] or "" for name in PLAIN}
    return line | {"days": str(facts["days"]), "time": facts["time"] or "", "outcomes": "\n".join(outcomes)}


def _wrong(number: int, text: str) -> Invalid:
    return Invalid({"steps": [_("Step %(number)s: %(text)s") % {"number": number, "text": text}]})
