"""What a record to bring in consists of: its own row, its addresses and numbers, and what it names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change_many, create, create_many, link_many
from fairlead.core.record import chunks
from fairlead.matching.known import ROWS, Known
from fairlead.models import (
    AwaitedCompany,
    Campaign,
    Company,
    ExternalId,
    Source,
    Suppression,
    User,
)  # fmt: skip
from fairlead.models.importing import AWAITING
from fairlead.models.index import Lookup, drawn_lookup, owned_lookup
from fairlead.models.suppression import address_key, in_force
from fairlead.verbs.import_reach import add_reach
from fairlead.verbs.import_rows import REACHED, Ready, RecordRow
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.routing import Placed, Router, apply_tracks, keep_many
from fairlead.verbs.tags import tag_named

MANY = {"person": "people", "company": "companies", "lead": "leads", "opportunity": "opportunities", "task": "tasks"}


@dataclass
class Work:
    """What one call knows: its rows, and whom and what they name, found by few statements."""

    by: Actor
    noun: str
    model: Any
    system: str
    region: str
    unknown_owner: str = "mine"  # or nobody's, or refused
    by_rules: bool = True
    refused: dict[int, str] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)
    owners: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # of companies
    doers: dict[int | None, User] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)  # by row number, whom an opportunity is with

    def company_of(self, row: RecordRow) -> int | None:
        return self.companies.get(f"id:{row.get('company_id')}") or self.companies.get(row.get("company_name", ""))


# --- what rows name ----------------------------------------------------------------------------------------------


def find_named(work: Work, rows: Sequence[Ready]) -> None:
    said = [each.row for each in rows]
    _find_called(work, Source, work.sources, {each["source"].strip() for each in said if each.get("source")})
    if work.noun == "lead":
        wanted = {each["campaign"].strip() for each in said if each.get("campaign")}
        _find_called(work, Campaign, work.campaigns, wanted)
    for name in {name for each in said for name in _tags(each)}:
        work.tags[name] = tag_named(name).pk
    if work.noun in AWAITING:
        _find_companies(work, said)


def _find_called(work: Work, model: type[Source | Campaign], known: dict[str, int], names: set[str]) -> None:
    """Sources or campaigns by their names; those that are not there yet are added, when that is allowed."""
    room: Any = model._meta.get_field("name").max_length
    for name in sorted(each[:room] for each in names - known.keys() if each):
        found = model.objects.filter(name__iexact=name).first()
        if found is None and access.can_any(work.by, "create", "organisation"):
            found = create(model, name=name)
        if found is not None:
            known[name] = found.pk


def _find_companies(work: Work, rows: Sequence[RecordRow]) -> None:
    """Companies by their id elsewhere, then by name; those that are not there yet are added, when that is allowed."""
    known = Known(work.by, "companies", work.system)
    ids = {each.get("company_id", "") for each in rows} - {""}
    named = rows if work.noun != "lead" else ()  # an inquiry says what its company is called, not which one it is
    wanted = sorted({name for each in named if (name := each.get("company_name", "")).strip()})
    found = known.of([*([("id", value)] for value in ids), *([("name", name)] for name in wanted)])
    work.companies |= {f"id:{value}" if kind == "id" else value: pk for (kind, value), pk in found.items()}
    missing = [name for name in wanted if name not in work.companies]
    if missing and access.can_any(work.by, "create", "company"):
        facts = [{"name": name[:200]} for name in missing]
        made = create_many(Company, [each | owned_by(work.by) for each in facts])
        work.companies |= {name: company.pk for name, company in zip(missing, made, strict=True)}
        _looked_up_by(work, "company", made, [drawn_lookup(Company, each, (), ()) for each in facts])
    _name_companies(work)


def _name_companies(work: Work) -> None:
    """What those are called that were found by their id: people are found by it too."""
    work.names |= {pk: name for name, pk in work.companies.items() if not name.startswith("id:")}
    for chunk in chunks(set(work.companies.values()) - work.names.keys()):
        work.names |= dict(Company._base_manager.filter(pk__in=chunk).values_list("pk", "name"))


# --- new records and their parts ---------------------------------------------------------------------------------


def make(work: Work, rows: Sequence[Ready]) -> list[Any]:
    if not rows:
        return []
    own = owned_by(work.by) if work.noun != "task" else {}
    tags = [{work.tags[name] for name in _tags(each.row)} for each in rows]
    nobodys = dict.fromkeys(own)
    strange = [work.unknown_owner == "nobody" and is_stranger(work, each.row) for each in rows]
    values = [(nobodys if none else own) | values_of(work, each) for none, each in zip(strange, rows, strict=True)]
    placed = _routed(work, rows, values, tags) if work.noun == "lead" and work.by_rules else []
    links = {"tags": list(map(sorted, tags))} if work.noun != "task" else {}
    made = create_many(work.model, values, links=links)
    keep_many(made[: len(placed)], placed)
    pairs = list(zip(rows, made, strict=True))
    if work.noun in REACHED:
        add_reach(work.noun, pairs, {})
    create_many(ExternalId, [each for row, record in pairs for each in _ids(work, row.row, record)])
    stop_all(work, pairs)
    _await(work, pairs)
    _looked_up_by(work, work.noun, made, [each.lookup for each in rows])
    apply_tracks(made[: len(placed)], placed)
    return made


def _routed(work: Work, rows: Sequence[Ready], values: list[dict[str, Any]], tags: list[set[int]]) -> list[Any]:
    """Where the lead rules put the open ones; whose row names an owner, theirs they are."""
    router, found = Router(current().at), list[Placed | None]()
    for row, each, own in zip(rows, values, tags, strict=True):
        named = bool(row.row.get("owner", "").strip())
        by_rules = each.get("state", "open") == "open" and (not named or each["owner_id"] is not None)
        placed = router.place(each, adder=work.by, owner=each["owner_id"] if named else None) if by_rules else None
        found.append(placed)
        if placed is not None:
            each |= placed.values
            own |= set(placed.tags)
    router.done()
    return found


def _looked_up_by(work: Work, noun: str, made: Sequence[Any], lookups: Sequence[Lookup | None]) -> None:
    """What they are found by is known beforehand; it need not be read again when the act ends."""
    known = current().lookups
    for record, lookup in zip(made, lookups, strict=True):
        if lookup is not None:
            linked = work.names.get(record.company_id, "") if noun == "person" else ""
            known[noun, record.pk] = owned_lookup(lookup, noun, record.owner_id, record.team_id, linked)


def is_stranger(work: Work, row: RecordRow) -> bool:
    """Does it name somebody as its owner whom nobody knows here?"""
    said = row.get("owner", "").strip().lower()
    return bool(said) and said not in work.owners


def values_of(work: Work, ready: Ready) -> dict[str, Any]:
    """The columns that the row says something of."""
    row, values = ready.row, dict(ready.values)
    if work.noun == "task":
        return values
    if (source := row.get("source", "").strip()) in work.sources:
        values["source_id"] = work.sources[source]
    if (campaign := row.get("campaign", "").strip()) in work.campaigns and work.noun == "lead":
        values["campaign_id"] = work.campaigns[campaign]
    if owned := work.owners.get(row.get("owner", "").strip().lower()):
        values |= owned
    if work.noun in AWAITING and (company := work.company_of(row)):
        values["company_id"] = company
    if person := work.people.get(ready.number):
        values["person_id"] = person
    return values


def _ids(work: Work, row: RecordRow, record: Any) -> Iterable[dict[str, Any]]:
    if row.get("id"):
        yield {"system": work.system, "value": row["id"], f"{work.noun}_id": record.pk}
    elif row.get("fingerprint"):
        yield {"system": ROWS, "value": row["fingerprint"], f"{work.noun}_id": record.pk}


def _tags(row: RecordRow) -> set[str]:
    return {each.strip() for each in row.get("tags", ()) if each.strip()}


def tag_all(pairs: Sequence[tuple[Ready, Any]]) -> None:
    tagged: dict[str, list[Any]] = defaultdict(list)
    for row, record in pairs:
        for name in _tags(row.row):
            tagged[name].append(record)
    for name, records in tagged.items():
        link_many(records, "tags", [tag_named(name)])


def stop_all(work: Work, pairs: Sequence[tuple[Ready, Any]]) -> None:
    """Do not contact, as the file says: on a person or company, and on the address of a lead, which is neither yet."""
    asked = [(each.row, record) for each, record in pairs if each.row.get("stops")]
    asked = asked if work.noun in (*REACHED, "lead") else []
    wanted = [(channel, row, record) for row, record in asked for channel in dict.fromkeys(row["stops"])]
    if not wanted:
        return
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


def _await(work: Work, pairs: Sequence[tuple[Ready, Any]]) -> None:
    if work.noun in AWAITING:
        waiting = [
            {"system": work.system, "value": each.row["company_id"], f"{work.noun}_id": record.pk}
            for each, record in pairs
            if each.row.get("company_id") and record.company_id is None
        ]
        create_many(AwaitedCompany, waiting)


def link_awaited(work: Work, made: Sequence[Any], rows: Sequence[Ready]) -> None:
    """What was imported before its companies."""
    if work.noun != "company":
        return
    companies = {each.row["id"]: company for each, company in zip(rows, made, strict=True) if each.row.get("id")}
    for chunk in chunks(companies):
        waiting: dict[tuple[str, str], list[Any]] = defaultdict(list)
        found = AwaitedCompany.objects.filter(system=work.system, value__in=chunk)
        for each in found.select_related(*AWAITING):
            (noun, _pk), record = each.timelines()[0], each.root()
            if record.company_id is None:  # type: ignore[attr-defined]
                waiting[each.value, noun].append(record)
        for (value, _noun), records in waiting.items():
            change_many(records, company=companies[value])


def region_of(work: Work, row: RecordRow) -> str:
    return row.get("country", "") or work.region
