"""What a record to bring in consists of: its own row, its addresses and numbers, and what it names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.changes import change_many, create, create_many, link_many
from fairlead.core.record import chunks
from fairlead.matching.known import ROWS, Known
from fairlead.models import (
    AwaitedCompany,
    Company,
    ExternalId,
    Lead,
    MailAddress,
    Person,
    PhoneNumber,
    PostalAddress,
    Source,
    Suppression,
    User,
    normal,
)  # fmt: skip
from fairlead.models.suppression import address_key, in_force
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.tags import tag_named

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
    """A record to bring in. `id` is its id in the other system, `company_id` that of its company.

    `stops`: on what they have asked not to be contacted.
    """

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
    stops: list[Literal["mail", "phone"]]


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


# --- what rows name ----------------------------------------------------------------------------------------------


def find_named(work: Work, rows: Sequence[RecordRow]) -> None:
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


def make(work: Work, rows: Sequence[RecordRow]) -> list[Any]:
    if not rows:
        return []
    made = create_many(work.model, [owned_by(work.by) | values_of(work, row) for row in rows])
    pairs = list(zip(rows, made, strict=True))
    if work.noun != "lead":
        add_reach(work, pairs, {})
    create_many(ExternalId, [each for row, record in pairs for each in _ids(work, row, record)])
    tag_all(pairs)
    stop_all(work, pairs)
    _await(work, pairs)
    return made


def values_of(work: Work, row: RecordRow) -> dict[str, Any]:
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
        values |= {"phone_e164": normal.phone(row["phone"], region_of(work, row))} if row.get("phone") else {}
        values |= {"lead_type": "list", "state": row.get("state", "open")}
    return values


def add_reach(work: Work, pairs: Sequence[tuple[RecordRow, Any]], held: dict[int, set[str]]) -> None:
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
            e164 = normal.phone(typed, region_of(work, row))
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


def tag_all(pairs: Sequence[tuple[RecordRow, Any]]) -> None:
    tagged: dict[str, list[Any]] = defaultdict(list)
    for row, record in pairs:
        for name in {each.strip() for each in row.get("tags", []) if each.strip()}:
            tagged[name].append(record)
    for name, records in tagged.items():
        link_many(records, "tags", [tag_named(name)])


def stop_all(work: Work, pairs: Sequence[tuple[RecordRow, Any]]) -> None:
    """Do not contact, as the file says: on a person or company, and on the address of a lead, which is neither yet."""
    wanted = [(channel, row, record) for row, record in pairs for channel in dict.fromkeys(row.get("stops", []))]
    facts = [_stop(work, channel, row, record) for channel, row, record in wanted]
    held = {(each.person_id, each.company_id, each.address_hash, each.channel) for each in _stops(work, facts)}
    create_many(Suppression, [each for each in facts if each and _whom(each) not in held])


def _stop(work: Work, channel: str, row: RecordRow, record: Any) -> dict[str, Any]:
    about = {"channel": channel, "reason": str(_("The imported file says so.")), "source": "import"}
    if work.noun != "lead":
        return about | {f"{work.noun}_id": record.pk}
    address = record.email if channel == "mail" else record.phone
    hashed = address_key(address, channel, region_of(work, row)) if address else ""
    return about | {"address": address, "address_hash": hashed} if address else {}


def _stops(work: Work, facts: Sequence[dict[str, Any]]) -> Iterable[Suppression]:
    for name in {f"{work.noun}_id"} - {"lead_id"} or {"address_hash"}:
        for chunk in chunks({each[name] for each in facts if each}):
            # one of our own columns
            # nosemgrep
            yield from in_force().filter(**{f"{name}__in": chunk})


def _whom(facts: dict[str, Any]) -> tuple[Any, ...]:
    return facts.get("person_id"), facts.get("company_id"), facts.get("address_hash", ""), facts["channel"]


def _await(work: Work, pairs: Sequence[tuple[RecordRow, Any]]) -> None:
    if work.noun == "person":
        waiting = [
            {"system": work.system, "value": row["company_id"], "person_id": record.pk}
            for row, record in pairs
            if row.get("company_id") and record.company_id is None
        ]
        create_many(AwaitedCompany, waiting)


def link_awaited(work: Work, made: Sequence[Any], rows: Sequence[RecordRow]) -> None:
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


def reach_of(work: Work, ids: Sequence[int]) -> dict[int, set[str]]:
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


def region_of(work: Work, row: RecordRow) -> str:
    return row.get("country", "") or work.region


def number_of(row: RecordRow) -> int:
    return row.get("row", 0)
