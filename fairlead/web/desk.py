"""Who may be calling: the records that a number or a name fits, each with what the front desk wants to know."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core.actor import Actor
from fairlead.core.record import Link
from fairlead.models import ExactKey, Opportunity, Organisation, User, normal
from fairlead.models.search import alike, search, sees_contact
from fairlead.models.suppression import address_key, in_force
from fairlead.web import rows
from fairlead.web.addresses import url_of

KINDS = ("person", "company", "lead")
MOST = 5  # of each kind
LONGEST = 200
NUMBER = re.compile(r"[+\d][\d\s()./-]{2,}")


@dataclass(frozen=True)
class Match:
    """A record that fits; `open_url` opens it ready to log a call that came in."""

    noun: str
    name: str
    about: str
    owner: str
    last_contact: datetime | None
    sales: str
    stopped: bool
    exact: bool
    open_url: str


@dataclass(frozen=True)
class Found:
    """`meant`: nothing holds what was typed, these are written nearly so. `stopped`: do not call this number."""

    matches: list[Match]
    meant: bool = False
    stopped: bool = False


def found(by: Actor, text: str) -> Found:
    """The people, companies and leads that this number or name fits, those with exactly this number first."""
    text = text.strip()[:LONGEST]
    if len(text) < 2:
        return Found([])
    records: list[Any] = search(by, text, kinds=KINDS, most=MOST)
    meant = [] if records or is_number(text) else alike(by, text, kinds=KINDS)
    number = normal.phone(text, Organisation.ours().country) if is_number(text) and sees_contact(by) else ""
    exact = _exactly(number)
    records = sorted(records or meant, key=lambda each: (each.noun(), each.pk) not in exact)
    return Found(_matches(by, records, exact), bool(meant), bool(number) and _stopped_address([number]) != set())


def is_number(text: str) -> bool:
    return NUMBER.fullmatch(text.strip()) is not None


def dialled(text: str) -> str:
    """A number from an address, where its plus has become a space."""
    return f"+{text.strip()}" if re.match(r"\s[1-9]\d", text) else text.strip()


def _exactly(number: str) -> set[Link]:
    held = ExactKey.objects.filter(kind="phone", value=number).values_list("noun", "record_id") if number else ()
    return set(held[:100])


def _matches(by: Actor, records: Sequence[Any], exact: set[Link]) -> list[Match]:
    people = [each for each in records if each.noun() == "person"]
    companies = rows.reached(by, "see", [each.company for each in people])
    owners = dict(User.objects.filter(pk__in={each.owner_id for each in records} - {None}).values_list("pk", "name"))
    sales, stops = _sales(by, records), _stops(records)
    return [
        Match(
            noun=each.noun(),
            name=each.label,
            about=" · ".join(part for part in _about(each, companies) if part),
            owner=owners.get(each.owner_id, ""),
            last_contact=each.last_contact_at,
            sales=_told(sales.get((each.noun(), each.pk), [])),
            stopped=(each.noun(), each.pk) in stops,
            exact=(each.noun(), each.pk) in exact,
            open_url=f"{url_of(each)}?kind=call&direction=in#log",
        )
        for each in records
    ]


def _about(record: Any, companies: frozenset[int]) -> list[str]:
    """What tells a record from others of its name."""
    if record.noun() == "person":
        return [record.title, record.company.name if record.company_id in companies else ""]
    if record.noun() == "company":
        return [record.industry, normal.domain(record.website)]
    state = "" if record.is_open else record.get_state_display()
    company = record.company_name if record.company_name != record.label else ""
    return [_("Lead"), state, company, record.interest]


def _sales(by: Actor, records: Sequence[Any]) -> dict[Link, list[str]]:
    """The titles of open opportunities of each person or company; a person's are also those of the company."""
    ids = {noun: [each.pk for each in records if each.noun() == noun] for noun in ("person", "company")}
    employers = {each.company_id for each in records if each.noun() == "person"} - {None}
    if not ids["person"] and not ids["company"]:
        return {}
    theirs = Q(person_id__in=ids["person"]) | Q(company_id__in={*ids["company"], *employers})
    held = Opportunity.objects.visible_to(by).filter(theirs, state="open", archived_at=None).order_by("pk")
    found: dict[Link, list[str]] = defaultdict(list)
    for person, company, title in held.values_list("person_id", "company_id", "title")[:500]:
        found[("company", company)].append(title)
        for each in records:
            if each.noun() == "person" and (each.pk == person or (company and each.company_id == company)):
                found[("person", each.pk)].append(title)
    return found


def _told(titles: Sequence[str]) -> str:
    many = ngettext("%(number)s open opportunity", "%(number)s open opportunities", len(titles))
    return titles[0] if len(titles) == 1 else many % {"number": len(titles)} if titles else ""


def _stops(records: Sequence[Any]) -> set[Link]:
    """Those that asked not to be called, by themselves, by their company, or by the address of a lead."""
    by_noun = {noun: [each for each in records if each.noun() == noun] for noun in KINDS}
    held = {noun: rows.stopped(noun, by_noun[noun]) for noun in ("person", "company") if by_noun[noun]}
    found = {(noun, pk) for noun, each in held.items() for pk, channel in each.items() if channel in {"any", "phone"}}
    numbers = {each.pk: address_key(each.phone_e164, "phone") for each in by_noun["lead"] if each.phone_e164}
    stopped = _stopped_hashes(list(numbers.values()))
    return found | {("lead", pk) for pk, hashed in numbers.items() if hashed in stopped}


def _stopped_address(numbers: Sequence[str]) -> set[str]:
    return _stopped_hashes([address_key(each, "phone") for each in numbers])


def _stopped_hashes(hashes: Sequence[str]) -> set[str]:
    if not hashes:
        return set()
    held = in_force().filter(address_hash__in=hashes, channel__in=["any", "phone"])
    return set(held.values_list("address_hash", flat=True))
