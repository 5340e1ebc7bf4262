"""What stands beside a record, read in one statement: ways to reach it, tags, helpers, files, do-not-contact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, DateTimeField, F, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Cast, Concat

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.core.record import Record
from fairlead.models import (
    Activity,
    Call,
    Company,
    File,
    Lead,
    MailAddress,
    Meeting,
    Opportunity,
    Person,
    PhoneNumber,
    PostalAddress,
)
from fairlead.models.contacted import WAYS
from fairlead.models.pressure import MONTH, TOUCHES
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
    """The record's parts by kind: mail, phone, address, tag, helper, file, call, meeting, stop, touch."""
    of: Any = record
    person_id = 0 if isinstance(record, Person) else getattr(of, "person_id", None) or 0
    company_id = 0 if isinstance(record, Company) else of.company_id or 0
    now = clock.now()
    rows = _BESIDE[type(of)](by, of.pk, person_id, company_id, now, now - MONTH)
    found = [Part(*row) for row in rows]
    kinds = ("mail", "phone", "address", "tag", "helper", "file", "call", "meeting", "stop", "touch")
    ordered = sorted(found, key=lambda part: (part.rank, part.pk))
    return {kind: [part for part in ordered if part.kind == kind] for kind in kinds}


def size_in_words(size: int) -> str:
    """Of a file: 820 bytes, 34 kB, 2.1 MB."""
    if size < 1000:
        return f"{size} bytes"
    return f"{round(size / 1000)} kB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def _beside(model: type[Any]) -> PreparedFor:
    def rows(by: Actor, pk: int, person_id: int, company_id: int, now: datetime, since: datetime) -> Any:
        linked = {
            name: value for name, value in (("person_id", person_id), ("company_id", company_id)) if _has(model, name)
        }
        first, *others = _selects(model(pk=pk, **linked), by, now) + _touches(model(pk=pk, **linked), since)
        return first.union(*others, all=True)

    return PreparedFor(rows, (), int, int, int, datetime, datetime)


def _has(model: type[Any], name: str) -> bool:
    return name in {field.attname for field in model._meta.concrete_fields}


def _selects(record: Any, by: Actor, now: datetime) -> list[Any]:
    """For a record that has its ids alone."""
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
    if by.level("see", "activity") != "none":
        # of a record its reader may see
        # nosemgrep
        calls = Call.objects.unlogged().filter(**{record.noun(): record})
        went = Case(When(answered_at=None, then=Value("missed")), default=Value("taken"), output_field=TextField())
        selects.append(_select(calls.annotate(went=went), "call", "public_id", "direction", "went", at="started_at"))
    if by.level("see", "task") != "none":
        # of a record its reader may see
        # nosemgrep
        planned = Meeting.objects.planned().filter(**{record.noun(): record})
        length = Case(When(all_day=True, then=Value("day")), default=Value(""), output_field=TextField())
        selects.append(
            _select(planned.annotate(length=length), "meeting", "public_id", "title", "length", at="starts_at")
        )
    if isinstance(record, Person | Company) and not access.hidden(by, type(record)):
        of = {record.noun(): record}
        selects += [
            _select(MailAddress.objects.filter(**of), "mail", "pk", "address", "label", rank="position"),
            _select(PhoneNumber.objects.filter(**of), "phone", "pk", "typed", "e164", rank="position"),
            _select(PostalAddress.objects.filter(**of), "address", "pk", _written(), rank="position"),
        ]
    selects.append(_select(in_force(now).filter(_whom(record)), "stop", "public_id", "reason", "channel", at="since"))
    return selects


def _touches(record: Any, since: datetime) -> list[Any]:
    """How often whom this record is about was reached out to, of which every reader is told the number alone."""
    # of a record its reader may see; of what others logged only the number is told
    # nosemgrep
    reached = Activity.objects.filter(TOUCHES, happened_at__gte=since, archived_at=None)
    ways = [(record.noun(), record.pk)] if isinstance(record, Lead | Opportunity) else []
    for noun in ("person", "company"):
        pk = record.pk if record.noun() == noun else getattr(record, f"{noun}_id", None)
        if pk and (noun == "person" or isinstance(record, Company)):
            ways += [(way, pk) for way in WAYS[noun]]
    # the ways are those of WAYS
    # nosemgrep
    return [_select(reached.filter(**{way: pk}), "touch", "pk", "kind", at="happened_at") for way, pk in ways]


def _whom(record: Any) -> Q:
    """Whose do-not-contact counts here: the record's own, its company's and its person's."""
    if isinstance(record, Company):
        return Q(company=record)
    whom = Q(person=record.pk if isinstance(record, Person) else record.person_id)
    return whom | Q(company=record.company_id)


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


_BESIDE = {model: _beside(model) for model in (Person, Company, Lead, Opportunity)}
