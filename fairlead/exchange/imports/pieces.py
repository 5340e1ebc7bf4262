"""The rows of a file as far as they can be brought without the database: drafts, keys and, for an import, ready rows.

That is the larger part of the work. Of large files other processes do it, while this one judges and writes: each reads
the whole file and takes every so manieth block. They end with the one that started them, whose pipe they write to.
"""

import os
import pickle  # nosec
import subprocess  # nosec
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import IO, Any, NamedTuple

from fairlead.core.errors import Refused
from fairlead.exchange.imports.drafts import Draft, Drafting
from fairlead.exchange.imports.record_rows import record_row
from fairlead.exchange.mapping.guess import Guess
from fairlead.exchange.reading import Look, rows
from fairlead.matching.known import Key
from fairlead.verbs.import_rows import Ready, ready, sale_key

BLOCK = 2_000
LARGE = 2_000_000  # bytes; of smaller files a process of one's own would take longer to begin than to do it
PACKED = 4  # how much larger the rows of a workbook are than its file
JUDGED_BY = frozenset({"record", "external_id", "name", "company", "deal", "subject", "mails"})


class Piece(NamedTuple):
    draft: Draft
    keys: list[Key]
    ready: Ready | None


@dataclass(frozen=True)
class Task:
    """`into`: the noun that rows are made ready for, empty for a dry run; `part` of `parts` is taken of the blocks."""

    path: Path
    found: Look
    guessed: Guess
    region: str
    match: tuple[str, ...]
    into: str = ""
    part: int = 0
    parts: int = 1


def blocks(task: Task, left_out: list[list[str]]) -> Iterator[list[Piece]]:
    """All rows, block by block, in their order; raises what reading them raises."""
    if task.path.stat().st_size * (PACKED if task.found.kind == "workbook" else 1) < LARGE:
        yield from _blocks(task, left_out)
        return
    # An import writes meanwhile; a dry run has nothing else to do.
    parts = 1 if task.into else max(1, min(4, os.cpu_count() or 1))
    helpers = [_begun(replace(task, part=part, parts=parts)) for part in range(parts)]
    try:
        for helper in cycle(helpers):
            pieces, last = _received(helper)
            if pieces:
                yield pieces
            if last is not None:  # whoever comes after it has no block either
                left_out.extend(last)
                return
    finally:
        for each in helpers:
            each.kill()
            each.wait()
            assert each.stdout is not None
            each.stdout.close()


def keys_of(guessed: Guess, usable: bool, match: Sequence[str], draft: Draft) -> list[Key]:
    """By what this row and a record are found to be the same, the strongest first."""
    facts = draft.facts
    if not usable:
        return []
    found = [("id", facts["external_id"]) if "external_id" in facts else ("row", draft.fingerprint)]
    if "record" in facts:
        found.insert(0, ("record", facts["record"]))
    if guessed.noun == "tasks":
        return found
    if guessed.noun == "opportunities":
        customer = facts.get("company") or facts.get("person_name", "")
        return [*found, ("name", sale_key(facts.get("deal", ""), customer))] if "name" in match else found
    if "mail" in match:
        found += [("mail", key) for key in facts.get("mails", ())]
    if "phone" in match:
        found += [("phone", key) for key in facts.get("phones", ()) if key.startswith("+")]
    if "name" in match or guessed.noun == "companies":
        name = facts.get("company") if guessed.noun == "companies" else facts.get("name")
        found += [("name", name)] if name else []
    return found


def _blocks(task: Task, left_out: list[list[str]]) -> Iterator[list[Piece]]:
    drafting, block = Drafting(task.found, task.guessed, task.region), list[Piece]()
    for at, line in enumerate(rows(task.path, task.found, left_out)):
        if at // BLOCK % task.parts == task.part:
            block.append(_piece(task, drafting, drafting.draft(line)))
            if len(block) == BLOCK:
                yield block
                block = []
    if block:
        yield block


def _piece(task: Task, drafting: Drafting, draft: Draft) -> Piece:
    keys = keys_of(task.guessed, drafting.usable, task.match, draft)
    if draft.against or not task.into:
        return Piece(draft, keys, None)
    made = ready(task.into, record_row(task.into, draft), task.region, ())._replace(keys=keys)
    return Piece(draft, keys, made)


# --- other processes ---------------------------------------------------------------------------------------------


def _begun(task: Task) -> "subprocess.Popen[bytes]":
    surroundings = os.environ | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    # an own interpreter with fixed arguments, no shell
    # nosemgrep
    helper = subprocess.Popen(
        [sys.executable, "-P", "-m", "fairlead.exchange.imports.second"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=surroundings,
    )
    assert helper.stdin is not None
    with helper.stdin as to:
        pickle.dump(task, to)
    return helper


def _received(helper: "subprocess.Popen[bytes]") -> tuple[list[Piece], list[list[str]] | None]:
    """The next block; after the last one none, and what was left out."""
    assert helper.stdout is not None
    try:
        # written by the process that we began
        # nosemgrep
        found = pickle.load(helper.stdout)  # noqa: S301  # nosec
    except EOFError:
        raise RuntimeError("The process that reads the file ended before it had done so.") from None
    if isinstance(found, Exception):
        raise found
    pieces, left_out = found
    return [Piece(Draft(*draft), keys, made and Ready(*made)) for draft, keys, made in pieces], left_out


def help_with(task: Task, to: IO[bytes]) -> None:
    """What the other process does: all blocks of its part, then what was left out, or why it could not go on."""
    left_out: list[list[str]] = []
    try:
        for block in _blocks(task, left_out):
            _send(to, ([_plain(each, bool(task.into)) for each in block], None))
        _send(to, ([], left_out))
    except Refused as refusal:
        _send(to, refusal)


def _plain(piece: Piece, slim: bool) -> tuple[Any, ...]:
    """As tuples, which cross quickly; the facts of a row that is ready are in it already."""
    draft = piece.draft
    facts = {name: draft.facts[name] for name in JUDGED_BY & draft.facts.keys()} if slim else draft.facts
    return (
        (draft.number, draft.at, facts, draft.against, draft.doubts, draft.owner, draft.stranger),
        piece.keys,
        piece.ready and tuple(piece.ready),
    )


def _send(to: IO[bytes], what: Any) -> None:
    pickle.dump(what, to, protocol=5)
    to.flush()
