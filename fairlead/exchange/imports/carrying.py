"""Runs of imports: the dry run, bringing in, and taking back; each goes on where a killed worker left it."""

import json
import os
import shutil
from collections import Counter
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.errors import NotFound
from fairlead.core.record import writing
from fairlead.core.upload import stored
from fairlead.exchange.imports.bring_in import Outcome, bring_in, write_rejected
from fairlead.exchange.imports.desk import storable, trial_of
from fairlead.exchange.imports.drafts import Draft
from fairlead.exchange.imports.trial import Trial, told
from fairlead.exchange.reading.sheets import forget_rows, sweep_rows
from fairlead.models import Import
from fairlead.programs.runs import Ended, Running, works
from fairlead.verbs.import_files import drop_import
from fairlead.verbs.import_records import undo_import

OUTCOMES = ("new", "update", "duplicate", "rejected")
MOST_TOLD = 10_000  # rows of each outcome that can be looked at
FIRST = 20  # rejected rows that are told with the counts
DRAFTS_KEPT, FILES_KEPT = timedelta(days=7), timedelta(days=90)
EVERY = 500  # rows between two looks whether to go on
REJECTED = "rejected.csv"


@works("try", keeps=gettext_lazy("Nothing was brought in."))
def try_out(running: Running) -> Ended:
    into = _import(running)
    trial, path = trial_of(running.by, into)
    running.at(0, phase="working", now=True)
    rows, reasons, strangers = 0, Counter[str](), Counter[str]()
    first: list[dict[str, Any]] = []
    with _Told(running.workshop) as told_rows:
        for verdict in trial.verdicts(path):
            rows += 1
            told_rows.add(verdict.outcome, told(verdict))
            if verdict.draft.stranger:
                strangers[verdict.draft.stranger[:60]] += 1
            if verdict.outcome == "rejected":
                reasons.update(verdict.reasons)
                first += [told(verdict)] if len(first) < FIRST else []
            if rows % EVERY == 0:
                running.at(rows)
    tried: dict[str, Any] = {
        "rows": rows,
        "counts": {name: trial.counts[name] for name in OUTCOMES},
        "reasons": reasons.most_common(5),
        "first": first,
        "strangers": strangers.most_common(5),
        "left_out": [[cell[:100] for cell in line[:10]] for line in trial.left_out[:10]],
    }
    return running.finish(lambda: _tried(running, into, storable(tried)))


@works("import", keeps=gettext_lazy("What it had brought in by then is kept. Go on with it, or take it back."))
def carry_in(running: Running) -> Ended:
    into = _import(running)
    trial, path = trial_of(running.by, into)
    total = into.tried.get("rows")
    running.at(0, total, "working", now=True)
    rows = _Rows(running, total)
    outcome = bring_in(running.by, into, trial, path, rows)
    running.at(rows.done, phase="finishing", now=True)
    reasons = reasons_of(into, outcome)
    counts = counted(into, rows.done, len(reasons))
    into.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_rejected(into, reasons, trial, path, running.workshop)
    return running.finish(lambda: _brought_in(into, counts))


def settled(into: Import, outcome: Outcome, rows: int) -> None:
    """An import that no run carried in is done: what came of it, in all attempts together."""
    outcome.rejected = reasons_of(into, outcome)
    _brought_in(into, counted(into, rows, len(outcome.rejected)))


@works("take_back")
def take_back(running: Running) -> Ended:
    into = _import(running)
    running.at(0, sum(into.counts.get(name, 0) for name in ("made", "updated")) or None, "working", now=True)
    return running.finish(lambda: _taken_back(running, into))


def rows_told(into: Import, outcome: str, start: int, size: int) -> list[dict[str, Any]]:
    """Rows of a dry run with this outcome, from the `start`th on."""
    path = into.folder / f"{outcome}.jsonl"
    if outcome not in OUTCOMES or not into.tried or not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in islice(file, start, start + size)]


def rejected_file(into: Import) -> Path:
    """The rejected rows, as they stood in the file; raises NotFound when they are not kept."""
    path = into.folder / REJECTED
    if not path.is_file():
        raise NotFound(_("There is no file of rejected rows, or it is not kept any more."))
    return path


def sweep() -> int:
    """Remove the files of imports that were discarded or left alone, and of those long done; returns how many."""
    now, gone = clock.now(), 0
    for into in Import.objects.exclude(stored_as="").select_related("run").order_by("pk"):
        old = now - into.created_at > (DRAFTS_KEPT if into.is_draft else FILES_KEPT)
        if into.is_running or not (old or into.archived_at):
            continue
        if into.is_draft and into.archived_at is None:
            drop_import(system("imports"), into)
        forget(into)
        gone += 1
    sweep_rows()
    return gone


def forget(into: Import) -> None:
    """Remove the file and what was written beside it."""
    if into.stored_as:
        forget_rows(stored(into.stored_as))
        stored(into.stored_as).unlink(missing_ok=True)
    shutil.rmtree(into.folder, ignore_errors=True)
    with writing():
        Import.objects.filter(pk=into.pk).update(stored_as="")


class _Rows:
    """Counts rows as they pass, and tells the run."""

    def __init__(self, running: Running, total: int | None) -> None:
        self.running, self.total, self.done = running, total, 0

    def __call__(self, rows: int) -> None:
        self.done = rows
        self.running.at(rows, self.total)


class _Told:
    """The verdicts in files by their outcome, a line each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.counts = folder, Counter[str]()
        self.files: dict[str, IO[str]] = {}

    def __enter__(self) -> "_Told":
        self.files = {name: (self.folder / f"{name}.jsonl").open("w", encoding="utf-8") for name in OUTCOMES}
        return self

    def __exit__(self, *_error: object) -> None:
        for file in self.files.values():
            file.close()

    def add(self, outcome: str, facts: dict[str, Any]) -> None:
        self.counts[outcome] += 1
        if self.counts[outcome] <= MOST_TOLD:
            self.files[outcome].write(json.dumps(facts) + "\n")


def _import(running: Running) -> Import:
    into = Import.objects.select_related("run").filter(pk=running.run.payload["import"]).first()
    if into is None or (not into.stored_as and running.run.kind != "take_back"):
        raise NotFound(_("The file of this import is not kept any more. Upload it again."))
    return into


def _tried(running: Running, into: Import, tried: dict[str, Any]) -> Ended:
    into.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in OUTCOMES:
        if (written := running.workshop / f"{name}.jsonl").exists():
            os.replace(written, into.folder / written.name)
    with writing():
        Import.objects.filter(pk=into.pk, version=into.version).update(tried=tried)
    return {"text": _("%(rows)s rows looked at.") % {"rows": f"{tried['rows']:,}"}, "done": tried["rows"]}


def _brought_in(into: Import, counts: dict[str, int]) -> Ended:
    with writing():
        Import.objects.filter(pk=into.pk).update(counts=counts, state=Import.State.DONE)
    text = _("%(made)s added, %(updated)s updated, %(there)s there already, %(refused)s rejected.")
    return {"text": text % {name: f"{number:,}" for name, number in counts.items()}, "done": sum(counts.values())}


def _taken_back(running: Running, into: Import) -> Ended:
    undone = undo_import(running.by, into)
    text = _("The import is taken back.")
    if undone.kept:
        text += " " + _("%(kept)s changed since and stayed.") % {"kept": f"{len(undone.kept):,}"}
    return {"text": text, "done": running.run.total or 0}


def reasons_of(into: Import, outcome: Outcome) -> list[tuple[Draft, str]]:
    """Why rows were rejected: in this attempt, and in those before it."""
    found = {draft.number: (draft, reason) for draft, reason in outcome.rejected}
    for batch in into.batches.all():
        for each in batch.reasons:
            found.setdefault(each["row"], (Draft(each["row"], 0), each["reason"]))
    return [found[number] for number in sorted(found)]


def counted(into: Import, rows: int, refused: int) -> dict[str, int]:
    """Of all attempts together; whatever was neither made, updated nor refused was there already."""
    sums = into.batches.aggregate(made=Sum("made"), updated=Sum("updated"))
    made, updated = sums["made"] or 0, sums["updated"] or 0
    return {"made": made, "updated": updated, "there": max(0, rows - made - updated - refused), "refused": refused}


def _write_rejected(into: Import, reasons: list[tuple[Draft, str]], trial: Trial, path: Path, workshop: Path) -> None:
    (into.folder / REJECTED).unlink(missing_ok=True)
    if reasons:
        write_rejected(Outcome(into, Counter(), reasons), trial, path, workshop / REJECTED)
        os.replace(workshop / REJECTED, into.folder / REJECTED)
