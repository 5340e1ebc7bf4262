"""A draft as the row that the verbs of import know."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from fairlead.core.record import KEYED, key_in
from fairlead.exchange.imports import sales, tasks
from fairlead.exchange.imports.drafts import Draft
from fairlead.models import Lead
from fairlead.verbs.import_rows import RecordRow

AT_ONCE = ("language", "legal_name", "website", "tax_id", "industry", "employees", "country", "interest", "title")
POSTAL = ("street", "city", "region", "postal_code", "country")
# Facts that only some nouns have a field for.
BESIDES = {
    "birthday": _("Birthday"), "department": _("Department"), "website": _("Website"), "linkedin": _("LinkedIn"),
    "social": _("Social media"), "industry": _("Industry"), "employees": _("Employees"), "revenue": _("Revenue"),
    "tax_id": _("Tax id"), "gender": _("Gender"), "language": _("Language"), "connected_on": _("Connected on"),
    "po_box": _("PO box"), "parent": _("Parent company"), "campaign": _("Campaign"), "reason": _("Reason"),
    "interest": _("Interest"), "next_step": _("Next step"),
}  # fmt: skip
FIELDS = {
    ("company", "website"), ("company", "industry"), ("company", "employees"), ("company", "tax_id"),
    ("lead", "website"), ("person", "language"), ("lead", "interest"), ("person", "interest"),
    ("company", "interest"), ("opportunity", "reason"), ("lead", "language"), ("lead", "campaign"),
}  # fmt: skip
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


def record_row(noun: str, draft: Draft) -> RecordRow:
    """The facts under the names that the verb knows."""
    facts = draft.facts
    row: dict[str, Any] = {"row": draft.number} | {name: facts[name] for name in AT_ONCE if facts.get(name)}
    row |= {"id": facts["external_id"]} if "external_id" in facts else {"fingerprint": draft.fingerprint}
    row |= {name: facts[name] for name in ("record", "source", "tags") if facts.get(name)}
    row |= {"owner": draft.owner} if draft.owner else {}
    asked = {"mail": facts.get("mail_opt_out"), "phone": facts.get("do_not_call")}
    if stops := [channel for channel, said in asked.items() if said]:
        row["stops"] = stops
    mails, phones = list(facts.get("mails", {}).values()), list(facts.get("phones", {}).values())
    said = [*([facts["message"]] if facts.get("message") else []), *facts.get("odd_mails", []), *_besides(noun, facts)]
    notes = "\n".join(said)
    row |= {"created_at": at} if (at := _moment(facts.get("created_at"))) else {}
    if own := [name for name in facts if name[:2] == KEYED]:
        row["custom"] = {key_in(name): facts[name] for name in own}
    if noun == "task":
        return cast(RecordRow, row | tasks.facts_of(facts, mails))
    if noun == "opportunity":
        return cast(RecordRow, row | sales.facts_of(facts, mails, notes))
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
    row |= {name: facts.get(name) for name in ("company_id", "company_size", "campaign", "lead_type")}
    row |= {"message": "\n".join(more), "state": _state(facts)} | {name: facts.get(name) for name in POSTAL}
    row |= {"rating": facts["rating"].lower()} if str(facts.get("rating", "")).lower() in Lead.Rating.values else {}
    return {name: value for name, value in row.items() if value}


def _state(facts: dict[str, Any]) -> str:
    """Those who have become customers, or never will, do not come back into the queue."""
    said = str(facts.get("status", "")).lower()
    if any(word in said for word in LOST):
        return "disqualified"
    return "qualified" if facts.get("is_converted") or any(word in said for word in CONVERTED) else "open"


def _besides(noun: str, facts: dict[str, Any]) -> Iterator[str]:
    """What has no field of its own here is kept as notes, so that nothing is lost; our own files say nothing else."""
    said = [name for name in BESIDES if name in facts] if "record" not in facts else []
    for name in said:
        if facts[name] not in (None, "") and (noun, name) not in FIELDS:
            yield f"{BESIDES[name]}: {facts[name]}"


def _moment(found: datetime | date | None) -> datetime | None:
    if found is None or isinstance(found, datetime):
        return found
    return datetime.combine(found, time(), UTC)
