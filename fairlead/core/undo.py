"""Undo: an act taken back field by field, from what its events kept. Undoing an undo is redo."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.act import Act, Change, current, related, remove, restore
from fairlead.core.actor import Actor
from fairlead.core.errors import NotAllowed, NotFound, NotUndoable
from fairlead.core.event import Event, EventLink
from fairlead.core.outbox import Outbox
from fairlead.core.record import Record, Row, dump, rows, unpack, writing
from fairlead.core.verb import ALWAYS, MONTH, REGISTRY, tell, verb


@dataclass
class Undone:
    """What an undo did: the act taken back, and what was kept because it had changed since."""

    act: uuid.UUID
    repeated: bool = False
    kept: list[str] = field(default_factory=list)


@verb("{by} took back “{what}”", may="member")
def undo(by: Actor, *, act: uuid.UUID) -> Undone:
    """Take back an act as a whole: every value returns to what it was before.

    Refused, with the reason, when it is too long ago, when something was built on it or changed since,
    when a part of it has left the house, or when it is somebody else's and your role does not reach it.
    """
    events = _events(act)
    current().step.labels["what"] = _told(events[-1])
    return Undone(act, repeated=True) if undone_by(act) else _undo(by, act, events)


@verb("{by} did “{what}” again", may="member")
def redo(by: Actor, *, act: uuid.UUID) -> Undone:
    """Do an undone act again, by taking back its undo."""
    taken = undone_by(act)
    if taken is None:
        return Undone(act, repeated=True)
    current().step.labels["what"] = _told(_events(act)[-1])
    return _undo(by, taken, _events(taken))


def undone_by(act: uuid.UUID) -> uuid.UUID | None:
    """The act that took this one back and still holds, if any."""
    for later in Event.objects.filter(undoes=act).order_by("-id").values_list("act", flat=True):
        if undone_by(later) is None:
            return later
    return None


def undoable(event: Event) -> bool:
    """Is it worth offering undo for this act? (The last word is the undo's own.)"""
    spec = REGISTRY.get(event.verb)
    within = MONTH if spec is None else spec.undo_within
    return within is not None and (within == ALWAYS or clock.now() - event.at <= within)


def _undo(by: Actor, act: uuid.UUID, events: list[Event]) -> Undone:
    root, running = events[-1], current()
    running.step.undoes, running.step.always = act, True
    _in_time(root)
    held = _hold(running, events)
    _allowed(by, root, held)
    _call_back(act, running.id)
    return Undone(act, kept=list(_take_back(events, held, keep_later=_keeps_later(root))))


def _events(act: uuid.UUID) -> list[Event]:
    """The act's events, the last step first and its root last."""
    events = list(Event.objects.filter(act=act).order_by("-step", "-id"))
    if not events:
        raise NotFound(_("There is no such act."))
    return events


def _told(root: Event) -> str:
    return "".join(part.text for part in tell(root))


def _in_time(root: Event) -> None:
    if undoable(root):
        return
    spec = REGISTRY.get(root.verb)
    if spec and spec.undo_within is None:
        raise NotUndoable(_("This cannot be taken back, only answered."), opposite=spec.opposite)
    raise NotUndoable(_("This was more than 30 days ago. Change the record by hand instead."))


def _keeps_later(root: Event) -> bool:
    spec = REGISTRY.get(root.verb)
    return bool(spec and spec.keep_later)


def _hold(running: Act, events: list[Event]) -> dict[tuple[str, int], Row]:
    """Every row the act changed that still exists, locked and read again."""
    ids: dict[str, set[int]] = {}
    for event in events:
        for noun, row_id, *_rest in event.changes:
            ids.setdefault(noun, set()).add(row_id)
    found: list[Row] = []
    for noun, wanted in ids.items():
        if noun in rows():
            found += rows()[noun]._base_manager.filter(pk__in=wanted)
    running.hold(found)
    return {(row.noun(), row.pk): row for row in found}


def _allowed(by: Actor, root: Event, held: dict[tuple[str, int], Row]) -> None:
    """One's own acts, or those of others as far as the role reaches; and only on records one may edit."""
    if by.kind == "system":
        return
    own = root.by_user_id == by.user_id and by.user_id is not None
    for row in held.values():
        whole = row.root()
        level = by.level("undo", whole.access_noun())
        theirs = level == "all" or (level == "team" and root.by_user_id in by.teammate_ids)
        if not (own or theirs) or not access.can(by, "edit", whole):
            raise NotAllowed(_("%(who)s did this. You can see it but not take it back.") % {"who": root.by_label})


def _call_back(act: uuid.UUID, undoing: uuid.UUID) -> None:
    """Cancel what was promised and has not left; refuse when something has. An undone undo promises again."""
    promised = Outbox.objects.select_for_update().filter(act=act)
    if promised.filter(models.Q(state="leased") | models.Q(state="done"), leaves_house=True).exists():
        raise NotUndoable(_("A message of this act has left already. Nothing was changed."))
    promised.filter(state="waiting").update(state=Outbox.State.CANCELLED, cancelled_by=undoing)
    Outbox.objects.filter(cancelled_by=act, state="cancelled").update(state=Outbox.State.WAITING, cancelled_by=None)


def _take_back(events: list[Event], held: dict[tuple[str, int], Row], *, keep_later: bool) -> Iterator[str]:
    for event in events:
        for noun, row_id, op, before, after in reversed(event.changes):
            model, row = rows().get(noun), held.get((noun, row_id))
            if model is None:
                raise NotUndoable(_("This kind of record is no longer kept here."))
            if op == "remove":
                held[(noun, row_id)] = _bring_back(model, row_id, before)
            elif row is None:
                if not keep_later:
                    raise NotUndoable(_("A record of this act is gone. Take back its removal first."))
            elif op == "create":
                yield from _unmake(row, after, event, keep_later=keep_later)
            else:
                yield from _unchange(row, before, after, event, keep_later=keep_later)


def _unmake(row: Row, after: dict[str, Any], event: Event, *, keep_later: bool) -> Iterator[str]:
    reason = _changed_since(row, after) or _built_upon(row)
    if reason and keep_later:
        yield f"{row}: {reason}"
    elif reason:
        raise NotUndoable(_since(row, reason) + _who(row, event))
    else:
        remove(row)


def _unchange(
    row: Row, before: dict[str, Any], after: dict[str, Any], event: Event, *, keep_later: bool
) -> Iterator[str]:
    names = [name for name in before if name != "version"]
    now = dump(row, names)
    later = [name for name in names if now[name] != after.get(name)]
    if later and not keep_later:
        what = ", ".join(str(row._meta.get_field(name).verbose_name) for name in later)
        raise NotUndoable(_since(row, what) + _who(row, event))
    yield from (f"{row}: {name}" for name in later)
    restore(row, _values(row, {name: before[name] for name in names if name not in later}))


def _since(row: Row, what: str) -> str:
    return _("%(record)s has changed since: %(what)s.") % {"record": row, "what": what}


def _changed_since(row: Row, after: dict[str, Any]) -> str:
    """Which values differ from those it was created with, in words; empty when none do."""
    if not after:  # created in bulk: the version tells
        return _("it was edited") if isinstance(row, Record) and row.version > 1 else ""
    now = dump(row)
    names = [name for name in now if name in after and name != "version" and now[name] != after[name]]
    return ", ".join(str(row._meta.get_field(name).verbose_name) for name in names)


def _built_upon(row: Row) -> str:
    for model, name in related(row):
        if issubclass(model, Row) and (other := model._base_manager.filter(**{name: row.pk}).first()):
            return _("%(other)s belongs to it") % {"other": other}
    return ""


def _who(row: Row, event: Event) -> str:
    """Who touched the row after that event, to be asked."""
    links = EventLink.objects.filter(kind=row.noun(), record_id=row.pk, event_id__gt=event.pk)
    newest = links.select_related("event").order_by("-event_id").first()
    return " " + _("Last by %(who)s.") % {"who": newest.event.by_label} if newest else ""


def _bring_back(model: type[Row], row_id: int, before: dict[str, Any]) -> Row:
    many = {each.name for each in model._meta.many_to_many}
    row = model(pk=row_id, **_attributes(model, {k: v for k, v in before.items() if k not in many}))
    with writing():
        row.save(force_insert=True)
        for name in many:
            getattr(row, name).set(before.get(name, []))
    current().held[(row.noun(), row.pk)] = row
    current().step.changes.append(Change(row, "create", {}, dump(row)))
    return row


def _attributes(model: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    fields = {f.name: f for f in model._meta.concrete_fields}
    return {fields[name].attname: unpack(fields[name], value) for name, value in values.items() if name in fields}


def _values(row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """Values by field name as `change` takes them: a foreign key as its record, many-to-many as ids."""
    given: dict[str, Any] = {}
    for name, value in values.items():
        column = row._meta.get_field(name)
        if column.many_to_many:
            given[name] = value
        elif column.is_relation and value is not None:
            given[name] = column.related_model._base_manager.get(pk=value)  # type: ignore[union-attr]
        else:
            given[name] = unpack(column, value)  # type: ignore[arg-type]
    return given
