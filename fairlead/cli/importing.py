"""fairlead import: what a file holds, what would become of every row, and bringing it in or taking it back."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Any

from fairlead.cli.do import actor, words
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotFound, Refused, explained
from fairlead.exchange.imports.bring_in import Outcome, begin, bring_in, write_rejected
from fairlead.exchange.imports.carrying import settled
from fairlead.exchange.imports.desk import asked as desired
from fairlead.exchange.imports.desk import unclear
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.exchange.imports.trial import Trial, told
from fairlead.exchange.mapping.targets import SINGULAR
from fairlead.exchange.reading.sheets import forget_rows
from fairlead.models import Import
from fairlead.verbs.import_files import mappings_for
from fairlead.verbs.import_records import undo_import

OUTCOMES = ("new", "update", "duplicate", "rejected")
SHOWN = 20  # rows with a reason, where nobody asked for JSON


def main(asked: argparse.Namespace) -> int:
    """0 when it is done, 2 when the file cannot be read or a wish cannot be met."""
    try:
        by = actor(asked.by)
        if asked.undo:
            return take_back(by, asked)
        path = existing(asked.file)
        try:
            trial = plan(by, path, wishes(by, asked))
            return try_out(trial, path, asked) if asked.dry_run else carry_in(by, trial, path, asked)
        finally:
            forget_rows(path)
    except Refused as refusal:
        if asked.json:
            print(json.dumps(explained(refusal), indent=2, default=str))
        else:
            print("\n".join(words(refusal)), file=sys.stderr)
        return 2


def try_out(trial: Trial, path: Path, asked: argparse.Namespace) -> int:
    rows, count = list[dict[str, Any]](), 0
    for verdict in trial.verdicts(path):
        if verdict.reasons or verdict.outcome != "new":
            count += 1
            rows += [told(verdict)] if asked.json or count <= SHOWN else []
    print(json.dumps(summary(trial) | {"rows": rows}, indent=2) if asked.json else "\n".join(lines(trial, rows, count)))
    return 0


def carry_in(by: Actor, trial: Trial, path: Path, asked: argparse.Namespace) -> int:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    if (names := unclear(trial)) and not asked.dates:
        text = f"Say --dates dmy or --dates mdy: days in {', '.join(names)} can be read both ways. Nothing was changed."
        raise Invalid({"dates": [text]})
    into = found(by, asked.resume) if asked.resume else begin(by, trial, path.name[:255], digest)
    if into.sha256 != digest:
        raise Invalid({"file": ["This is not the file that the import began with. Nothing was changed."]})
    if not asked.json:
        print(f"Import {into.public_id}", file=sys.stderr)
    progress = Progress()
    outcome = bring_in(by, into, trial, path, progress)
    settled(into, outcome, progress.rows)
    if asked.rejected:
        write_rejected(outcome, trial, path, asked.rejected)
    print(json.dumps(done(outcome), indent=2) if asked.json else "\n".join(done_lines(outcome, asked)))
    return 0


def take_back(by: Actor, asked: argparse.Namespace) -> int:
    undone = undo_import(by, found(by, asked.undo))
    if asked.json:
        print(json.dumps({"import": asked.undo, "undone": not undone.repeated, "kept": undone.kept}, indent=2))
    else:
        print("It was taken back before." if undone.repeated else "The import is taken back.", *undone.kept, sep="\n")
    return 0


class Progress:
    """Rows so far and how many a second, told at most once a second to who watches."""

    def __init__(self) -> None:
        self.began = self.told = time.monotonic()
        self.rows = 0

    def __call__(self, rows: int) -> None:
        self.rows, now = rows, time.monotonic()
        if now - self.told >= 1 and sys.stderr.isatty():
            self.told = now
            print(f"{rows:,} rows, {rows / (now - self.began):,.0f} a second", file=sys.stderr)


def found(by: Actor, public_id: str) -> Import:
    into = Import.objects.visible_to(by).filter(public_id=public_id).first()
    if into is None:
        raise NotFound(f"There is no import {public_id}.")
    return into


def done(outcome: Outcome) -> dict[str, Any]:
    rejected = [{"row": draft.number, "line": draft.at, "reason": reason} for draft, reason in outcome.rejected]
    counts = {name: outcome.counts[name] for name in ("made", "updated", "there", "refused")}
    return {"import": outcome.into.public_id, "counts": counts, "rejected": rejected}


def done_lines(outcome: Outcome, asked: argparse.Namespace) -> Iterator[str]:
    counts = outcome.counts
    made, updated, there, refused = (counts[name] for name in ("made", "updated", "there", "refused"))
    yield f"{made} added, {updated} updated, {there} there already, {refused} rejected."
    for draft, reason in outcome.rejected[:SHOWN]:
        yield f"  row {draft.number} (line {draft.at}): {reason}"
    if outcome.rejected and not asked.rejected:
        yield "Write the rejected rows to a file with --rejected FILE."
    yield f"Take it back: fairlead import --undo {outcome.into.public_id}"


def existing(path: Any) -> Any:
    if path is None or not path.is_file():
        raise Invalid({"file": [f"There is no file {path}."]})
    return path


def wishes(by: Actor, asked: argparse.Namespace) -> Wishes:
    """What the flags say; with --mapping, on top of what was saved in the browser."""
    saved = saved_wishes(by, asked.mapping) if asked.mapping else {}
    said: dict[str, Any] = {
        "noun": SINGULAR.get(asked.noun, ""),
        "encoding": asked.encoding,
        "separator": asked.separator,
        "sheet": asked.sheet,
        "header": asked.header,
        "dates": asked.dates or "",
        "decimal": asked.decimal,
        "system": asked.system,
        "mode": asked.mode,
        "match": asked.match,
        "unknown": asked.unknown,
        "unknown_owner": asked.unknown_owner,
        "whose": asked.whose,
    }
    pairs = dict(each.rpartition("=")[::2] for each in asked.column)
    said = {name: value for name, value in said.items() if value not in ("", None)}
    return desired(saved | said | {"columns": saved.get("columns", {}) | pairs})


def saved_wishes(by: Actor, name: str) -> dict[str, Any]:
    mapping = mappings_for(by).filter(name__iexact=name).first()
    if mapping is None:
        raise NotFound(f"There is no saved mapping {name}.")
    return dict(mapping.wishes)


def summary(trial: Trial) -> dict[str, Any]:
    """What was found and counted, for programs."""
    found, guessed = trial.found, trial.guessed
    return {
        "as": guessed.noun,
        "kind": found.kind,
        "encoding": found.encoding,
        "separator": found.manner.separator if found.kind == "text" else "",
        "sheets": found.sheets,
        "sheet": found.sheet,
        "header": None if found.header is None else found.header + 1,
        "columns": [
            {"name": name, "means": means, "refused": guessed.secrets.get(at, ""), "dates": found.orders.get(at, "")}
            for at, (name, means) in enumerate(zip(found.names, guessed.meanings, strict=True))
        ],
        "decimal": found.decimal,
        "system": trial.known.system,
        "missing": trial.drafting.missing(),
        "counts": {name: trial.counts[name] for name in OUTCOMES},
        "left_out": trial.left_out,
    }


def lines(trial: Trial, rows: list[dict[str, Any]], count: int) -> Iterator[str]:
    """`rows`: the first of the `count` that there is something to say of."""
    found, guessed = trial.found, trial.guessed
    yield f"{found.kind.capitalize()}, {found.encoding or found.sheet}, read as {guessed.noun}. Nothing was changed."
    for at, (name, means) in enumerate(zip(found.names, guessed.meanings, strict=True)):
        refused = f"left out: it holds a secret ({guessed.secrets[at]})" if at in guessed.secrets else "left out"
        order = f" ({found.orders[at].replace('?', 'say the order with --dates')})" if at in found.orders else ""
        yield f"  {name[:40]:40}  {means or refused}{order}"
    if trial.drafting.missing():
        yield f"{trial.drafting.missing()} Write --column NAME=MEANING."
    new, update, duplicate, rejected = (trial.counts[each] for each in OUTCOMES)
    yield f"{new} new, {update} to update, {duplicate} there already, {rejected} rejected."
    for row in rows:
        why = " ".join(row["reasons"])
        yield f"  row {row['row']} (line {row['line']}), {row['name'] or 'no name'}: {row['outcome']}. {why}"
    if count > SHOWN:
        yield f"  and {count - SHOWN} more; --json has all."
    for left in trial.left_out:
        yield f"  left out at the end: {' '.join(cell for cell in left if cell.strip())[:80]}"
