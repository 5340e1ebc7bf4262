"""A dry run: what an import would do with every row, and why, without doing any of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _

from fairlead.exchange.imports.drafts import Draft, Drafting
from fairlead.exchange.imports.pieces import Piece, Task, blocks
from fairlead.exchange.imports.record_rows import record_row
from fairlead.exchange.imports.seen import Seen
from fairlead.exchange.mapping.guess import Guess
from fairlead.exchange.reading import Look
from fairlead.matching.known import Known
from fairlead.models import normal
from fairlead.models.names import words_of
from fairlead.verbs.import_owners import UnknownOwner, nobody, refuses
from fairlead.verbs.import_rows import Ready
from fairlead.verbs.import_tasks import abouts, nowhere

Outcome = Literal["new", "update", "duplicate", "rejected"]
Mode = Literal["create", "create_and_update", "update"]
SHARED = words_of("""
    info office sales contact kontakt mail hello admin support team hi enquiries inquiries buero post service
""")


class Verdict(NamedTuple):
    """What becomes of a row. `of` is the id of the record it would change or repeats."""

    draft: Draft
    outcome: Outcome
    reasons: Sequence[str] = ()
    of: int | None = None
    ready: Ready | None = None


@dataclass
class Trial:
    """Goes through a file once; counts as it goes."""

    found: Look
    guessed: Guess
    drafting: Drafting
    known: Known
    mode: Mode = "create"
    match: tuple[str, ...] = ("mail",)
    unknown: str = "refuse"
    unknown_owner: UnknownOwner = "mine"
    whose: str = "rules"
    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[list[str]] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)

    def verdicts(self, path: Path, into: str = "") -> Iterator[Verdict]:
        """What becomes of each row. `into`: the noun that rows are made ready for, for an import, which finds out by
        itself which records are there."""
        task = Task(path, self.found, self.guessed, self.drafting.region, self.match, into)
        for block in blocks(task, self.left_out):
            held = {} if into else self.known.same({each.draft.number: each.keys for each in block if each.keys})
            nowhere = {} if into else self._nowhere(block)
            for piece in block:
                verdict = self._verdict(piece, held, nowhere)
                self.counts[verdict.outcome] += 1
                yield verdict

    def _nowhere(self, block: Sequence[Piece]) -> dict[int, str]:
        """Why tasks are about no record, by row."""
        if self.guessed.noun != "tasks":
            return {}
        rows = {each.draft.number: record_row("task", each.draft) for each in block if not each.draft.against}
        there = abouts(self.known.by, self.known.system, rows)
        return {number: nowhere(row) for number, row in rows.items() if number not in there}

    def _verdict(self, piece: Piece, held: dict[int, int], nowhere: dict[int, str]) -> Verdict:
        draft, keys = piece.draft, piece.keys
        if draft.against:
            return Verdict(draft, "rejected", draft.against)
        if draft.stranger and refuses(self.unknown_owner, self.known.noun):
            return Verdict(draft, "rejected", [nobody(self.known.by, self.known.noun, draft.stranger)])
        if repeated := self._repeats(draft, keys):
            return repeated
        of = held.get(draft.number)
        self.seen.add(draft.number, draft.label, draft.own_id, keys)
        if piece.ready is not None:
            return Verdict(draft, "new", draft.doubts, None, piece.ready)
        if of is None and self.mode == "update":
            return Verdict(draft, "rejected", [_("There is no record to update.")])
        if of is None and draft.number in nowhere:
            return Verdict(draft, "rejected", [nowhere[draft.number]])
        if of is None:
            return Verdict(draft, "new", [*draft.doubts, *self._left_to(draft)])
        if self.mode == "create":
            return Verdict(draft, "duplicate", [_("This one is there already; nothing is added.")], of)
        return Verdict(draft, "update", draft.doubts, of)

    def _left_to(self, draft: Draft) -> Iterator[str]:
        """Whose a new row becomes, whose owner nobody knows here."""
        if draft.stranger:
            mine = self.unknown_owner == "mine" and self.known.by.user_id
            yield nobody(self.known.by, self.known.noun, draft.stranger)
            yield _("It becomes yours.") if mine else _("Nobody will own it.")

    def _repeats(self, draft: Draft, keys: list[tuple[str, str]]) -> Verdict | None:
        """A row that says again what an earlier one said. Records with ids of their own may share an address."""
        for key in keys:
            earlier = self.seen.row(key)
            if not earlier or (key[0] == "mail" and key[1].partition("@")[0] in SHARED):
                continue
            number, (label, own) = earlier, self.seen.told(earlier)
            words = {
                "row": number,
                "name": label,
                "value": draft.facts.get("mails", {}).get(key[1], key[1].replace("\n", ", ")),
            }
            if key[0] in ("record", "id", "row"):
                text = _("The same id as row %(row)s.") if key[0] != "row" else _("The same as row %(row)s.")
                return Verdict(draft, "duplicate", [text % words])
            if key[0] == "name" and own and (draft.own_id or own) != own:
                continue
            if "record" in draft.facts:  # which record it is stands beyond doubt
                continue
            if normal.words(label) != normal.words(draft.label) and key[0] == "mail":
                if self.guessed.noun == "leads":  # several people may inquire from one address
                    continue
                text = _("%(value)s is the address of %(name)s in row %(row)s.")
                return Verdict(draft, "rejected", [text % words])
            if own and draft.own_id not in ("", own):
                draft.doubts.append(_("May be the same as row %(row)s (%(value)s).") % words)
                continue
            return Verdict(draft, "duplicate", [_("The same as row %(row)s (%(value)s).") % words])
        return None


def told(verdict: Verdict) -> dict[str, Any]:
    """For programs and lists."""
    return {
        "row": verdict.draft.number,
        "line": verdict.draft.at,
        "name": verdict.draft.label,
        "outcome": verdict.outcome,
        "reasons": [*verdict.reasons],
    }
