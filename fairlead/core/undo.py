"""Undo: an act taken back field by field, from what its events kept. Undoing an undo is redo."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, delete, insert
from fairlead.core.errors import Invalid, NotAllowed, NotFound, NotUndoable
from fairlead.core.event import Event, EventLink
from fairlead.core.outbox import Outbox
from fairlead.core.record import Link, Record, Row, chunks, dump_many, is_keyed, kept, link_table, put, rows, unpack
from fairlead.core.verb import ALWAYS, MONTH, REGISTRY, tell, verb

FEW = 50  # changes of one kind that an undo keeps in one event; more are kept as bulk verbs do


@dataclass
class Undone:
    """What an undo did: the act taken back, and what was kept because it had changed since."""

    act: uuid.UUID
    repeated: bool = False
    kept: list[str] = field(default_factory=list)


class Entry(NamedTuple):
    """One change of the act, with the event that tells it."""

    noun: str
    pk: int
    op: str
    before: dict[str, Any]
    after: dict[str, Any]
    event: Event


@verb("{by} took back “{what}”", may="member")
def undo(by: Actor, *, act: uuid.UUID) -> Undone:
    """Take back an act as a whole: every value returns to what it was before.

    Refused, with the reason, when it is too long ago, when something was built on it or changed since,
    when a part of it has left the house, or when it is somebody else's and your role does not reach it.
    """
    root = _root(_first_done(act))
    current().step.labels["what"] = _told(root)
    return Undone(act, repeated=True) if undone_by(root.act) else _undo(by, act, root)


@verb("{by} did “{what}” again", may="member")
def redo(by: Actor, *, act: uuid.UUID) -> Undone:
    """Do an undone act again, by taking back its undo."""
    root = _root(_first_done(act))
    taken = undone_by(root.act)
    if taken is None:
        return Undone(act, repeated=True)
    current().step.labels["what"] = _told(root)
    return _undo(by, taken, _root(taken))


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


def _undo(by: Actor, act: uuid.UUID, root: Event) -> Undone:
    running = current()
    running.step.undoes, running.step.always = root.act, True
    _in_time(root)
    entries = _entries(root.act)
    held = running.lock(_by_model((entry.noun, entry.pk) for entry in entries))
    _allowed(by, root, entries, held)
    _call_back(root.act, running.id)
    spec = REGISTRY.get(root.verb)
    coming = {(entry.noun, entry.pk) for entry in entries if entry.op == "remove"}
    taking = _Taking(by, held, coming, keep_later=bool(spec and spec.keep_later))
    for run in _runs(entries):
        taking.back(run)
    return Undone(act, kept=taking.kept)


def _root(act: uuid.UUID) -> Event:
    """The act's first event, locked: of two who take it back at once, the second finds it done."""
    root = Event.objects.select_for_update(no_key=True).filter(act=act).order_by("step", "id").first()
    if root is None:
        raise NotFound(_("There is no such act."))
    return root


def _first_done(act: uuid.UUID) -> uuid.UUID:
    """To take back a redo is to take back the act that it did again."""
    for _turn in range(100):
        again = _undone_in(_undone_in(act))
        if again is None:
            break
        act = again
    return act


def _undone_in(act: uuid.UUID | None) -> uuid.UUID | None:
    """The act that this one took back."""
    found = Event.objects.filter(act=act, undoes__isnull=False) if act else Event.objects.none()
    return found.values_list("undoes", flat=True).first()


def _entries(act: uuid.UUID) -> list[Entry]:
    """Every change of the act, the last one first."""
    found: list[tuple[int, Entry]] = []
    for event in Event.objects.filter(act=act).order_by("step", "id"):
        for number, (noun, pk, op, before, after) in zip(event.order, event.changes, strict=True):
            found.append((number, Entry(noun, pk, op, _known(noun, before), _known(noun, after), event)))
    return [entry for _number, entry in sorted(found, key=lambda each: each[0], reverse=True)]


def _known(noun: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values whose columns there still are."""
    model = rows().get(noun)
    if model is None:
        raise NotUndoable(_("This kind of record is no longer kept here."))
    names = {each.name for each in [*kept(model), *model._meta.many_to_many]}
    return {name: value for name, value in values.items() if name in names or (model.keyed and is_keyed(name))}


def _runs(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Neighbours that can be taken back together: the same kind of change to different rows of one kind."""
    run: list[Entry] = []
    seen: set[int] = set()
    for entry in entries:
        if run and ((entry.noun, entry.op) != (run[0].noun, run[0].op) or entry.pk in seen):
            yield run
            run, seen = [], set()
        run.append(entry)
        seen.add(entry.pk)
    if run:
        yield run


def _by_model(links: Iterable[Link]) -> dict[type[Row], list[int]]:
    wanted: dict[type[Row], list[int]] = defaultdict(list)
    for noun, pk in links:
        wanted[rows()[noun]].append(pk)
    return wanted


# --- whether -----------------------------------------------------------------------------------------------------


def _in_time(root: Event) -> None:
    if undoable(root):
        return
    spec = REGISTRY.get(root.verb)
    if spec and spec.undo_within is None:
        raise NotUndoable(_("This cannot be taken back, only answered."), opposite=spec.opposite)
    raise NotUndoable(_("This was more than 30 days ago. Change the record by hand instead."))


def _allowed(by: Actor, root: Event, entries: Sequence[Entry], held: dict[Link, Row]) -> None:
    """One's own acts, or those of others as far as the role reaches; and only on records one may edit."""
    if by.kind == "system":
        return
    own = root.by_user_id == by.user_id and by.user_id is not None
    # What one made oneself in this act needs no right to edit, such as a tag.
    made = {(entry.noun, entry.pk) for entry in entries if own and entry.op == "create"}
    wholes = {(whole.noun(), whole.pk): whole for whole in _wholes(entries, held)}
    wholes = {link: whole for link, whole in wholes.items() if link not in made}
    nouns = {whole.access_noun() for whole in wholes.values()}
    theirs = all(_reaches(by.level("undo", noun), by, root) for noun in nouns) and bool(nouns)
    if (own or theirs) and _all(by, "edit", wholes) and not any(_touches_fixed(by, entry) for entry in entries):
        return
    if not own and not _all(by, "see", wholes):
        raise NotFound(_("There is no such act."))
    raise NotAllowed(_("%(who)s did this. You can see it but not take it back.") % {"who": root.by_label})


def _touches_fixed(by: Actor, entry: Entry) -> bool:
    """Did this change a field that the actor may not change?"""
    return entry.op == "change" and not access.fixed(by, rows()[entry.noun]).isdisjoint(entry.before)


def _wholes(entries: Sequence[Entry], held: dict[Link, Row]) -> Iterator[Row]:
    """The records whose parts the act changed; of those that are gone, as they were."""
    for entry in entries:
        row = held.get((entry.noun, entry.pk)) or _built(entry)
        try:
            yield row.root()
        except models.ObjectDoesNotExist:  # it went with its part
            yield row


def _reaches(level: str, by: Actor, root: Event) -> bool:
    return level == "all" or (level == "team" and root.by_user_id in by.teammate_ids)


def _all(by: Actor, action: str, wholes: dict[Link, Row]) -> bool:
    """May the actor do this on all of these? Those that are gone are governed by their noun alone."""
    for model, ids in _by_model(wholes).items():
        condition = access.reach(by, action, model)
        if not condition:
            continue
        if not model.personal and not access.can_any(by, action, model.access_noun()):
            return False
        for chunk in chunks(ids):
            there = model._base_manager.filter(pk__in=chunk)
            if there.filter(condition).count() < there.count():
                return False
    return True


def _call_back(act: uuid.UUID, undoing: uuid.UUID) -> None:
    """Cancel what was promised and has not left; refuse when something has. An undone undo promises again."""
    promised = list(Outbox.objects.select_for_update().filter(act=act))
    if any(each.leaves_house and each.state in {"leased", "done"} for each in promised):
        raise NotUndoable(_("A message of this act has left already. Nothing was changed."))
    waiting = Outbox.objects.filter(act=act, state="waiting")
    waiting.update(state=Outbox.State.CANCELLED, cancelled_by=undoing)
    Outbox.objects.filter(cancelled_by=act, state="cancelled").update(state=Outbox.State.WAITING, cancelled_by=None)


# --- how ---------------------------------------------------------------------------------------------------------


class _Taking:
    """Taking back runs of changes, each by as few statements as for one."""

    def __init__(self, by: Actor, held: dict[Link, Row], coming: Collection[Link] = (), *, keep_later: bool) -> None:
        self.by = by
        self.held = held
        # what is brought back: rows of one act may name each other
        self.coming = coming
        self.keep_later = keep_later
        self.kept: list[str] = []

    def back(self, run: list[Entry]) -> None:
        if run[0].op == "remove":
            return self._bring_back(run)
        there = [entry for entry in run if (entry.noun, entry.pk) in self.held]
        if len(there) < len(run):
            self._keep_or_refuse(_("A record of this act is gone. Take back its removal first."))
        pairs = [(entry, self.held[entry.noun, entry.pk]) for entry in there]
        if not pairs:
            return None
        return self._unmake(pairs) if run[0].op == "create" else self._unchange(pairs)

    def _bring_back(self, run: list[Entry]) -> None:
        many = [each.name for each in rows()[run[0].noun]._meta.many_to_many]
        _targets_exist(rows()[run[0].noun], [entry.before for entry in run], self.coming)
        links = [{name: entry.before.get(name, []) for name in many} for entry in run]
        try:
            back = insert([_built(entry) for entry in run], links, compact=len(run) > FEW)
        except Invalid:
            text = _("%(record)s cannot come back: another one has taken its place.")
            raise NotUndoable(text % {"record": _built(run[0])}) from None
        self.held |= {(row.noun(), row.pk): row for row in back}

    def _unmake(self, pairs: list[tuple[Entry, Row]]) -> None:
        made = [row for _entry, row in pairs]
        # rows of one kind that name each other go together
        reasons = _changed_since(pairs) | _built_upon(made, self.by, but={(row.noun(), row.pk) for row in made})
        for entry, row in pairs:
            if row.pk in reasons and not row.outlives_undo:
                what = _("%(record)s has changed since: %(what)s.") % {"record": row, "what": reasons[row.pk]}
                self._keep_or_refuse(what, entry, row)
        gone = [row for _entry, row in pairs if row.pk not in reasons]
        for row in gone:
            del self.held[row.noun(), row.pk]
        delete(gone, compact=len(pairs) > FEW)

    def _unchange(self, pairs: list[tuple[Entry, Row]]) -> None:
        values: list[tuple[Row, dict[str, Any]]] = []
        names = {name for entry, _row in pairs for name in entry.before}
        for (entry, row), now in zip(pairs, dump_many([row for _entry, row in pairs], names), strict=True):
            later = [name for name in entry.before if now[name] != entry.after.get(name)]
            for name in later:
                words = {"record": row, "what": _words(row, name)}
                self._keep_or_refuse(_("%(record)s has changed since: %(what)s.") % words, entry, row)
            values.append((row, {name: value for name, value in entry.before.items() if name not in later}))
        _targets_exist(type(pairs[0][1]), [each for _row, each in values], self.coming)
        assign([(row, _attributes(row, each)) for row, each in values], free=True, compact=len(pairs) > FEW)

    def _keep_or_refuse(self, reason: str, entry: Entry | None = None, row: Row | None = None) -> None:
        if not self.keep_later:
            raise NotUndoable(reason + (_who(row, entry.event) if entry and row else ""))
        self.kept.append(reason)


def _changed_since(pairs: list[tuple[Entry, Row]]) -> dict[int, str]:
    """By id, which values differ from those a row was created with, in words."""
    found: dict[int, str] = {}
    compact = [(entry, row) for entry, row in pairs if not entry.after]
    firsts = _first_values(compact) if compact else {}
    for (entry, row), now in zip(pairs, dump_many([row for _entry, row in pairs]), strict=True):
        first = entry.after or firsts.get(row.pk, {})
        # Where a keyed value is not among the first ones, there was none.
        known = {name for name in {*now, *first} if name in first or (entry.after and is_keyed(name))} - {"version"}
        names = sorted(name for name in known if now.get(name) != first.get(name))
        if names:
            found[row.pk] = ", ".join(_words(row, name) for name in names)
    return found


def _first_values(pairs: list[tuple[Entry, Row]]) -> dict[int, dict[str, Any]]:
    """Of rows created in bulk, the values they had at first where they were changed later, from the later events."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    noun, since = pairs[0][0].noun, min(entry.event.pk for entry, _row in pairs)
    edited = [row.pk for _entry, row in pairs if not isinstance(row, Record) or row.version > 1]
    for chunk in chunks(edited):
        later = Event.objects.filter(links__kind=noun, links__record_id__in=chunk, pk__gt=since).order_by("id")
        for event in later.distinct():
            for changed, pk, op, before, _after in event.changes:
                if changed == noun and op == "change":
                    found[pk] = before | found[pk]
    return found


def _built_upon(made: list[Row], by: Actor, but: Collection[Link] = ()) -> dict[int, str]:
    """By id, what points at a row meanwhile, in words; not what goes with it by itself, nor what is among `but`."""
    found: dict[int, str] = {}
    for relation in made[0]._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel) or relation.on_delete is models.CASCADE:
            continue
        model: Any = relation.related_model
        for chunk in chunks([row.pk for row in made]):
            if relation.many_to_many:
                through, near, far = link_table(model, relation.field.name)
                pointing = list(through._base_manager.filter(**{f"{far}__in": chunk}).values_list(far, near))
            else:
                name = relation.field.name
                pointing = list(model._base_manager.filter(**{f"{name}__in": chunk}).values_list(name, "pk"))
            for pk, other in pointing:
                if pk not in found and (_noun(model), other) not in but:
                    found[pk] = _("%(other)s belongs to it") % {"other": _named(model, other, by)}
    return found


def _noun(model: type[models.Model]) -> str:
    return model.noun() if issubclass(model, Row) else ""


def _words(row: Row, name: str) -> str:
    return row.word_for(name)


def _named(model: type[models.Model], pk: int, by: Actor) -> str:
    """A record by its label, to those who may see it."""
    seen = model.objects.visible_to(by).filter(pk=pk).first() if issubclass(model, Row) else None
    return str(seen or model._meta.verbose_name)


def _who(row: Row, event: Event) -> str:
    """Who touched the row after that event, to be asked."""
    links = EventLink.objects.filter(kind=row.noun(), record_id=row.pk, event_id__gt=event.pk)
    newest = links.select_related("event").order_by("-event_id").first()
    return " " + _("Last by %(who)s.") % {"who": newest.event.by_label} if newest else ""


def _targets_exist(model: type[Row], values: Sequence[dict[str, Any]], coming: Collection[Link]) -> None:
    """What these values point at must still be there, or come back with them."""
    for column in [*model._meta.concrete_fields, *model._meta.many_to_many]:
        if not column.is_relation or column.related_model is None:
            continue
        given = [each[column.name] for each in values if each.get(column.name) is not None]
        wanted = {pk for one in given for pk in (one if isinstance(one, list) else [one])}
        target: Any = column.related_model
        wanted -= {pk for pk in wanted if (_noun(target), pk) in coming}
        there = sum(target._base_manager.filter(pk__in=chunk).count() for chunk in chunks(wanted))
        if there < len(wanted):
            raise NotUndoable(_("%(what)s is gone. Take back its removal first.") % {"what": column.verbose_name})


def _built(entry: Entry) -> Row:
    """The row as it was before, in memory."""
    model = rows()[entry.noun]
    many = {each.name for each in model._meta.many_to_many}
    values = entry.before or entry.after
    row = model()
    row.pk = entry.pk
    for name, value in _attributes(row, {name: value for name, value in values.items() if name not in many}).items():
        put(row, name, value)
    return row


def _attributes(row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """Values as `assign` takes them: columns by attribute, many-to-many as ids."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if is_keyed(name):
            found[name] = value
            continue
        column: Any = row._meta.get_field(name)
        found[name if column.many_to_many else column.attname] = value if column.many_to_many else unpack(column, value)
    return found


def _told(root: Event) -> str:
    return "".join(part.text for part in tell(root))
