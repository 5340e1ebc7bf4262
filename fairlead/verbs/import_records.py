"""Bringing in records of one noun: new ones, and what a file knows better of those that are there."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from typing_extensions import TypedDict

from fairlead.core import access
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.record import chunks, writing
from fairlead.core.undo import Undone, undo
from fairlead.core.verb import ALWAYS, verb
from fairlead.matching.known import Known
from fairlead.models import (
    Company,
    Import,
    ImportBatch,
    Lead,
    Organisation,
    Person,
    normal,
)  # fmt: skip
from fairlead.verbs.import_parts import (
    MANY,
    PLAIN,
    RecordRow,
    Work,
    add_reach,
    find_named,
    link_awaited,
    make,
    number_of,
    reach_of,
    region_of,
    stop_all,
    tag_all,
    values_of,
)  # fmt: skip

MOST = 10_000
MOST_KEPT = 1_000  # that are listed
ImportNoun = Literal["person", "company", "lead"]
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
    into: Import | None = None,
) -> Imported:
    """Bring in up to 10,000 records: one act with one undo, updates included. A row that cannot be taken stops none.

    Rows are matched with what is there by their id in `system` (or their fingerprint), then by mail address unless
    `match` says otherwise. Updates fill and replace what the row says, add addresses and numbers, and empty nothing.
    """
    _may(by, noun, mode)
    if not 0 < len(rows) <= MOST:
        raise Invalid({"rows": [_("Send 1 to %(most)s rows at once. Nothing was changed.") % {"most": f"{MOST:,}"}]})
    work = Work(
        by, noun, {"person": Person, "company": Company, "lead": Lead}[noun], system, Organisation.ours().country
    )
    _allowed(work, rows)
    upto = max(map(number_of, rows))
    firms = _firms(work, rows, mode)
    rows = [row for row in rows if not row.get("is_company")]
    held = _held(work, rows, ["mail"] if match is None else match)
    fit = [each for each in rows if _fits(work, each)]
    new = [each for each in fit if number_of(each) not in held] if mode != "update" else []
    known = [(each, held[number_of(each)]) for each in fit if number_of(each) in held] if mode != "create" else []
    for each in fit if mode == "update" else []:
        if number_of(each) not in held:
            work.refused[number_of(each)] = _("There is no record to update.")
    find_named(work, [*new, *(each for each, _pk in known)])
    made = firms + make(work, new)
    updated = _update(work, known)
    link_awaited(work, made, new)
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


def _held(work: Work, rows: Sequence[RecordRow], match: Sequence[str]) -> dict[int, int]:
    """By row number, the record that is there already."""
    keys = {number_of(row): _keys(work, row, match) for row in rows}
    return Known(work.by, MANY[work.noun], work.system).same({number: each for number, each in keys.items() if each})


def _keys(work: Work, row: RecordRow, match: Sequence[str]) -> list[tuple[str, str]]:
    keys = [("id", row["id"])] if row.get("id") else [("row", row["fingerprint"])] if row.get("fingerprint") else []
    mails = row.get("mails", []) or [row.get("email", "")]
    if "mail" in match:
        keys += [("mail", key) for text in mails if text and (key := normal.mail(text))]
    if "phone" in match:
        numbers = (normal.phone(text, region_of(work, row)) for text in row.get("phones", []) or [row.get("phone", "")])
        keys += [("phone", number) for number in numbers if number]
    if ("name" in match or work.noun == "company") and row.get("name"):
        keys.append(("name", row["name"]))
    return keys


def _firms(work: Work, rows: Sequence[RecordRow], mode: ImportMode) -> list[Any]:
    """Companies among people: they are added first, so that the people find them."""
    firms = [row for row in rows if row.get("is_company") and work.noun == "person"]
    if not firms or mode == "update":
        return []
    _may(work.by, "company", "create")
    own = Work(work.by, "company", Company, work.system, work.region)
    held = _held(own, firms, ())
    find_named(own, firms)
    return make(own, [row for row in firms if number_of(row) not in held and _fits(own, row)])


def _fits(work: Work, row: RecordRow) -> bool:
    """Do the values keep the rules of their fields? If not, the row is refused with the first reason."""
    name = str(row.get("name", ""))
    if work.noun != "lead" and not name.strip():
        work.refused[number_of(row)] = _("There is no name in this row.")
        return False
    for column in PLAIN[work.noun]:
        value = row.get(column)
        if value:
            table_field: Any = work.model._meta.get_field(column)
            try:
                table_field.clean(value, None)
            except ValidationError as error:
                words = {"field": table_field.verbose_name, "why": " ".join(error.messages)}
                work.refused[number_of(row)] = _("%(field)s: %(why)s") % words
                return False
    for text in row.get("mails", []):
        if not normal.mail(text):
            work.refused[number_of(row)] = _("%(text)s is not an e-mail address.") % {"text": text[:60]}
            return False
    return True


# --- those that are there ----------------------------------------------------------------------------------------


def _update(work: Work, known: Sequence[tuple[RecordRow, int]]) -> int:
    records: dict[int, Any] = {}
    reach = access.reach(work.by, "edit", work.model)
    for chunk in chunks({pk for _row, pk in known}):
        records |= {each.pk: each for each in work.model._base_manager.filter(reach, pk__in=chunk)}
    pairs: list[tuple[RecordRow, Any]] = []
    for row, pk in known:
        if pk in records:
            pairs.append((row, records[pk]))
        else:
            work.refused[number_of(row)] = _("You may not change this record.")
    changed = {
        each.pk for each in assign([(record, _better(work, row, record)) for row, record in pairs], compact=True)
    }
    before = current().counted
    if work.noun != "lead":
        add_reach(work, pairs, reach_of(work, [record.pk for _row, record in pairs]))
    tag_all(pairs)
    more = {change.row.root().pk for change in current().step.changes if change.number >= before}
    stop_all(work, pairs)
    return len(changed | more)


def _better(work: Work, row: RecordRow, record: Any) -> dict[str, Any]:
    """What the row says; notes are kept beside those that are there, states are left to people."""
    values = values_of(work, row)
    values.pop("state", None)
    values.pop("lead_type", None)
    for name in ("about", "message"):
        if name in values and values[name] in getattr(record, name):
            del values[name]
        elif name in values and getattr(record, name):
            values[name] = f"{getattr(record, name)}\n{values[name]}"
    return values


def _told(work: Work, count: int) -> str:
    meta = work.model._meta
    return f"{count:,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), count)}"


assert set(get_args(ImportNoun)) == set(PLAIN)
