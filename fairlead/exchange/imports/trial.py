"""A dry run: what an import would do with every row, and why, without doing any of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _

from fairlead.exchange.imports.drafts import Draft, Drafting
from fairlead.exchange.mapping.guess import Guess
from fairlead.exchange.reading import Look, rows
from fairlead.matching.known import Known
from fairlead.models import normal
from fairlead.models.names import words_of

Outcome = Literal["new", "update", "duplicate", "rejected"]
Mode = Literal["create", "create_and_update", "update"]
BATCH = 2_000
SHARED = words_of("""
    info office sales contact kontakt mail hello admin support team hi enquiries inquiries buero post service
""")


@dataclass(frozen=True)
class Verdict:
    """What becomes of a row. `of` is the id of the record it would change or repeats."""

    draft: Draft
    outcome: Outcome
    reasons: list[str] = field(default_factory=list)
    of: int | None = None


@dataclass
class Trial:
    """Goes through a file once; counts as it goes."""

    found: Look
    guessed: Guess
    drafting: Drafting
    known: Known
    mode: Mode = "create"
    match: tuple[str, ...] = ("mail",)
    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[list[str]] = field(default_factory=list)
    seen: dict[tuple[str, str], tuple[int, str, str]] = field(default_factory=dict)

    def verdicts(self, path: Path) -> Iterator[Verdict]:
        batch: list[Draft] = []
        for line in rows(path, self.found, self.left_out):
            batch.append(self.drafting.draft(line))
            if len(batch) == BATCH:
                yield from self._judged(batch)
                batch = []
        yield from self._judged(batch)

    def _judged(self, batch: list[Draft]) -> Iterator[Verdict]:
        held = self.known.same({draft.number: keys for draft in batch if (keys := self.keys(draft))})
        for draft in batch:
            verdict = self._verdict(draft, held)
            self.counts[verdict.outcome] += 1
            yield verdict

    def keys(self, draft: Draft) -> list[tuple[str, str]]:
        """By what this row and a record are found to be the same, the strongest first."""
        facts = draft.facts
        found: list[tuple[str, str]] = []
        if not self.drafting.usable:
            return found
        if "external_id" in facts:
            found.append(("id", facts["external_id"]))
        else:
            found.append(("row", draft.fingerprint))
        if "mail" in self.match:
            found += [("mail", key) for key in facts.get("mails", {})]
        if "phone" in self.match:
            found += [("phone", key) for key in facts.get("phones", {}) if key.startswith("+")]
        if "name" in self.match or self.guessed.noun == "companies":
            name = facts.get("company") if self.guessed.noun == "companies" else facts.get("name")
            found += [("name", name)] if name else []
        return found

    def _verdict(self, draft: Draft, held: dict[int, int]) -> Verdict:
        if draft.against:
            return Verdict(draft, "rejected", draft.against)
        keys = self.keys(draft)
        if repeated := self._repeats(draft, keys):
            return repeated
        of = held.get(draft.number)
        for key in keys:
            self.seen.setdefault(key, (draft.number, draft.label, draft.facts.get("external_id", "")))
        if of is None:
            return (
                Verdict(draft, "rejected", [_("There is no record to update.")])
                if self.mode == "update"
                else (Verdict(draft, "new", draft.doubts))
            )
        if self.mode == "create":
            return Verdict(draft, "duplicate", [_("This one is there already; nothing is added.")], of)
        return Verdict(draft, "update", draft.doubts, of)

    def _repeats(self, draft: Draft, keys: list[tuple[str, str]]) -> Verdict | None:
        """A row that says again what an earlier one said. Records with ids of their own may share an address."""
        for key in keys:
            if key not in self.seen or (key[0] == "mail" and key[1].partition("@")[0] in SHARED):
                continue
            number, label, own = self.seen[key]
            words = {"row": number, "name": label, "value": draft.facts.get("mails", {}).get(key[1], key[1])}
            if key[0] in ("id", "row"):
                text = _("The same id as row %(row)s.") if key[0] == "id" else _("The same as row %(row)s.")
                return Verdict(draft, "duplicate", [text % words])
            if key[0] == "name" and own and draft.facts.get("external_id", own) != own:
                continue
            if normal.words(label) != normal.words(draft.label) and key[0] == "mail":
                if self.guessed.noun == "leads":  # several people may inquire from one address
                    continue
                text = _("%(value)s is the address of %(name)s in row %(row)s.")
                return Verdict(draft, "rejected", [text % words])
            if own and draft.facts.get("external_id", "") not in ("", own):
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
        "reasons": verdict.reasons,
    }
