"""What stands beside a record, read in one statement: ways to reach it, tags, helpers, files, do-not-contact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, F, IntegerField, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.models import Company, File, MailAddress, Person, PhoneNumber, PostalAddress
from fairlead.models.suppression import in_force

POSTAL = ("street", "city", "region", "postal_code", "country")


@dataclass(frozen=True)
class Part:
    """One thing beside a record. `key` is its public id (or its row's id), `more` what else is worth a word."""

    kind: str
    pk: int
    rank: int
    key: str
    text: str
    more: str
    at: datetime | None


Beside = dict[str, list[Part]]


def beside(record: Record, by: Actor) -> Beside:
    """The record's parts by kind: mail, phone, address, tag, helper, file, stop."""
    first, *others = _selects(record, by)
    found = [Part(*row) for row in first.union(*others, all=True)]
    kinds = ("mail", "phone", "address", "tag", "helper", "file", "stop")
    ordered = sorted(found, key=lambda part: (part.rank, part.pk))
    return {kind: [part for part in ordered if part.kind == kind] for kind in kinds}


def size_in_words(size: int) -> str:
    """Of a file: 820 bytes, 34 kB, 2.1 MB."""
    if size < 1000:
        return f"{size} bytes"
    return f"{round(size / 1000)} kB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def _selects(record: Any, by: Actor) -> list[Any]:
    selects = [
        _select(record.tags, "tag", "public_id", "name"),
        _select(record.collaborators, "helper", "public_id", "name"),
        _select(
            # of a record its reader may see
            # nosemgrep
            File.objects.filter(**{record.noun(): record}, archived_at=None),
            "file",
            "public_id",
            "name",
            "size",
            at="created_at",
        ),
    ]
    if isinstance(record, Person | Company) and not access.hidden(by, type(record)):
        of = {record.noun(): record}
        selects += [
            _select(MailAddress.objects.filter(**of), "mail", "pk", "address", "label", rank="position"),
            _select(PhoneNumber.objects.filter(**of), "phone", "pk", "typed", "e164", rank="position"),
            _select(PostalAddress.objects.filter(**of), "address", "pk", _written(), rank="position"),
        ]
    if stopped := _whom(record):
        selects.append(_select(in_force().filter(stopped), "stop", "public_id", "reason", "channel", at="since"))
    return selects


def _whom(record: Any) -> Q | None:
    """Whose do-not-contact counts here: the record's own, its company's and its person's."""
    if isinstance(record, Company):
        return Q(company=record)
    whom = Q(person=record) if isinstance(record, Person) else Q(person=record.person_id or 0)
    return whom | Q(company=record.company_id) if record.company_id else whom


def _written() -> Concat:
    """A postal address, its lines parted by line breaks (blank ones too)."""
    lines = [part for name in POSTAL for part in (F(name), Value("\n"))]
    return Concat(*lines[:-1], output_field=TextField())


def _select(rows: Any, kind: str, key: str, text: Any, more: str = "", *, rank: str = "", at: str = "") -> Any:
    return rows.order_by().values_list(
        Value(kind, CharField()),
        F("pk"),
        Cast(F(rank), IntegerField()) if rank else Value(0, IntegerField()),
        Cast(F(key), CharField()),
        Cast(F(text) if isinstance(text, str) else text, TextField()),
        Cast(F(more), TextField()) if more else Value("", TextField()),
        F(at) if at else Cast(Value(None), DateTimeField()),
    )
