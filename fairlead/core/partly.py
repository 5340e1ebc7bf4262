"""Taking back another act within a verb, as far as nothing was built upon it: the rest stays, and is told."""

import uuid
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Row
from fairlead.core.undo import (
    Entry,
    _built,
    _built_upon,
    _by_model,
    _changed_since,
    _entries,
    _runs,
    _Taking,
)


def take_back(by: Actor, act: uuid.UUID) -> list[str]:
    """Take back what this act made and changed. A record that it made, and that was changed or used since or that the
    actor may not edit, stays with all its parts; of other records the fields that changed since. What stays, in words.
    """
    every = _entries(act)
    held = current().lock(_by_model((entry.noun, entry.pk) for entry in every))
    entries = [entry for entry in every if entry.op == "remove" or (entry.noun, entry.pk) in held]
    taking = _Taking(by, held, keep_later=True)
    for whole, own in _wholes(entries, held):
        if reason := _stays(by, whole, own, held):
            taking.kept.append(reason)
            continue
        for run in _runs(own):
            taking.back(run)
    return taking.kept


def _wholes(entries: Sequence[Entry], held: dict[Link, Row]) -> Iterator[tuple[Row, list[Entry]]]:
    """Each record with the entries of its own and of its parts; the one that was made last comes first."""
    found: dict[Link, tuple[Row, list[Entry]]] = {}
    for entry in entries:
        row = held.get((entry.noun, entry.pk)) or _built(entry)
        whole = row.root()
        found.setdefault((whole.noun(), whole.pk), (whole, []))[1].append(entry)
    made = {(entry.noun, entry.pk) for entry in entries if entry.op == "create"}
    # What was there before goes back first, so that it points at nothing that was made.
    yield from (pair for link, pair in found.items() if link not in made)
    yield from (pair for link, pair in found.items() if link in made)


def _stays(by: Actor, whole: Row, own: Sequence[Entry], held: dict[Link, Row]) -> str:
    """Why a record cannot go, or cannot be touched; empty when it can."""
    link = (whole.noun(), whole.pk)
    if not access.can(by, "edit", whole):
        return _("%(record)s stays as it is: you may not change it.") % {"record": whole}
    if not any((entry.noun, entry.pk, entry.op) == (*link, "create") for entry in own):
        return ""
    made = [(entry, held[entry.noun, entry.pk]) for entry in own if entry.op != "remove"]
    changed = [what for kind in _by_kind(made) for what in _changed_since(kind).values()]
    parts = {(entry.noun, entry.pk) for entry in own}
    upon = changed or list(_built_upon([held[link]], by, but=parts).values())
    return _("%(record)s stays: %(what)s.") % {"record": whole, "what": upon[0]} if upon else ""


def _by_kind(pairs: Sequence[tuple[Entry, Row]]) -> Iterator[list[tuple[Entry, Row]]]:
    """Rows that this act made, kind by kind; their last value in the act counts as the first."""
    for noun in dict.fromkeys(entry.noun for entry, _row in pairs):
        rows: dict[int, tuple[Entry, Row]] = {}
        for entry, row in reversed([pair for pair in pairs if pair[0].noun == noun]):
            before = rows.get(entry.pk)
            rows[entry.pk] = (entry._replace(after=(before[0].after if before else {}) | entry.after), row)
        yield list(rows.values())
