"""The audit: who did what, when and through which door, newest first, as far as the actor may see it."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest, NotAllowed
from fairlead.core.event import Event, EventLink
from fairlead.core.record import Link, nouns, rows
from fairlead.core.trail import Narrowing, newest
from fairlead.core.verb import REGISTRY
from fairlead.models import User
from fairlead.programs.filters import one_of
from fairlead.programs.listing import Asked, limit
from fairlead.programs.timeline import Reading, item

NAMES = ("person", "verb", "noun", "door", "since", "until", "record")
DOORS = ("web", "api", "mcp", "cli", "system")
READS = 8
SETTINGS = "settings"


@dataclass(frozen=True)
class Found:
    """A page of events and what is needed to tell them; `next` is the cursor of older ones, empty at the end."""

    events: list[Event]
    reading: Reading
    next: str


def audit(by: Actor, asked: Asked) -> dict[str, Any]:
    """One page for programs as {"items", "next"}."""
    if not access.can_any(by, "export", "event"):
        raise NotAllowed(_("Your role does not allow the audit. Ask an administrator."))
    known(asked, [*NAMES, "limit", "cursor"])
    page = read(by, asked, limit(asked))
    return {"items": [told(event, page.reading) for event in page.events], "next": page.next or None}


def told(event: Event, reading: Reading) -> dict[str, Any]:
    """An event as programs read it."""
    kept = item(event.at, event, reading)
    del kept["happened_at"]
    return kept


def known(asked: Asked, names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            text = _("There is no parameter named %(name)s here.") % {"name": name[:100]}
            raise BadRequest(text, known=sorted(names))


def read(by: Actor, asked: Asked, size: int, zone: tzinfo = UTC) -> Found:
    """The newest `size` events that fit and that the actor may see, before the cursor; days are those of `zone`.

    `next` may come with fewer: much was read, and the next page goes on from there.
    """
    narrowed, after = _narrowed(by, asked, zone), _cursor(asked.get("cursor", ""))
    found: list[Event] = []
    for _number in range(READS if narrowed else 0):
        places, after = newest(narrowed, size + 1, after)  # type: ignore[arg-type]
        batch = Event.objects.in_bulk([pk for _at, pk in places])
        seen = [batch[pk] for _at, pk in places if pk in batch]
        found += seen if sees_all(by) else _visible(seen, by)
        if len(found) > size:
            return Found(found[:size], Reading(by, found[:size]), _end((found[size - 1].at, found[size - 1].pk)))
        if len(places) <= size:
            break
    return Found(found, Reading(by, found), _end(after) if after else "")


def sees_all(by: Actor) -> bool:
    """Administrators see every event; others those on records that they may see."""
    return by.level("export", "organisation") == "all"


def every(by: Actor, asked: Asked, most: int, zone: tzinfo = UTC, size: int = 200) -> Iterator[tuple[Event, Reading]]:
    """All that fit, the newest first, up to `most`; read page by page."""
    left, given = most, asked.copy()
    while left > 0:
        page = read(by, given, min(size, left), zone)
        yield from ((event, page.reading) for event in page.events)
        left -= len(page.events)
        if not page.next:
            return
        given["cursor"] = page.next


# --- what is asked -----------------------------------------------------------------------------------------------


def _narrowed(by: Actor, asked: Asked, zone: tzinfo) -> Narrowing | None:
    """What is asked; None when it is of a record that this actor cannot find."""
    texts = {name: asked.get(name, "") for name in NAMES}
    record = _record(by, texts["record"]) if texts["record"] else None
    found = Narrowing(
        person=_person(by, texts["person"]) if texts["person"] else None,
        verb=texts["verb"] and one_of(texts["verb"].replace("-", "_"), sorted(REGISTRY), "verb"),
        door=texts["door"] and one_of(texts["door"], DOORS, "door"),
        kinds=_kinds(texts["noun"]) if texts["noun"] else (),
        record=record,
        since=moment(texts["since"], "since", zone=zone) if texts["since"] else None,
        until=moment(texts["until"], "until", end=True, zone=zone) if texts["until"] else None,
    )
    return None if texts["record"] and record is None else found


def _kinds(text: str) -> tuple[str, ...]:
    one_of(text, [*sorted(rows()), SETTINGS], "noun")
    return tuple(settings_nouns()) if text == SETTINGS else (text,)


def _record(by: Actor, text: str) -> Link | None:
    noun, _colon, public_id = text.partition(":")
    model = nouns()[one_of(noun, sorted(nouns()), "record")]
    plain = public_id if public_id.isascii() and public_id.isalnum() else ""
    found: Any = model.objects.visible_to(by).filter(public_id=plain).values_list("pk", flat=True).first()
    return (noun, found) if found is not None else None


def settings_nouns() -> list[str]:
    """What the organisation decides: everything that is governed as it is, but keys and colleagues' own choices."""
    personal = {"token", "user"}
    return sorted(n for n, model in rows().items() if model.access_noun() == "organisation" and n not in personal)


def _person(by: Actor, text: str) -> int:
    if text == "me":
        return by.user_id or 0
    plain = text if text.isascii() and text.isalnum() else ""
    found = User.objects.visible_to(by).filter(public_id=plain).first()
    if found is None:
        raise BadRequest(_("There is nobody with the id %(text)s.") % {"text": text[:40]})
    return int(found.pk)


def moment(text: str, name: str, *, end: bool = False, zone: tzinfo = UTC) -> datetime:
    """A moment, or a day: its beginning, or its end, in `zone`. In an address, a plus may come as a space."""
    try:
        if len(text) == 10:
            start = datetime.combine(datetime.fromisoformat(text).date(), datetime.min.time(), zone)
            return (start + timedelta(days=1) - timedelta(microseconds=1) if end else start).astimezone(UTC)
        at: datetime = TypeAdapter(datetime).validate_python(text.replace(" ", "+"))
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, ValidationError):
        words = {"name": name, "text": text[:40]}
        raise BadRequest(_("%(name)s is a day or a moment such as 2026-11-01, not %(text)s.") % words) from None


# --- what may be seen --------------------------------------------------------------------------------------------


def _visible(events: list[Event], by: Actor) -> list[Event]:
    """Those whose every record the actor may see; what is gone is shown to those who may see all of its kind."""
    links: dict[int, list[Link]] = defaultdict(list)
    wanted: dict[str, set[int]] = defaultdict(set)
    on = EventLink.objects.filter(event__in=[event.pk for event in events])
    for event_id, kind, pk in on.values_list("event_id", "kind", "record_id"):
        links[event_id].append((kind, pk))
        wanted[kind].add(pk)
    seen = {noun: _seen(noun, ids, by) for noun, ids in wanted.items()}
    return [event for event in events if links[event.pk] and all(pk in seen[noun] for noun, pk in links[event.pk])]


def _seen(noun: str, ids: set[int], by: Actor) -> set[int]:
    model = rows().get(noun)
    if model is None:
        return set()
    condition = access.reach(by, "see", model)
    if not condition:
        return ids
    return set(model._base_manager.filter(condition, pk__in=ids).values_list("pk", flat=True))


def _end(last: tuple[datetime, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps([last[0].isoformat(), last[1]]).encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        found = datetime.fromisoformat(at)
        if type(pk) is int and 0 <= pk < 2**63 and found.tzinfo:
            return found, pk
    except (ValueError, TypeError, RecursionError):
        pass
    raise BadRequest(_("This cursor does not belong to this audit. Begin again without it."))
