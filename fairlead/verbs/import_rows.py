"""A row to bring in, made ready without asking the database: checked, in normal form, with what it is matched by.

It is the dearest part of an import, and may be done by another process than the one that writes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.objections import objections
from fairlead.matching.known import Key
from fairlead.models import Company, Lead, Opportunity, Person, Task, normal
from fairlead.models.index import Lookup, drawn_lookup

MODELS: dict[str, Any] = {"person": Person, "company": Company, "lead": Lead, "opportunity": Opportunity, "task": Task}
# What stands in the record's own row, by noun; the rest of a row's facts are parts and links.
PLAIN = {
    "person": ("name", "call_name", "title", "language", "about"),
    "company": ("name", "legal_name", "website", "tax_id", "industry", "employees", "about"),
    "lead": ("name", "company_name", "title", "email", "phone", "website", "country", "interest", "message",
             "street", "city", "region", "postal_code", "rating", "company_size", "language"),
    "opportunity": ("title", "currency", "close_on", "likelihood", "recurs", "months", "about", "solution"),
    "task": ("title", "kind", "due_on", "due_time", "outcome"),
}  # fmt: skip
REACHED = ("person", "company")  # those with addresses and numbers of their own
WON = frozenset({"won", "closedwon", "closewon", "dealwon", "gewonnen", "gagné", "gagnée", "ganado", "ganada", "vinto"})
LOST = frozenset({"lost", "closedlost", "closelost", "deallost", "verloren", "perdu", "perdue", "perdido", "perso"})
POSTAL = ("street", "city", "region", "postal_code", "country")


class RecordRow(TypedDict, total=False):
    """A record to bring in. `id` is its id in the other system, `company_id` that of its company.

    `stops`: on what they have asked not to be contacted. `created_at`: since when it is known elsewhere. `custom`: by
    the keys of custom fields, choices by name too. `record`: its id in Fairlead, for updates.
    Of opportunities, `stage` and `pipeline` are names, `person_id` and `person_name` say with whom, `reason` why it was
    won or lost. Of tasks, ids, mails or names say what they are about, and `owner` does it; `due_at` is a moment,
    `due_on` and `due_time` are as the clock of the assignee shows.
    """

    row: int
    record: str
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
    company_size: str
    company_id: str
    campaign: str
    lead_type: Literal["inquiry", "trial", "event", "call", "list"]
    email: str
    phone: str
    country: str
    interest: str
    message: str
    rating: Literal["hot", "warm", "cold"]
    created_at: datetime
    custom: dict[str, Any]
    state: Literal["open", "qualified", "disqualified"]
    mails: list[str]
    phones: list[str]
    faxes: list[str]
    street: str
    city: str
    region: str
    postal_code: str
    stage: str
    pipeline: str
    amount: Decimal
    currency: str
    close_on: date
    likelihood: int
    recurs: Literal["once", "month", "year"]
    months: int
    solution: str
    outcome: str
    closed_on: date
    reason: str
    person_id: str
    person_name: str
    lead_id: str
    opportunity_id: str
    opportunity_name: str
    kind: Literal["call", "mail", "meeting", "todo"]
    due_on: date
    due_time: time
    due_at: datetime
    done: bool
    done_at: datetime
    source: str
    owner: str
    tags: list[str]
    is_company: bool
    stops: list[Literal["mail", "phone"]]


class Ready(NamedTuple):
    """`row` as it was given; `refusal`: why it cannot be taken; `values`: its own columns; `keys`: matched by these.

    Addresses are as written and as keys; numbers as typed, in E.164, and what they are for.
    """

    row: RecordRow
    refusal: str
    values: dict[str, Any]
    keys: list[Key]
    mails: list[tuple[str, str]]
    phones: list[tuple[str, str, str]]
    place: dict[str, str]
    lookup: Lookup | None

    @property
    def number(self) -> int:
        return self.row.get("row", 0)


class Prepared(list[RecordRow]):
    """Rows that were made ready beforehand."""

    def __init__(self, ready: Iterable[Ready]) -> None:
        self.ready = list(ready)
        super().__init__(each.row for each in self.ready)


def ending(stage: str) -> Literal["won", "lost", ""]:
    """What a stage of this name says of how a sale ended."""
    said = "".join(filter(str.isalpha, stage.casefold()))
    return "won" if said in WON else "lost" if said in LOST else ""


def ready(noun: str, row: RecordRow, home: str, match: Sequence[str]) -> Ready:
    """`home`: the country in which phone numbers without one were written, where the row names none."""
    region = row.get("country", "") or home
    refusal, mails = _refusal(noun, row), [(text.strip(), normal.mail(text)) for text in row.get("mails", ())]
    if wrong := next((text for text, key in mails if not key), ""):
        refusal = refusal or _("%(text)s is not an e-mail address.") % {"text": wrong[:60]}
    mails = list({key: (text, key) for text, key in mails}.values())
    phones = _numbers(row, region)
    said: dict[str, Any] = dict(row)
    values = {name: said[name] for name in PLAIN[noun] if said.get(name)}
    if noun == "lead":
        values |= {"phone_e164": normal.phone(row["phone"], region)} if row.get("phone") else {}
        values |= {"lead_type": row.get("lead_type", "list"), "state": row.get("state", "open")}
    if (since := row.get("created_at")) and since <= clock.now():
        values["created_at"] = since
    place = {name: said[name] for name in POSTAL if said.get(name)} if noun in REACHED else {}
    keys = _keys(noun, row, match, mails, phones, values)
    # Those with values of custom fields are looked up by these, too: it is read from the record.
    known = noun not in ("opportunity", "task") and not (refusal or row.get("custom"))
    lookup = drawn_lookup(MODELS[noun], values, mails, phones) if known else None
    return Ready(row, refusal, values, keys, mails, phones, place, lookup)


def _numbers(row: RecordRow, region: str) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    for texts, label in ((row.get("phones", ()), ""), (row.get("faxes", ()), "fax")):
        for typed in texts:
            e164 = normal.phone(typed, region)
            found.setdefault(e164 or typed, (typed[:60], e164, label))
    return list(found.values())


def _keys(noun: str, row: RecordRow, match: Sequence[str], mails: Any, phones: Any, values: Any) -> list[Key]:
    keys = [("id", row["id"])] if row.get("id") else [("row", row["fingerprint"])] if row.get("fingerprint") else []
    keys = [("record", row["record"]), *keys] if row.get("record") else keys
    if noun == "task":
        return keys
    if noun == "opportunity":
        return [*keys, ("name", sale_key(row.get("title", ""), _customer(row)))] if "name" in match else keys
    if "mail" in match:
        found = [key for _text, key in mails] or [normal.mail(values["email"]) if values.get("email") else ""]
        keys += [("mail", key) for key in found if key]
    if "phone" in match:
        found = [e164 for _typed, e164, label in phones if not label] or [values.get("phone_e164", "")]
        keys += [("phone", number) for number in found if number]
    if ("name" in match or noun == "company") and row.get("name"):
        keys.append(("name", row["name"]))
    return keys


def sale_key(title: str, customer: str) -> str:
    """What an opportunity is found by that has no id: its title and who it is with."""
    return f"{title.strip()}\n{customer.strip()}"


def _customer(row: RecordRow) -> str:
    return row.get("company_name", "") or row.get("person_name", "")


def _refusal(noun: str, row: RecordRow) -> str:
    """Do the values keep the rules of their fields? If not, the first reason."""
    named = "title" if noun in ("opportunity", "task") else "name"
    if noun != "lead" and not str(row.get(named, "")).strip():
        return _("There is no name in this row.")
    for column in PLAIN[noun]:
        if (value := row.get(column)) and (why := _against(noun, column, value)):
            return why
    return ""


def _against(noun: str, column: str, value: Any) -> str:
    field: Any = MODELS[noun]._meta.get_field(column)
    if (
        isinstance(value, str)
        and not field.choices
        and len(value) <= (field.max_length or len(value))
        and "\0" not in value
    ):
        return ""
    try:
        field.clean(value, None)
    except ValidationError as error:
        words = {"field": field.verbose_name, "why": " ".join(objections(error))}
        return _("%(field)s: %(why)s") % words
    return ""
