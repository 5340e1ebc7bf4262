"""fairlead import: what a file holds, what its columns mean, and what would become of every row."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from fairlead.cli.do import actor, words
from fairlead.core.errors import Invalid, Refused, explained
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.exchange.imports.trial import Trial, told
from fairlead.exchange.reading import Choices

OUTCOMES = ("new", "update", "duplicate", "rejected")
SHOWN = 20  # rows with a reason, where nobody asked for JSON


def main(asked: argparse.Namespace) -> int:
    """0 when it was gone through, 2 when the file cannot be read or a wish cannot be met."""
    try:
        trial = plan(actor(asked.by), existing(asked.file), wishes(asked))
        rows = [told(verdict) for verdict in trial.verdicts(asked.file) if verdict.reasons or verdict.outcome != "new"]
    except Refused as refusal:
        if asked.json:
            print(json.dumps(explained(refusal), indent=2, default=str))
        else:
            print("\n".join(words(refusal)), file=sys.stderr)
        return 2
    print(json.dumps(summary(trial) | {"rows": rows}, indent=2) if asked.json else "\n".join(lines(trial, rows)))
    return 0


def existing(path: Any) -> Any:
    if not path.is_file():
        raise Invalid({"file": [f"There is no file {path}."]})
    return path


def wishes(asked: argparse.Namespace) -> Wishes:
    pairs = [each.rpartition("=")[::2] for each in asked.column]
    choices = Choices(asked.encoding, asked.separator.replace("\\t", "\t"), asked.sheet, asked.header, asked.dates)
    match = tuple(asked.match or ("mail",))
    return Wishes(asked.noun, choices, dict(pairs), asked.system, asked.mode, match)


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


def lines(trial: Trial, rows: list[dict[str, Any]]) -> Iterator[str]:
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
    for row in rows[:SHOWN]:
        why = " ".join(row["reasons"])
        yield f"  row {row['row']} (line {row['line']}), {row['name'] or 'no name'}: {row['outcome']}. {why}"
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more; --json has all."
    for left in trial.left_out:
        yield f"  left out at the end: {' '.join(cell for cell in left if cell.strip())[:80]}"
