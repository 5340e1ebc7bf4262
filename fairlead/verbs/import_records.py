"""Bringing in records of one noun: new ones, and what a file knows better of those that are there."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from typing_extensions import TypedDict

from fairlead.core import access
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.record import KEYED, chunks, writing
from fairlead.core.undo import Undone, undo
from fairlead.core.verb import ALWAYS, verb
from fairlead.matching.known import Known
from fairlead.models import Company, Import, ImportBatch, Organisation
from fairlead.verbs.import_custom import with_own_fields
from fairlead.verbs.import_owners import UnknownOwner, held_back, with_owners
from fairlead.verbs.import_parts import (
    MANY,
    Work,
    find_named,
    link_awaited,
    make,
    stop_all,
    tag_all,
    values_of,
)  # fmt: skip
from fairlead.verbs.import_reach import update_reach
from fairlead.verbs.import_rows import MODELS, PLAIN, REACHED, Prepared, Ready, RecordRow, ready
from fairlead.verbs.import_sales import Sales, better, close_all, find_people, with_sales
from fairlead.verbs.import_tasks import settled, with_places

MOST = 10_000
MOST_KEPT = 1_000  # that are listed
ImportNoun = Literal["person", "company", "lead", "opportunity", "task"]
ImportMode = Literal["create", "create_and_update", "update"]


class Refusal(TypedDict):
    row: int
    reason: str


class Imported(TypedDict):
    """How many were made, updated and there already; what was refused, with the row's number and the reason."""

    made: int
    updated: int
    there: int
    refused: list[Refusal]


@verb("{by} began the import of {name}", may="member", undo_within=None, opposite="undo_import")
def begin_import(
    by: Actor, *, name: str, noun: ImportNoun, system: str = "import", mode: ImportMode = "create", sha256: str = ""
) -> Import:
    """Begin to bring in a file; its rows follow in batches by import_records."""
    _may(by, noun, mode)
    return create(Import, name=name, kind=noun, system=system, mode=mode, sha256=sha256, by_user_id=by.user_id)


@verb("{by} imported {what}", may="member", undo_within=ALWAYS, keep_later=True)
def import_records(
    by: Actor,
    *,
    noun: ImportNoun,
    rows: list[RecordRow],
    system: str = "import",
    mode: ImportMode = "create",
    match: list[Literal["mail", "phone", "name"]] | None = None,
    unknown: Literal["create", "refuse"] = "refuse",
    unknown_owner: UnknownOwner = "mine",
    whose: Literal["rules", "me"] = "rules",
    into: Import | None = None,
) -> Imported:
    """Bring in up to 10,000 records: one act with one undo, updates included. A row that cannot be taken stops none.

    Rows are matched with what is there by their id in `system` (or their fingerprint), then by mail address unless
    `match` says otherwise. Updates fill and replace what the row says, add addresses and numbers, and empty nothing.
    Choices that a custom field does not have are refused with their row, or created, by `unknown`; new rows of owners
    whom nobody knows here become yours or nobody's, or are refused, by `unknown_owner`. New leads that name no owner go
    where the lead rules say, or are yours, by `whose`.
    """
    _may(by, noun, mode)
    if not 0 < len(rows) <= MOST:
        raise Invalid({"rows": [_("Send 1 to %(most)s rows at once. Nothing was changed.") % {"most": f"{MOST:,}"}]})
    by_rules = whose == "rules"
    work = Work(by, noun, MODELS[noun], system, Organisation.ours().country, unknown_owner, by_rules)
    _allowed(work, rows)
    match = ["mail"] if match is None else match
    prepared = rows.ready if isinstance(rows, Prepared) else _numbered(noun, rows, work.region, match)
    upto = max(each.number for each in prepared)
    prepared = with_owners(work, prepared)
    sales, prepared = with_sales(work, with_own_fields(work, prepared, unknown), unknown)
    firms = _firms(work, prepared, mode)
    fit = [each for each in prepared if not each.row.get("is_company") and _fits(work, each)]
    held = _held(work, fit)
    new = [each for each in fit if each.number not in held] if mode != "update" else []
    known = [(each, held[each.number]) for each in fit if each.number in held] if mode != "create" else []
    for each in fit if mode == "update" else []:
        if each.number not in held:
            work.refused[each.number] = _("There is no record to update.")
    find_named(work, [*new, *(each for each, _pk in known)])
    find_people(work, [*new, *(each for each, _pk in known)])
    taken = with_places(work, new)
    made = make(work, taken)
    close_all(sales, zip(taken, made, strict=True))
    made = firms + made
    updated = _update(work, sales, known)
    link_awaited(work, made, taken)
    there = len(fit) - len(new) - len(known) if mode == "create" else 0
    current().step.labels["what"] = _told(work, len(made) + updated)
    refused: list[Refusal] = [{"row": row, "reason": reason} for row, reason in sorted(work.refused.items())]
    if into is not None:
        counts = {"made": len(made), "updated": updated, "there": there, "refused": len(refused)}
        create(ImportBatch, of=into, upto=upto, act=current().id, reasons=refused, **counts)
    return {"made": len(made), "updated": updated, "there": there, "refused": refused}


@verb("{by} took back the import of {into}", may="edit", undo_within=ALWAYS)
def undo_import(by: Actor, into: Import) -> Undone:
    """Take back a whole import, updates included, the last batch first; what changed since is kept and listed."""
    batches = list(into.batches.order_by("-upto").values_list("act", flat=True))
    kept = [text for act in batches for text in undo(by, act=act).kept]
    if batches:
        with writing():
            Import.objects.filter(pk=into.pk).update(state=Import.State.BACK, kept=kept[:MOST_KEPT])
    return Undone(batches[0] if batches else current().id, kept=kept, repeated=not batches)


def _numbered(noun: str, rows: Sequence[RecordRow], home: str, match: Sequence[str]) -> list[Ready]:
    """Made ready; rows that do not say which they are count from 1."""
    numbered: Any = [{"row": at, **row} for at, row in enumerate(rows, 1)]
    return [ready(noun, row, home, match) for row in numbered]


def _may(by: Actor, noun: str, mode: str) -> None:
    for action in {"create": ("create",), "update": ("edit",)}.get(mode, ("create", "edit")):
        if not access.can_any(by, action, noun):
            raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."), may=action)


def _allowed(work: Work, rows: Sequence[RecordRow]) -> None:
    """Fields that this actor may not set are refused, as everywhere."""
    said = {name for row in rows for name in row}
    if said & {"phones", "faxes", "mails"}:
        said |= {"mails", "phones"}
    if fixed := access.fixed(work.by, work.model) & said:
        words = {"fields": ", ".join(sorted(fixed))}
        raise NotAllowed(_("Your role does not let you set %(fields)s. Nothing was changed.") % words)


def _held(work: Work, rows: Sequence[Ready]) -> dict[int, int]:
    """By row number, the record that is there already."""
    return Known(work.by, MANY[work.noun], work.system).same({each.number: each.keys for each in rows if each.keys})


def _firms(work: Work, rows: Sequence[Ready], mode: ImportMode) -> list[Any]:
    """Companies among people: they are added first, so that the people find them."""
    firms = [each.row for each in rows if each.row.get("is_company") and work.noun == "person"]
    if not firms or mode == "update":
        return []
    _may(work.by, "company", "create")
    own = Work(work.by, "company", Company, work.system, work.region, work.unknown_owner)
    own.refused = work.refused
    prepared = with_owners(own, [ready("company", row, work.region, ()) for row in firms])
    fit = [each for each in prepared if _fits(own, each)]
    held = _held(own, fit)
    find_named(own, fit)
    return make(own, [each for each in fit if each.number not in held])


def _fits(work: Work, row: Ready) -> bool:
    if row.refusal:
        work.refused[row.number] = row.refusal
    return not row.refusal


# --- those that are there ----------------------------------------------------------------------------------------


def _update(work: Work, sales: Sales, known: Sequence[tuple[Ready, int]]) -> int:
    records: dict[int, Any] = {}
    reach = access.reach(work.by, "edit", work.model)
    told = [name for name in ("owner", "company", "person") if name in {each.name for each in work.model._meta.fields}]
    joined = told if any(row.row.get("record") for row, _pk in known) else []
    joined += ["stage"] if work.noun == "opportunity" else []
    for chunk in chunks({pk for _row, pk in known}):
        found = work.model._base_manager.filter(reach, pk__in=chunk)
        records |= {each.pk: each for each in (found.select_related(*joined) if joined else found)}
    pairs: list[tuple[Ready, Any]] = []
    for row, pk in known:
        if pk in records:
            pairs.append((row, records[pk]))
        else:
            work.refused[row.number] = _("You may not change this record.")
    held = held_back(work, pairs)
    work.refused |= {row.number: _("You may not give this record to others.") for row, each in pairs if each.pk in held}
    pairs = [(row, record) for row, record in pairs if record.pk not in held]
    wanted = [(record, _better(work, sales, row, record)) for row, record in pairs]
    changed = {each.pk for each in assign(wanted, compact=True)}
    before = current().counted
    close_all(sales, [(row, record) for row, record in pairs if record.pk in changed])
    if work.noun in REACHED:
        update_reach(work.noun, pairs)
    if work.noun != "task":
        tag_all(pairs)
    own = f"{work.noun}_id"
    more = {getattr(each.row, own, None) or each.row.pk for each in current().step.changes if each.number >= before}
    stop_all(work, pairs)
    return len(changed | more)


def _better(work: Work, sales: Sales, row: Ready, record: Any) -> dict[str, Any]:
    """What the row says; notes are kept beside those that are there, states are left to people."""
    values = values_of(work, row)
    values |= {KEYED + key: value for key, value in values.pop("custom", {}).items()}
    if work.noun == "task":
        return settled(work, row, values, record)
    if work.noun == "opportunity":
        values = better(work, sales, row, record, values)
    if work.noun == "lead":
        values.pop("state", None)
    if "lead_type" not in row.row:
        values.pop("lead_type", None)
    values.pop("created_at", None)
    if row.row.get("record") == record.public_id:
        return _edited(row, record, values)
    for name in ("about", "message"):
        if name in values and values[name] in getattr(record, name):
            del values[name]
        elif name in values and getattr(record, name):
            values[name] = f"{getattr(record, name)}\n{values[name]}"
    return values


def _edited(row: Ready, record: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Of a record that a file of our own names: texts are replaced, and links stay that are called as the row says."""
    company, owner = getattr(record, "company", None), getattr(record, "owner", None)
    if company is not None and company.name == row.row.get("company_name"):
        values.pop("company_id", None)
    person = getattr(record, "person", None)
    if person is not None and person.name == row.row.get("person_name"):
        values.pop("person_id", None)
    if owner is not None and row.row.get("owner", "").strip().lower() in (owner.name.lower(), owner.email.lower()):
        values = {name: value for name, value in values.items() if name not in ("owner_id", "team_id")}
    return values


def _told(work: Work, count: int) -> str:
    meta = work.model._meta
    return f"{count:,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), count)}"


assert set(get_args(ImportNoun)) == set(PLAIN)
