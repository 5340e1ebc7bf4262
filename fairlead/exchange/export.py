"""Exports: a list as a file, exactly the rows and columns that its reader sees and may take out."""

import os
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import access, clock
from fairlead.core.actor import CLASSES, LEVELS, Actor, Level, system
from fairlead.core.errors import NotAllowed, NotFound, Refused
from fairlead.exchange.columns import Rows, every, shown
from fairlead.exchange.tables import MOST_ROWS, Csv, Table, Xlsx, dialect
from fairlead.models import Run
from fairlead.programs.questions import Asker, Question, asked, asker_of
from fairlead.programs.runs import Ended, Running, file_kept, works
from fairlead.verbs.runs import CHECKS, note_export

PIECE = 500  # rows read at once
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TooLarge(Refused):
    code, status = "too_large", 413


def check(by: Actor, facts: Mapping[str, Any]) -> None:
    """Refuse a query that cannot be read, before a run is made of it."""
    question = asked(asker_of(by), facts)
    str(question.ids(by, "export").query)


CHECKS["export"] = check


def rights(by: Actor, noun: str) -> dict[str, Level]:
    """What decides which rows and fields stand in a file."""
    of_rows = {action: by.level(action, noun) for action in ("see", "export")}
    return of_rows | {kind: by.level("see", kind) for kind in CLASSES}


def file_for(run: Run, by: Actor) -> tuple[Path, str]:
    """Where the run's file lies, and its media type: for who asked for it and may still export all that is in it."""
    if run.by_user_id != by.user_id:
        raise NotFound(_("This file is private to who made it."))
    if not access.can_any(by, "export", run.payload.get("noun", "")):
        raise NotAllowed(_("Your role does not allow exports of this any more. Ask an administrator."))
    if holds_more(run, by):
        raise NotAllowed(_("Your role shows you less than when this file was written. Export the list again."))
    if not run.has_file or not run.path.exists():
        raise NotFound(_("This file is not kept any more. Export the list again."))
    return run.path, MEDIA_TYPES[run.file_name.rpartition(".")[2]]


def holds_more(run: Run, by: Actor) -> bool:
    """Was the file written with more rights than this actor has by now?"""
    then, now = run.payload.get("rights", {}), rights(by, run.payload["noun"])
    return any(LEVELS.index(now[name]) < LEVELS.index(level) for name, level in then.items())


@works("export")
def export(running: Running) -> Ended:
    """Count, write into the workshop, then keep the file and note the export, both or neither."""
    facts, asker = running.run.payload, asker_of(running.by)
    question = asked(asker, facts)
    ids = _ids(question, running)
    if facts["format"] == "xlsx" and len(ids) >= MOST_ROWS:
        raise TooLarge(_("These are more than 1,048,575 rows, which no sheet holds. Choose CSV, or narrow the list."))
    path = running.workshop / "file"
    table = _table(running, facts, asker, question)
    try:
        rows = _written(table, question, facts, running, asker, ids)
        running.at(rows, phase="finishing", now=True)
    except BaseException:
        table.drop()
        raise
    table.close()
    return running.finish(lambda: _kept(running, question, path, rows, len(ids), table.cut))


def _ids(question: Question, running: Running) -> "array[int]":
    """All ids at one moment, eight bytes each: rows that come, go or move meanwhile are neither lost nor doubled."""
    ids = array("q")
    for pk in question.ids(running.by, "export").iterator(chunk_size=5000):
        ids.append(pk)
        if len(ids) % 5000 == 0:
            running.at(0)
    running.at(0, len(ids), "working", now=True)
    return ids


def _table(running: Running, facts: Mapping[str, Any], asker: Asker, question: Question) -> Table:
    path = running.workshop / "file"
    if facts["format"] == "xlsx":
        return Xlsx(path, str(question.model._meta.verbose_name_plural).capitalize(), running.workshop)
    return Csv(path, dialect(facts["separator"], asker.locale, facts["mark"]))


def _written(
    table: Table, question: Question, facts: Mapping[str, Any], running: Running, asker: Asker, ids: "array[int]"
) -> int:
    by, model = running.by, question.model
    columns = every(model, by) if facts["columns"] == "all" else shown(question.shown)
    table.write([column.head for column in columns])
    rows, done = Rows(model, columns, by, asker.zone), 0
    for piece in _pieces(ids):
        for line in rows.lines(piece):
            table.write(line)
            done += 1
        running.at(done)
    return done


def _pieces(ids: "array[int]") -> Iterator[list[int]]:
    return (ids[start : start + PIECE].tolist() for start in range(0, len(ids), PIECE))


def _kept(running: Running, question: Question, path: Any, rows: int, counted: int, cut: int) -> Ended:
    run, meta = running.run, question.model._meta
    what = f"{rows:,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), rows)}"
    with path.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(path, run.path)
    note_export(_noting(running), run, what=what, which=question.sentence[:1000])
    name = f"{slugify(str(meta.verbose_name_plural))}-{clock.now():%Y-%m-%d}.{run.payload['format']}"
    seen = {"payload": run.payload | {"rights": rights(running.by, run.payload["noun"])}}
    return file_kept(run, name, rows) | seen | {"text": " ".join(_told(what, counted - rows, cut))}


def _told(what: str, gone: int, cut: int) -> Iterator[str]:
    yield _("%(what)s exported.") % {"what": what}
    if gone:
        yield ngettext("1 was gone before it was written.", "%(n)s were gone before they were written.", gone) % {
            "n": f"{gone:,}"
        }
    if cut:
        yield ngettext(
            "1 text was cut to the 32,767 characters that a cell holds.",
            "%(n)s texts were cut to the 32,767 characters that a cell holds.",
            cut,
        ) % {"n": f"{cut:,}"}


def _noting(running: Running) -> Actor:
    """Fairlead itself, in the name and through the door of who exports."""

    own = running.by
    return replace(system("export", own.door, own.label), user_id=own.user_id, token_id=own.token_id)
