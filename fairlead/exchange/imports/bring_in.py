"""Bringing in a file: in batches, each an act of its own, from where an earlier run of the same import ended."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.exchange.imports.drafts import Draft
from fairlead.exchange.imports.trial import Trial, Verdict
from fairlead.exchange.reading import rows
from fairlead.exchange.tables import Csv, Dialect
from fairlead.models import Import
from fairlead.verbs.import_records import ImportNoun, begin_import, import_records
from fairlead.verbs.import_rows import Prepared

BATCH = 5_000
NOUNS: dict[str, ImportNoun] = {
    "people": "person",
    "companies": "company",
    "leads": "lead",
    "opportunities": "opportunity",
    "tasks": "task",
}


@dataclass
class Outcome:
    """What came of a file; `rejected` has the rows that were left out, with their reasons."""

    into: Import
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[Draft, str]] = field(default_factory=list)


def begin(by: Actor, trial: Trial, name: str, sha256: str = "") -> Import:
    """Raises Invalid when the columns do not say what a record is called,"""
    if trial.drafting.missing():
        raise Invalid({"columns": [trial.drafting.missing()]})
    noun = NOUNS[trial.guessed.noun]
    return begin_import(by, name=name, noun=noun, system=trial.known.system, mode=trial.mode, sha256=sha256)


def bring_in(
    by: Actor, into: Import, trial: Trial, path: Path, at: Callable[[int], None] = lambda _rows: None
) -> Outcome:
    """Go through the file and take in what the trial lets through; rows of batches that are in are gone over."""
    outcome, last = Outcome(into), into.batches.aggregate(Max("upto"))["upto__max"] or 0
    with few_collections():
        for batch in batches(trial.verdicts(path, NOUNS[trial.guessed.noun])):
            fresh = [each for each in batch if each.draft.number > last]
            outcome.rejected += [(each.draft, " ".join(each.reasons)) for each in batch if each.outcome == "rejected"]
            good = {each.draft.number: each for each in fresh if each.outcome == "new"}
            outcome.counts["there"] += sum(each.outcome == "duplicate" for each in fresh)
            if good:
                _take(by, into, trial, good, outcome)
            at(batch[-1].draft.number)
    outcome.counts["refused"] = len(outcome.rejected)
    return outcome


def write_rejected(outcome: Outcome, trial: Trial, source: Path, target: Path) -> None:
    """The rejected rows as they stood in the file, with the reason as the last column."""
    reasons = {draft.number: reason for draft, reason in outcome.rejected}
    table = Csv(target, Dialect(","))
    table.write([*trial.found.names, _("Reason")])
    for line in rows(source, trial.found):
        if line.number in reasons:
            table.write([*line.cells, reasons[line.number]])
    table.close()


def batches(verdicts: Iterator[Verdict]) -> Iterator[list[Verdict]]:
    held: list[Verdict] = []
    for each in verdicts:
        held.append(each)
        if len(held) == BATCH:
            yield held
            held = []
    if held:
        yield held


def _take(by: Actor, into: Import, trial: Trial, good: dict[int, Verdict], outcome: Outcome) -> None:
    noun, rows = NOUNS[trial.guessed.noun], Prepared(each.ready for each in good.values() if each.ready)
    facts: Any = {"mode": trial.mode, "unknown": trial.unknown, "unknown_owner": trial.unknown_owner}
    facts["whose"] = trial.whose
    done = import_records(by, noun=noun, rows=rows, system=trial.known.system, into=into, **facts)
    outcome.counts.update(made=done["made"], updated=done["updated"], there=done["there"])
    outcome.rejected += [(good[each["row"]].draft, each["reason"]) for each in done["refused"]]


@contextmanager
def few_collections() -> Iterator[None]:
    """A batch makes many rows that live as long as it; looking through them for garbage takes a fifth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
