"""Bringing in records of one noun: new ones, and what a file knows better of those that are there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from typing_extensions import TypedDict

from fairlead.core import access
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change_many, create, create_many, link_many
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.record import chunks
from fairlead.core.undo import Undone, undo
from fairlead.core.verb import ALWAYS, verb
from fairlead.matching.known import ROWS, Known
from fairlead.models import (
    AwaitedCompany,
    Company,
    ExternalId,
    Import,
    ImportBatch,
    Lead,
    MailAddress,
    Organisation,
    Person,
    PhoneNumber,
    PostalAddress,
    Source,
    User,
    normal,
)  # fmt: skip
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.tags import tag_named

MOST = 10_000
ImportNoun = Literal["person", "company", "lead"]
ImportMode = Literal["create", "create_and_update", "update"]
MODELS: dict[str, Any] = {"person": Person, "company": Company, "lead": Lead}
MANY = {"person": "people", "company": "companies", "lead": "leads"}
# What stands in the record's own row, by noun; the rest of a row's facts are parts and links.
PLAIN = {
    "person": ("name", "call_name", "title", "language", "about"),
    "company": ("name", "legal_name", "website", "tax_id", "industry", "employees", "about"),
    "lead": ("name", "company_name", "title", "email", "phone", "website", "country", "interest", "message"),
}
POSTAL = ("street", "city", "region", "postal_code", "country")


class RecordRow(TypedDict, total=False):
    """A record to bring in. `id` is its id in the other system, `company_id` that of its company."""

    row: int
    id: str
    fingerprint: str
    name: str
    call_name: str
    title: str
    language: str
    about: str
    legal_name: str
    website: str
    tax_id: str
    industry: str
    employees: int
    company_name: str
    company_id: str
    email: str
    phone: str
    country: str
    interest: str
    message: str
    state: Literal["open", "qualified", "disqualified"]
    mails: list[str]
    phones: list[str]
    faxes: list[str]
    street: str
    city: str
    region: str
    postal_code: str
    source: str
    owner: str
    tags: list[str]
    is_company: bool


class Refusal(TypedDict):
    row: int
    reason: str


class Imported(TypedDict):
    """How many were made, updated and there already; what was refused, with the row's number and the reason."""

    made: int
    updated: int
    there: int
    refused: list[Refusal]


@dataclass
class Work:
    """What one call knows: its rows, and whom and what they name, found by few statements."""

    by: Actor
    noun: str
    model: Any
    system: str
    region: str
    refused: dict[int, str] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    owners: dict[str, User] = field(default_factory=dict)


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
    upto = max(map(_number, rows))
    firms = _firms(work, rows, mode)
    rows = [row for row in rows if not row.get("is_company")]
    held = _held(work, rows, ["mail"] if match is None else match)
    fit = [each for each in rows if _fits(work, each)]
    new = [each for each in fit if _number(each) not in held] if mode != "update" else []
    known = [(each, held[_number(each)]) for each in fit if _number(each) in held] if mode != "create" else []
    for each in fit if mode == "update" else []:
        if _number(each) not in held:
            work.refused[_number(each)] = _("There is no record to update.")
    _find_named(work, [*new, *(each for each, _pk in known)])
    made = firms + _make(work, new)
    updated = _update(work, known)
    _link_awaited(work, made, new)
    there = len(fit) - len(new) - len(known) if mode == "create" else 0
    current().step.labels["what"] = _told(work, len(made) + updated)
    refused: list[Refusal] = [{"row": row, "reason": reason} for row, reason in sorted(work.refused.items())]
    if into is not None:
        counts = {"made": len(made), "updated": updated, "there": there, "refused": len(refused)}
        create(ImportBatch, of=into, upto=upto, act=current().id, **counts)
    return {"made": len(made), "updated": updated, "there": there, "refused": refused}


@verb("{by} took back the import of {into}", may="edit", undo_within=ALWAYS)
def undo_import(by: Actor, into: Import) -> Undone:
    """Take back a whole import, updates included, the last batch first; what changed since is kept and listed."""
    batches = list(into.batches.order_by("-upto").values_list("act", flat=True))
    kept = [text for act in batches for text in undo(by, act=act).kept]
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
    keys = {_number(row): _keys(work, row, match) for row in rows}
    return Known(work.by, MANY[work.noun], work.system).same({number: each for number, each in keys.items() if each})


def _keys(work: Work, row: RecordRow, match: Sequence[str]) -> list[tuple[str, str]]:
    keys = [("id", row["id"])] if row.get("id") else [("row", row["fingerprint"])] if row.get("fingerprint") else []
    mails = row.get("mails", []) or [row.get("email", "")]
    if "mail" in match:
        keys += [("mail", key) for text in mails if text and (key := normal.mail(text))]
    if "phone" in match:
        numbers = (normal.phone(text, _region(work, row)) for text in row.get("phones", []) or [row.get("phone", "")])
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
    _find_named(own, firms)
    return _make(own, [row for row in firms if _number(row) not in held and _fits(own, row)])


def _fits(work: Work, row: RecordRow) -> bool:
    """Do the values keep the rules of their fields? If not, the row is refused with the first reason."""
    name = str(row.get("name", ""))
    if work.noun != "lead" and not name.strip():
        work.refused[_number(row)] = _("There is no name in this row.")
        return False
    for column in PLAIN[work.noun]:
        value = row.get(column)
        if value:
            table_field: Any = work.model._meta.get_field(column)
            try:
                table_field.clean(value, None)
            except ValidationError as error:
                words = {"field": table_field.verbose_name, "why": " ".join(error.messages)}
                work.refused[_number(row)] = _("%(field)s: %(why)s") % words
                return False
    for text in row.get("mails", []):
        if not normal.mail(text):
            work.refused[_number(row)] = _("%(text)s is not an e-mail address.") % {"text": text[:60]}
            return False
    return True


# --- what rows name ----------------------------------------------------------------------------------------------


def _find_named(work: Work, rows: Sequence[RecordRow]) -> None:
    _find_sources(work, {each["source"].strip() for each in rows if each.get("source", "").strip()})
    owners = {each["owner"].strip().lower() for each in rows if each.get("owner", "").strip()}
    for user in User.objects.active() if owners else ():
        work.owners |= {user.email.lower(): user, user.name.lower(): user}
    if work.noun == "person":
        _find_companies(work, rows)


def _find_sources(work: Work, names: set[str]) -> None:
    for name in sorted(names):
        source = Source.objects.filter(name__iexact=name).first()
        if source is None and access.can_any(work.by, "create", "organisation"):
            source = create(Source, name=name)
        if source is not None:
            work.sources[name] = source.pk


def _find_companies(work: Work, rows: Sequence[RecordRow]) -> None:
    """Companies by their id elsewhere, then by name; those that are not there yet are added, when that is allowed."""
    known = Known(work.by, "companies", work.system)
    ids, names = {each.get("company_id", "") for each in rows} - {""}, {each.get("company_name", "") for each in rows}
    for (_kind, value), pk in known.of([[("id", value)] for value in ids]).items():
        work.companies[f"id:{value}"] = pk
    wanted = sorted(name for name in names if name.strip())
    for chunk in chunks(wanted):
        seen = Company.objects.visible_to(work.by).live().filter(name__in=chunk).order_by("-pk")
        work.companies |= dict(seen.values_list("name", "pk"))
    missing = [name for name in wanted if name not in work.companies]
    if missing and access.can_any(work.by, "create", "company"):
        made = create_many(Company, [{"name": name[:200], **owned_by(work.by)} for name in missing])
        work.companies |= {name: company.pk for name, company in zip(missing, made, strict=True)}


# --- new records and their parts ---------------------------------------------------------------------------------


def _make(work: Work, rows: Sequence[RecordRow]) -> list[Any]:
    if not rows:
        return []
    made = create_many(work.model, [owned_by(work.by) | _values(work, row) for row in rows])
    pairs = list(zip(rows, made, strict=True))
    if work.noun != "lead":
        _add_reach(work, pairs, {})
    create_many(ExternalId, [each for row, record in pairs for each in _ids(work, row, record)])
    _tag(pairs)
    _await(work, pairs)
    return made


def _values(work: Work, row: RecordRow) -> dict[str, Any]:
    """The columns that the row says something of."""
    said: dict[str, Any] = dict(row)
    values = {name: said[name] for name in PLAIN[work.noun] if said.get(name)}
    if row.get("source", "").strip() in work.sources:
        values["source_id"] = work.sources[row["source"].strip()]
    if owner := work.owners.get(row.get("owner", "").strip().lower()):
        values |= {"owner_id": owner.pk, "team_id": min(owner.teams.values_list("pk", flat=True), default=None)}
    if work.noun == "person":
        company = work.companies.get(f"id:{row.get('company_id')}") or work.companies.get(row.get("company_name", ""))
        values |= {"company_id": company} if company else {}
    if work.noun == "lead":
        values |= {"phone_e164": normal.phone(row["phone"], _region(work, row))} if row.get("phone") else {}
        values |= {"lead_type": "list", "state": row.get("state", "open")}
    return values


def _add_reach(work: Work, pairs: Sequence[tuple[RecordRow, Any]], held: dict[int, set[str]]) -> None:
    """Addresses and numbers that the record does not have yet."""
    mails: list[dict[str, Any]] = []
    phones: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for row, record in pairs:
        of, has = {f"{work.noun}_id": record.pk}, held.get(record.pk, set())
        fresh = {normal.mail(text): text.strip() for text in row.get("mails", [])}
        mails += [
            {**of, "address": text, "normal": key, "position": at}
            for at, (key, text) in enumerate(fresh.items(), len(has))
            if key not in has
        ]
        numbers: dict[str, tuple[str, str, str]] = {}
        for typed, label in [
            *((text, "") for text in row.get("phones", [])),
            *((t, "fax") for t in row.get("faxes", [])),
        ]:
            e164 = normal.phone(typed, _region(work, row))
            numbers.setdefault(e164 or typed, (typed[:60], e164, label))
        phones += [
            {**of, "typed": typed, "e164": e164, "label": label, "position": at}
            for at, (key, (typed, e164, label)) in enumerate(numbers.items(), len(has))
            if key not in has
        ]
        said: dict[str, Any] = dict(row)
        if "address" not in has and any(said.get(name) for name in POSTAL):
            places.append(of | {name: said.get(name, "") for name in POSTAL})
    for model, values in ((MailAddress, mails), (PhoneNumber, phones), (PostalAddress, places)):
        create_many(model, values)


def _ids(work: Work, row: RecordRow, record: Any) -> Iterable[dict[str, Any]]:
    if row.get("id"):
        yield {"system": work.system, "value": row["id"], f"{work.noun}_id": record.pk}
    elif row.get("fingerprint"):
        yield {"system": ROWS, "value": row["fingerprint"], f"{work.noun}_id": record.pk}


def _tag(pairs: Sequence[tuple[RecordRow, Any]]) -> None:
    tagged: dict[str, list[Any]] = defaultdict(list)
    for row, record in pairs:
        for name in {each.strip() for each in row.get("tags", []) if each.strip()}:
            tagged[name].append(record)
    for name, records in tagged.items():
        link_many(records, "tags", [tag_named(name)])


def _await(work: Work, pairs: Sequence[tuple[RecordRow, Any]]) -> None:
    if work.noun == "person":
        waiting = [
            {"system": work.system, "value": row["company_id"], "person_id": record.pk}
            for row, record in pairs
            if row.get("company_id") and record.company_id is None
        ]
        create_many(AwaitedCompany, waiting)


def _link_awaited(work: Work, made: Sequence[Any], rows: Sequence[RecordRow]) -> None:
    """People who were imported before their companies."""
    if work.noun != "company":
        return
    companies = {row["id"]: company for row, company in zip(rows, made, strict=True) if row.get("id")}
    for chunk in chunks(companies):
        waiting: dict[str, list[Person]] = defaultdict(list)
        for each in AwaitedCompany.objects.filter(system=work.system, value__in=chunk).select_related("person"):
            if each.person.company_id is None:
                waiting[each.value].append(each.person)
        for value, people in waiting.items():
            change_many(people, company=companies[value])


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
            work.refused[_number(row)] = _("You may not change this record.")
    changed = {
        each.pk for each in assign([(record, _better(work, row, record)) for row, record in pairs], compact=True)
    }
    before = current().counted
    if work.noun != "lead":
        _add_reach(work, pairs, _has(work, [record.pk for _row, record in pairs]))
    _tag(pairs)
    more = {change.row.root().pk for change in current().step.changes if change.number >= before}
    return len(changed | more)


def _better(work: Work, row: RecordRow, record: Any) -> dict[str, Any]:
    """What the row says; notes are kept beside those that are there, states are left to people."""
    values = _values(work, row)
    values.pop("state", None)
    values.pop("lead_type", None)
    for name in ("about", "message"):
        if name in values and values[name] in getattr(record, name):
            del values[name]
        elif name in values and getattr(record, name):
            values[name] = f"{getattr(record, name)}\n{values[name]}"
    return values


def _has(work: Work, ids: Sequence[int]) -> dict[int, set[str]]:
    """By record, the addresses and numbers it has."""
    found: dict[int, set[str]] = defaultdict(set)
    owner = f"{work.noun}_id"
    for chunk in chunks(ids):
        of = {f"{owner}__in": chunk}
        for pk, key in MailAddress.objects.filter(**of).values_list(owner, "normal"):
            found[pk].add(key)
        for pk, e164, typed in PhoneNumber.objects.filter(**of).values_list(owner, "e164", "typed"):
            found[pk].add(e164 or typed)
        for pk in PostalAddress.objects.filter(**of).values_list(owner, flat=True):
            found[pk].add("address")
    return found


def _region(work: Work, row: RecordRow) -> str:
    return row.get("country", "") or work.region


def _number(row: RecordRow) -> int:
    return row.get("row", 0)


def _told(work: Work, count: int) -> str:
    meta = work.model._meta
    return f"{count:,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), count)}"


assert set(get_args(ImportNoun)) == set(PLAIN)
