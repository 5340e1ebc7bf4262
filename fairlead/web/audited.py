"""Events as the lines of the audit: who did what through which door, and every value before and after."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor
from fairlead.core.event import Event
from fairlead.core.record import Row, is_keyed, key_in, rows, unpack
from fairlead.core.undo import undoable
from fairlead.models.custom import fields_of
from fairlead.programs.audit import Found, told
from fairlead.programs.timeline import spoken
from fairlead.web import custom, formats
from fairlead.web.addresses import url_of_ref
from fairlead.web.formats import Reader
from fairlead.web.told import Piece, in_words, undone

LONGEST = 300
DOORS: dict[str, Any] = {
    "web": gettext_lazy("the pages"),
    "api": gettext_lazy("the API"),
    "mcp": gettext_lazy("an assistant"),
    "cli": gettext_lazy("the command line"),
    "system": gettext_lazy("Fairlead itself"),
}


@dataclass(frozen=True)
class Line:
    """One event of the audit; `changes` as {noun, id, op, label, before, after}, one for each value."""

    event: Event
    parts: list[Piece]
    door: str
    changes: list[dict[str, str]]
    undone: bool
    undo: str

    @property
    def sentence(self) -> str:
        return "".join(piece.text for piece in self.parts)


def lines(found: Found, by: Actor, reader: Reader) -> list[Line]:
    taken = undone({event.act for event in found.events})
    return [_line(event, found, by, reader, event.act in taken) for event in found.events]


def _line(event: Event, found: Found, by: Actor, reader: Reader, taken: bool) -> Line:
    return Line(
        event=event,
        parts=[Piece(part.text, url_of_ref(part.ref)) for part in in_words(spoken(event, by), reader)],
        door=str(DOORS.get(event.door, event.door)),
        changes=[each for change in told(event, found.reading)["changes"] for each in _values(change, reader)],
        undone=taken,
        undo="" if taken or not _may_undo(event, by) else f"/acts/{event.act}/undo",
    )


def _may_undo(event: Event, by: Actor) -> bool:
    """Is it worth offering? The first step stands for its act; the last word is the undo's own."""
    own = event.by_user_id is not None and event.by_user_id == by.user_id
    return event.step == 0 and undoable(event) and (own or by.level("undo", "organisation") == "all")


def _values(change: dict[str, Any], reader: Reader) -> list[dict[str, str]]:
    model = rows()[change["noun"]]
    about = {"noun": change["noun"], "id": change["id"] or "", "op": change["op"]}
    found = []
    for name, values in change["fields"].items():
        words = {when: _told(model, name, values[when], reader) for when in ("before", "after")}
        if words["before"] != words["after"]:
            found.append({**about, "label": capfirst(model.word_for(name)), **words})
    return found


def _told(model: type[Row], name: str, value: Any, reader: Reader) -> str:
    if not is_keyed(name):
        return _words(model._meta.get_field(name), value, reader)  # type: ignore[arg-type]
    field = fields_of(model.noun()).get(key_in(name))
    return custom.told(field, value) if field else str(value or "")[:LONGEST]


def _words(field: "Field[Any, Any]", value: Any, reader: Reader) -> str:
    """A value as told to programs, in words."""
    if value in (None, "", [], {}):
        return ""
    if field.is_relation:
        links = value if isinstance(value, list) else [value]
        return ", ".join(_name(field, link) for link in links)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)[:LONGEST]
    plain = unpack(field, value)
    return formats.moment(plain, reader) if isinstance(plain, (date, datetime)) else str(plain)[:LONGEST]


def _name(field: Any, link: Any) -> str:
    known = link.get("label") if isinstance(link, dict) else None
    return str(known or _("a %(noun)s") % {"noun": field.related_model._meta.verbose_name})
