"""Bringing in many new people or leads at once: one act by bulk statements, with one undo."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Required

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from typing_extensions import TypedDict

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import create_many
from fairlead.core.errors import Invalid
from fairlead.core.objections import objections
from fairlead.core.record import Record, Row, chunks
from fairlead.core.verb import ALWAYS, verb
from fairlead.models import Company, Lead, MailAddress, Organisation, Person, PhoneNumber, Source, normal
from fairlead.verbs.leads import LeadType
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.routing import Router, apply_tracks, keep_many

MOST = 10_000
Numbered = tuple[int, dict[str, Any]]  # the row that it came from, counted from 1, and the values of its columns


class PersonRow(TypedDict, total=False):
    """A person to bring in; `company` is the public id of one that is there."""

    name: Required[str]
    call_name: str
    title: str
    company: str
    mails: list[str]
    phones: list[str]
    about: str


class LeadRow(TypedDict, total=False):
    """A lead to bring in, with whatever is known of it."""

    name: str
    company_name: str
    title: str
    email: str
    phone: str
    website: str
    country: str
    lead_type: LeadType
    interest: str
    message: str


@verb("{by} imported {what}", may="person.create", undo_within=ALWAYS, keep_later=True)
def import_people(by: Actor, rows: list[PersonRow], *, source: Source | None = None) -> list[Person]:
    """Add many people, up to 10,000 in one call; all of them or, when one row cannot be taken, none."""
    _begin(Person, rows)
    companies, shared = _companies(by, rows), owned_by(by) | {"source_id": source and source.pk}
    people = create_many(Person, _checked(Person, ((at, _person(row, companies) | shared) for at, row in _each(rows))))
    create_many(MailAddress, _checked(MailAddress, _mails(people, rows)))
    create_many(PhoneNumber, _checked(PhoneNumber, _phones(people, rows)))
    return people


@verb("{by} imported {what}", may="lead.create", undo_within=ALWAYS, keep_later=True)
def import_leads(by: Actor, rows: list[LeadRow], *, source: Source | None = None) -> list[Lead]:
    """Add many leads, up to 10,000 in one call; all of them or, when one row cannot be taken, none."""
    _begin(Lead, rows)
    region, shared = Organisation.ours().country, owned_by(by) | {"source_id": source and source.pk}
    values = _checked(Lead, ((at, _lead(row, region) | shared) for at, row in _each(rows)))
    router = Router(current().at)
    placed = [router.place(each, adder=by) for each in values]
    for each, to in zip(values, placed, strict=True):
        each |= to.values if to else {}
    leads = create_many(Lead, values, links={"tags": [to.tags if to else [] for to in placed]})
    keep_many(leads, placed)
    apply_tracks(leads, placed)
    router.done()
    return leads


def _begin(model: type[Record], rows: Sequence[Any]) -> None:
    if not 0 < len(rows) <= MOST:
        raise Invalid({"rows": [_("Send 1 to %(most)s rows at once. Nothing was changed.") % {"most": f"{MOST:,}"}]})
    meta = model._meta
    words = ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), len(rows))
    current().step.labels["what"] = f"{len(rows):,} {words}"


def _each(rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(rows, 1)


def _checked(model: type[Row], numbered: Iterable[Numbered]) -> list[dict[str, Any]]:
    """The values by the rules of their fields; raises Invalid with the number of the first row that breaks one."""
    fields: dict[str, Any] = {each.attname: each for each in model._meta.concrete_fields}
    found = []
    for at, values in numbered:
        found.append(values)
        for name, value in values.items():
            if isinstance(value, str):
                _hold(fields[name], value, at)
    return found


def _hold(field: Any, value: str, at: int) -> None:
    try:
        field.clean(value, None)
    except ValidationError as error:
        words = {"row": at, "field": field.verbose_name, "why": " ".join(objections(error))}
        raise Invalid({"rows": [_("Row %(row)s, %(field)s: %(why)s Nothing was changed.") % words]}) from None


def _person(row: PersonRow, companies: Mapping[str, int]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: value for name, value in row.items() if name not in {"company", "mails", "phones"}}
    return plain | {"company_id": companies.get(row.get("company", ""))}


def _lead(row: LeadRow, region: str) -> dict[str, Any]:
    phone = row.get("phone", "")
    return {**row, "phone_e164": normal.phone(phone, row.get("country") or region) if phone else ""}


def _companies(by: Actor, rows: Sequence[PersonRow]) -> dict[str, int]:
    """The companies that the rows name, by public id; one that the actor may not see is as one that is not there."""
    wanted = {row["company"]: at for at, row in reversed(list(_each(rows))) if row.get("company")}
    found: dict[str, int] = {}
    for chunk in chunks(wanted):
        seen = Company.objects.visible_to(by).live().filter(public_id__in=chunk)
        found |= dict(seen.values_list("public_id", "pk"))
    for name, at in wanted.items():
        if name not in found:
            words = {"row": at, "company": name[:40]}
            text = _("Row %(row)s: there is no company %(company)s, or you may not see it. Nothing was changed.")
            raise Invalid({"rows": [text % words]})
    return found


def _mails(people: Sequence[Person], rows: Sequence[PersonRow]) -> Iterator[Numbered]:
    for (at, row), person in zip(_each(rows), people, strict=True):
        known: set[str] = set()
        for address in (text.strip() for text in row.get("mails", ()) if text.strip()):
            key = normal.mail(address)
            if not key:
                text = _("Row %(row)s: %(text)s is not an e-mail address. Nothing was changed.")
                raise Invalid({"rows": [text % {"row": at, "text": address[:60]}]})
            if key not in known:
                known.add(key)
                yield at, {"person_id": person.pk, "address": address, "normal": key, "position": len(known) - 1}


def _phones(people: Sequence[Person], rows: Sequence[PersonRow]) -> Iterator[Numbered]:
    region = Organisation.ours().country
    for (at, row), person in zip(_each(rows), people, strict=True):
        numbers: dict[str, tuple[str, str]] = {}
        for typed in (text.strip() for text in row.get("phones", ()) if text.strip()):
            e164 = normal.phone(typed, region)
            numbers.setdefault(e164 or typed, (typed, e164))
        for position, (typed, e164) in enumerate(numbers.values()):
            yield at, {"person_id": person.pk, "typed": typed, "e164": e164, "position": position}
