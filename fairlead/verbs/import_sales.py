"""Opportunities to bring in: the stage they stand in, what they are worth, with whom, and how they ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.changes import create, create_many
from fairlead.core.errors import Invalid
from fairlead.core.record import chunks
from fairlead.matching.known import Known
from fairlead.models import (
    Closure,
    Gap,
    MailAddress,
    Opportunity,
    Organisation,
    Person,
    Reason,
    Stage,
    money,
    normal,
    progress,
)
from fairlead.models.place import known_currency
from fairlead.verbs.amounts import MOST, in_base, minor_or_none
from fairlead.verbs.criteria import missing
from fairlead.verbs.import_parts import Work
from fairlead.verbs.import_rows import Ready, RecordRow, ending
from fairlead.verbs.opportunities import MOST_MONTHS
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.pipelines import add_stage
from fairlead.verbs.reasons import create_reason


class End(NamedTuple):
    """How a sale ended, as the file says."""

    outcome: str
    on: date
    reason_id: int | None
    note: str


@dataclass
class Sales:
    """What one call knows of its opportunities, by row number: stages, ends, and persons."""

    currency: str = ""
    today: date = date.min
    stages: dict[int, Stage] = field(default_factory=dict)
    ends: dict[int, End] = field(default_factory=dict)


def with_sales(work: Work, rows: Sequence[Ready], unknown: str) -> tuple[Sales, list[Ready]]:
    """The rows with stage, amount and state among their columns; those that cannot stand so say why."""
    ours = Organisation.ours()
    sales = Sales(ours.currency, clock.today(ours.tz))
    if work.noun != "opportunity":
        return sales, list(rows)
    adds = unknown == "create" and access.can_any(work.by, "edit", "organisation")
    _find_stages(work, sales, rows, adds)
    reasons = _reasons(work, rows, adds)
    return sales, [_placed(work, sales, reasons, each) for each in rows]


def find_people(work: Work, rows: Sequence[Ready]) -> None:
    """Whom opportunities are with: by their id elsewhere, mail address, or name; who is not there yet is added."""
    said = {each.number: each.row for each in rows if _names_somebody(each.row)}
    if work.noun != "opportunity" or not said:
        return
    known = Known(work.by, "people", work.system)
    found = known.of([_person_keys(row) for row in said.values()])
    named = _people_called({row["person_name"] for row in said.values() if row.get("person_name")}, work)
    new: dict[tuple[str, int | None], list[int]] = {}
    for number, row in said.items():
        pk = next((found[key] for key in _person_keys(row) if key in found), None)
        called, company = row.get("person_name", "").strip()[:200], work.company_of(row)
        alike = _alike(named.get(called.casefold(), []), company) if pk is None else [pk]
        if len(alike) == 1:
            work.people[number] = alike[0]
        elif called and not alike:
            new.setdefault((called, company), []).append(number)
    if new and access.can_any(work.by, "create", "person"):
        _add_people(work, rows, new)


def better(work: Work, sales: Sales, row: Ready, record: Opportunity, values: dict[str, Any]) -> dict[str, Any]:
    """What a row says of an opportunity that is there: it moves and ends as people would have it; none is reopened."""
    values = {name: each for name, each in values.items() if name not in ("state", "stage_id", "stage_since")}
    _revalued(row, record, values)
    if not record.is_open:
        sales.ends.pop(row.number, None)
        return values
    stage = sales.stages.get(row.number)
    if stage is not None and row.row.get("stage") and stage.pk != record.stage_id and not ending(row.row["stage"]):
        values |= _moved(work, row, record, stage)
    if end := sales.ends.get(row.number):
        values["state"] = end.outcome
    return values if row.number not in work.refused else {}


NO_BASE: dict[str, Any] = {"base_minor": None, "base": "", "rate_micro": None, "rate_on": None}


def close_all(sales: Sales, pairs: Iterable[tuple[Ready, Any]]) -> None:
    """How those that came to an end did: with what was agreed, and why."""
    ended = [(sales.ends[row.number], record) for row, record in pairs if row.number in sales.ends]
    fixed = cache(in_base)
    create_many(
        Closure,
        [
            {
                "opportunity_id": record.pk,
                "outcome": end.outcome,
                "on": end.on,
                "amount_minor": record.amount_minor if end.outcome == "won" else None,
                "currency": record.currency,
                "reason_id": end.reason_id,
                "note": end.note,
                **NO_BASE,
                **(fixed(record.amount_minor, record.currency, end.on) if end.outcome == "won" else {}),
            }
            for end, record in ended
        ],
    )


# --- stages ------------------------------------------------------------------------------------------------------


def _find_stages(work: Work, sales: Sales, rows: Sequence[Ready], adds: bool) -> None:
    order = ("pipeline__position", "pipeline_id", "position", "pk")
    among = Stage.objects.filter(pipeline__archived_at=None).select_related("pipeline").order_by(*order)
    stages = sorted(among, key=lambda each: each.archived_at is not None)
    for each in rows:
        try:
            sales.stages[each.number] = _stage_of(work, each.row, stages, adds)
        except Invalid as refusal:
            work.refused.setdefault(each.number, refusal.text)


def _stage_of(work: Work, row: RecordRow, stages: list[Stage], adds: bool) -> Stage:
    """The stage of this name, in the pipeline of this name or the first that has one; else where such sales stand."""
    pipeline, called, outcome = row.get("pipeline", "").strip(), row.get("stage", "").strip(), _outcome(row)
    there = [each for each in stages if pipeline.casefold() in ("", each.pipeline.name.casefold())]
    live = [each for each in there if each.archived_at is None]
    if not live:
        raise Invalid({"pipeline": [_("There is no pipeline “%(name)s” in use.") % {"name": pipeline[:40]}]})
    same = next((each for each in there if each.name.casefold() == called.casefold()), None)
    if same and (same.archived_at is None or outcome != "open"):
        return same
    if not called or ending(called):
        first = [each for each in live if each.pipeline_id == live[0].pipeline_id]
        return first[0] if outcome != "won" else max(first, key=lambda each: each.probability)
    if same or not adds:
        raise Invalid({"stage": [_("There is no stage “%(name)s” in use.") % {"name": called[:40]}]})
    stages.append(add_stage(work.by, live[0].pipeline, name=called[:60]))
    return stages[-1]


def _moved(work: Work, row: Ready, record: Opportunity, stage: Stage) -> dict[str, Any]:
    """To another stage of its pipeline, unless something hard is missing for that."""
    lacking = [each for each in missing(record, stage) if each.force != "advisory"]
    hard = [each.text for each in lacking if each.force == "hard"]
    if stage.pipeline_id != record.stage.pipeline_id:
        work.refused[row.number] = _("It is in another pipeline than %(stage)s.") % {"stage": stage}
    elif hard:
        words = {"stage": record.stage, "what": ", ".join(hard)}
        work.refused[row.number] = _("Still missing to leave %(stage)s: %(what)s.") % words
    elif lacking:
        facts = {"missing": [each.text for each in lacking], "reason": _("The imported file says so.")}
        create(Gap, opportunity=record, stage=record.stage, at=clock.now(), by_user_id=work.by.user_id, **facts)
    return {"stage_id": stage.pk, "stage_since": clock.now()} if row.number not in work.refused else {}


# --- values ------------------------------------------------------------------------------------------------------


def _placed(work: Work, sales: Sales, reasons: dict[tuple[str, str], int], row: Ready) -> Ready:
    said, values = row.row, dict(row.values)
    refusal = row.refusal or work.refused.get(row.number, "") or _against(said)
    outcome = _outcome(said)
    if not refusal:
        currency = values.setdefault("currency", sales.currency)
        try:
            values["amount_minor"] = minor_or_none(said.get("amount"), currency)
        except Invalid as wrong:
            refusal = wrong.text
        whole = progress.total(values.get("amount_minor"), values.get("recurs", "once"), values.get("months"))
        if whole is not None and whole >= money.to_minor(MOST, currency):
            refusal = refusal or _("Over its whole time this comes to more than 999,999,999,999,999.")
    if not refusal:
        since = values.get("created_at", clock.now())
        values |= {"stage_id": sales.stages[row.number].pk, "state": outcome, "stage_since": since}
        if outcome != "open":
            sales.ends[row.number] = end = _end(said, outcome, sales.today, reasons)
            values["stage_since"] = max(since, datetime.combine(end.on, time(), UTC))
    return row._replace(refusal=refusal, values=values)


def _against(row: RecordRow) -> str:
    if not 0 <= row.get("likelihood", 0) <= 100:
        return _("Likelihood is a percentage from 0 to 100.")
    if not 1 <= row.get("months", 1) <= MOST_MONTHS:
        return _("Write a number of months from 1 to %(most)s.") % {"most": MOST_MONTHS}
    try:
        known_currency(row.get("currency") or "GBP")
    except ValidationError as wrong:
        return " ".join(wrong.messages)
    return ""


def _revalued(row: Ready, record: Opportunity, values: dict[str, Any]) -> None:
    """In the record's own currency, unless the row names another one."""
    currency = row.row.get("currency") or record.currency
    amount = row.row.get("amount", record.amount if currency != record.currency else None)
    values["currency"] = currency
    values.pop("amount_minor", None)
    if amount is not None:
        values["amount_minor"] = money.to_minor(amount, currency)


def _outcome(row: RecordRow) -> str:
    said = row.get("outcome", "")
    return said if said in ("open", "won", "lost") else ending(row.get("stage", "")) or "open"


def _end(row: RecordRow, outcome: str, today: date, reasons: dict[tuple[str, str], int]) -> End:
    """On the day that the file says, not later than today; a reason that is not on the list is a note."""
    days = (row.get("closed_on"), row.get("close_on"), today)
    on = next(day for day in days if day is not None and day <= today)
    called = row.get("reason", "").strip()
    reason = reasons.get((outcome, called.casefold()))
    return End(outcome, on, reason, "" if reason else called)


def _reasons(work: Work, rows: Sequence[Ready], adds: bool) -> dict[tuple[str, str], int]:
    """Reasons by outcome and name in small letters; those that are on no list yet are added, when that was asked."""
    found = {(kind, name.casefold()): pk for kind, name, pk in Reason.objects.values_list("kind", "name", "pk")}
    for each in rows if adds else ():
        outcome: Any = _outcome(each.row)
        called = each.row.get("reason", "").strip()
        if called and len(called) <= 80 and outcome != "open" and (outcome, called.casefold()) not in found:
            found[outcome, called.casefold()] = create_reason(work.by, kind=outcome, name=called).pk
    return found


# --- people ------------------------------------------------------------------------------------------------------


def _names_somebody(row: RecordRow) -> bool:
    return bool(row.get("person_id") or row.get("mails") or row.get("person_name"))


def _person_keys(row: RecordRow) -> list[tuple[str, str]]:
    keys = [("id", row["person_id"])] if row.get("person_id") else []
    return keys + [("mail", key) for text in row.get("mails", ()) if (key := normal.mail(text))]


def _people_called(names: set[str], work: Work) -> dict[str, list[tuple[int, int | None]]]:
    """People with these names, each with their company, by name in small letters."""
    found: dict[str, list[tuple[int, int | None]]] = {}
    for chunk in chunks(sorted(names)):
        seen = Person.objects.visible_to(work.by).live().filter(name__in=[each.strip() for each in chunk])
        for name, pk, company in seen.order_by("pk").values_list("name", "pk", "company_id"):
            found.setdefault(name.casefold(), []).append((pk, company))
    return found


def _alike(called: list[tuple[int, int | None]], company: int | None) -> list[int]:
    """Of those with this name who is at the company of the row; else all who are not at another one."""
    there = [pk for pk, where in called if company is not None and where == company]
    return there[:1] or [pk for pk, where in called if company is None or where is None]


def _add_people(work: Work, rows: Sequence[Ready], new: dict[tuple[str, int | None], list[int]]) -> None:
    mails = {each.number: each.mails for each in rows}
    made = create_many(Person, [owned_by(work.by) | {"name": name, "company_id": company} for name, company in new])
    addresses = []
    for person, numbers in zip(made, new.values(), strict=True):
        work.people |= dict.fromkeys(numbers, person.pk)
        theirs = {key: text for number in numbers for text, key in mails[number]}
        addresses += [
            {"person_id": person.pk, "address": text, "normal": key, "position": at}
            for at, (key, text) in enumerate(theirs.items())
        ]
    if "mails" not in access.fixed(work.by, Person):
        create_many(MailAddress, addresses)
