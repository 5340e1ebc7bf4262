"""Bringing in a file: in batches, each an act of its own, from where an earlier run of the same import ended."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

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
from fairlead.verbs.import_rows import RecordRow

BATCH = 5_000
NOUNS: dict[str, ImportNoun] = {"people": "person", "companies": "company", "leads": "lead"}
AT_ONCE = ("language", "legal_name", "website", "tax_id", "industry", "employees", "country", "interest", "title")
POSTAL = ("street", "city", "region", "postal_code", "country")
CONVERTED = ("convert", "qualifi", "won", "kunde", "client gagné")
LOST = (
    "not converted",
    "unqualified",
    "disqualified",
    "dead",
    "junk",
    "lost",
    "bad ",
    "recycled",
    "nicht qualifiziert",
)


@dataclass
class Outcome:
    """What came of a file; `rejected` has the rows that were left out, with their reasons."""

    into: Import
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[Draft, str]] = field(default_factory=list)


def begin(by: Actor, trial: Trial, name: str, sha256: str = "") -> Import:
    """Raises Invalid when the columns do not say what a record is called, or such records cannot be brought in."""
    if trial.drafting.missing():
        raise Invalid({"columns": [trial.drafting.missing()]})
    if trial.guessed.noun not in NOUNS:
        raise Invalid({"as": [_("Only people, companies and leads can be imported. Nothing was changed.")]})
    noun = NOUNS[trial.guessed.noun]
    return begin_import(by, name=name, noun=noun, system=trial.known.system, mode=trial.mode, sha256=sha256)


def bring_in(
    by: Actor, into: Import, trial: Trial, path: Path, at: Callable[[int], None] = lambda _rows: None
) -> Outcome:
    """Go through the file and take in what the trial lets through; rows of batches that are in are gone over."""
    outcome, last = Outcome(into), into.batches.aggregate(Max("upto"))["upto__max"] or 0
    for batch in batches(trial.verdicts(path)):
        fresh = [each for each in batch if each.draft.number > last]
        outcome.rejected += [(each.draft, " ".join(each.reasons)) for each in batch if each.outcome == "rejected"]
        good = {each.draft.number: each.draft for each in fresh if each.outcome in ("new", "update")}
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


def _take(by: Actor, into: Import, trial: Trial, good: dict[int, Draft], outcome: Outcome) -> None:
    noun, match = NOUNS[trial.guessed.noun], cast(Any, list(trial.match))
    rows = [record_row(noun, draft) for draft in good.values()]
    done = import_records(by, noun=noun, rows=rows, system=trial.known.system, mode=trial.mode, match=match, into=into)
    outcome.counts.update(made=done["made"], updated=done["updated"], there=done["there"])
    outcome.rejected += [(good[each["row"]], each["reason"]) for each in done["refused"]]


def record_row(noun: str, draft: Draft) -> RecordRow:
    """The facts under the names that the verb knows."""
    facts = draft.facts
    row: dict[str, Any] = {"row": draft.number} | {name: facts[name] for name in AT_ONCE if facts.get(name)}
    row |= {"id": facts["external_id"]} if "external_id" in facts else {"fingerprint": draft.fingerprint}
    row |= {name: facts[name] for name in ("source", "tags") if facts.get(name)}
    if owner := facts.get("owner_mail") or facts.get("owner"):
        row["owner"] = owner
    asked = {"mail": facts.get("mail_opt_out"), "phone": facts.get("do_not_call")}
    if stops := [channel for channel, said in asked.items() if said]:
        row["stops"] = stops
    mails, phones = list(facts.get("mails", {}).values()), list(facts.get("phones", {}).values())
    notes = "\n".join([*([facts["message"]] if facts.get("message") else []), *facts.get("odd_mails", [])])
    if noun == "lead":
        return cast(RecordRow, row | _lead(facts, mails, [typed for typed, _label in phones], notes))
    row |= _reach(facts, mails, phones) | ({"about": notes} if notes else {})
    row["name"] = facts["company"] if noun == "company" else _called(facts, mails, phones)
    if noun == "person":
        row |= {name: facts[name] for name in ("call_name", "company_id", "is_company") if facts.get(name)}
        row |= {"company_name": facts["company"]} if facts.get("company") else {}
    return cast(RecordRow, row)


def _called(facts: dict[str, Any], mails: list[str], phones: list[tuple[str, str]]) -> str:
    """A person without a name is called by how they are reached."""
    return str(facts.get("name") or facts.get("call_name") or [*mails, *(typed for typed, _label in phones)][0])


def _reach(facts: dict[str, Any], mails: list[str], phones: Any) -> dict[str, Any]:
    found = {
        "mails": mails,
        "phones": [typed for typed, label in phones if label not in ("fax", "pager")],
        "faxes": [typed for typed, label in phones if label in ("fax", "pager")],
    }
    return {name: values for name, values in found.items() if values} | {
        name: facts[name] for name in POSTAL if facts.get(name)
    }


def _lead(facts: dict[str, Any], mails: list[str], phones: list[str], notes: str) -> dict[str, Any]:
    """A lead has one address and one number; the others stand in its message, so that none is lost."""
    more = [*mails[1:], *phones[1:], *([notes] if notes else [])]
    email = next(iter(mails), "") or next(iter(facts.get("odd_mails", [])), "")
    row = {
        "name": facts.get("name"),
        "company_name": facts.get("company"),
        "email": email,
        "phone": (phones or [""])[0],
    }
    row |= {"message": "\n".join(more), "state": _state(facts)}
    return {name: value for name, value in row.items() if value}


def _state(facts: dict[str, Any]) -> str:
    """Those who have become customers, or never will, do not come back into the queue."""
    said = str(facts.get("status", "")).lower()
    if any(word in said for word in LOST):
        return "disqualified"
    return "qualified" if facts.get("is_converted") or any(word in said for word in CONVERTED) else "open"
