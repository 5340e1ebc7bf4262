"""A record's timeline for programs: its events as sentences with what they changed, as far as the actor may see it."""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.event import Event
from fairlead.core.event import timeline as events_on
from fairlead.core.record import Link, Record, Row, conceal, is_keyed, key_in, nouns, rows
from fairlead.core.resource import Seen, columns, link, visible
from fairlead.core.undo import undoable
from fairlead.core.verb import Part, tell
from fairlead.programs.listing import Asked, limit

A_DAY = re.compile(r"\d{4}-\d\d-\d\d(\D|$)")
Change = list[Any]  # as events keep it: noun, id, op, before, after


def timeline_of(record: Record, by: Actor, asked: Asked) -> dict[str, Any]:
    """One page as {"items", "next"}, newest first; `next` is the cursor of older ones, None at the end."""
    for name in asked:
        if name not in {"limit", "cursor"}:
            raise BadRequest(
                _("There is no parameter named %(name)s here.") % {"name": name[:100]}, known=["cursor", "limit"]
            )
    size = limit(asked)
    found = events_on(_seen_links(record, by), before=_cursor(asked.get("cursor", "")), size=size)
    shown, following = found[:size], _end(*found[size - 1]) if len(found) > size else None
    reading = Reading(by, [event for _at, event in shown])
    return {"items": [item(at, event, reading) for at, event in shown], "next": following}


@dataclass
class Reading:
    """The rows that a page of events speaks of, and which of them the actor may see; read in one go for each noun."""

    by: Actor
    events: list[Event]
    rows: dict[Link, Row] = field(default_factory=dict)
    seen: Seen = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for noun, pk in self._mentioned():
            wanted[noun].add(pk)
        for noun, ids in wanted.items():
            self.rows |= {(noun, pk): row for pk, row in rows()[noun]._base_manager.in_bulk(ids).items()}
        if access.conceals(self.by):
            self.rows = {link: conceal(row, self.by) for link, row in self.rows.items()}
        self.seen = visible([row.root() for row in self.rows.values()], self.by)

    def may_see(self, noun: str, pk: int) -> bool:
        """A row that is gone is not shown: nobody can say any more who might see it."""
        row = self.rows.get((noun, pk))
        return row is not None and row.root().pk in self.seen.get(type(row.root()), ())  # type: ignore[arg-type]

    def link(self, noun: str, pk: Any) -> dict[str, Any] | None:
        row = self.rows.get((noun, pk))
        return link(row, self.seen) if isinstance(row, Record) else None

    def _mentioned(self) -> Iterator[Link]:
        for event in self.events:
            for noun, pk, _op, before, after in event.changes:
                if noun not in rows():
                    continue
                yield noun, pk
                for column in _columns(noun):
                    for values in (before, after):
                        yield from _linked(column, values.get(column.name))


def _seen_links(record: Record, by: Actor) -> list[Link]:
    """The records whose events make up the timeline, without those that the actor may not see."""
    links: list[Link] = record.linked() if hasattr(record, "linked") else [(record.noun(), record.pk)]
    ids: dict[str, set[int]] = defaultdict(set)
    for noun, pk in links:
        ids[noun].add(pk)
    seen: set[Link] = set()
    for noun, wanted in ids.items():
        condition = access.reach(by, "see", nouns()[noun])
        found = nouns()[noun]._base_manager.filter(condition, pk__in=wanted) if condition else None
        seen |= {(noun, pk) for pk in (wanted if found is None else found.values_list("pk", flat=True))}
    return [each for each in links if each in seen]


def item(at: datetime, event: Event, reading: Reading) -> dict[str, Any]:
    parts = spoken(event, reading.by)
    return {
        "happened_at": at.isoformat(),
        "at": event.at.isoformat(),
        "act": str(event.act),
        "verb": event.verb,
        "by": {"kind": event.by_kind, "label": event.by_label, "cause": event.by_cause or None},
        "door": event.door,
        "sentence": "".join(part.text for part in parts),
        "undoable": undoable(event),
        "undoes": str(event.undoes) if event.undoes else None,
        "changes": [_change(each, reading) for each in event.changes if _is_shown(each, reading)],
    }


def spoken(event: Event, by: Actor) -> list[Part]:
    """The event's sentence in parts; a lead called by its mail or phone has no name where those are hidden."""
    parts = tell(event)
    if not access.conceals(by):
        return parts
    nameless = _("a lead")
    return [replace(part, text=nameless) if _is_contact(part) else part for part in parts]


def _is_contact(part: Part) -> bool:
    """Is this a label made of an address or a number, as of leads that have no name? A day is none."""
    if part.word == "by" or A_DAY.match(part.text):
        return False
    return "@" in part.text or sum(sign.isdigit() for sign in part.text) > 5


def _is_shown(change: Change, reading: Reading) -> bool:
    return change[0] in rows() and reading.may_see(change[0], change[1])


def _change(change: Change, reading: Reading) -> dict[str, Any]:
    noun, pk, op, before, after = change
    fields, hidden = {}, access.hidden(reading.by, rows()[noun])
    for column in _columns(noun):
        if column.name not in hidden and (column.name in before or column.name in after):
            fields[column.name] = {
                "before": _shown(column, before.get(column.name), reading),
                "after": _shown(column, after.get(column.name), reading),
            }
    fields.pop("version", None)
    fields |= _keyed(noun, before, after, reading.by)
    row = reading.rows[(noun, pk)]
    return {"noun": noun, "id": row.public_id if isinstance(row, Record) else None, "op": op, "fields": fields}


def _keyed(noun: str, before: dict[str, Any], after: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The changed values of keyed columns, each as a field of its own."""
    names = [name for name in dict.fromkeys([*before, *after]) if is_keyed(name)]
    if not names or not rows()[noun].keyed:
        return {}
    held = [
        {key_in(name): values[name] for name in names if values.get(name) is not None} for values in (before, after)
    ]
    old, new = rows()[noun].keyed_shown(held, by)
    pairs = {name: {"before": old.get(key_in(name)), "after": new.get(key_in(name))} for name in names}
    return {name: pair for name, pair in pairs.items() if pair["before"] != pair["after"]}


def _shown(column: Any, value: Any, reading: Reading) -> Any:
    """A kept value; links as links, since the ids in events are the database's own."""
    if not column.is_relation:
        return value
    links = [reading.link(noun, pk) for noun, pk in _linked(column, value)]
    return links if column.many_to_many else next(iter(links), None)


def _linked(column: Any, value: Any) -> Iterable[Link]:
    if not column.is_relation or value is None:
        return []
    ids = value if isinstance(value, list) else [value]
    return [(column.related_model.noun(), pk) for pk in ids]


def _columns(noun: str) -> list[Any]:
    return [*columns(rows()[noun]), *rows()[noun]._meta.many_to_many]


def _end(at: datetime, event: Event) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), event.pk]).encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if type(pk) is int and 0 <= pk < 2**63:
            moment: datetime = TypeAdapter(AwareDatetime).validate_python(at)
            return moment, pk
    except (ValueError, TypeError, RecursionError, ValidationError):
        pass
    raise BadRequest(_("This cursor does not belong to this timeline. Begin again without it."))
