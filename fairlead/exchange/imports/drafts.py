"""A row of a file as facts of a record, with what speaks against it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from fairlead.exchange.imports import sales, tasks
from fairlead.exchange.imports.countries import country_code, language_named
from fairlead.exchange.mapping.guess import Guess, Own
from fairlead.exchange.reading import Line, Look, values
from fairlead.models import Lead, names, normal, plain

# What people write where they know nothing.
NOTHING = frozenset(
    {"", "n/a", "na", "#n/a", "null", "none", "nil", "nan", "-", "--", "---", "?", ".", "[null]", "(null)", "#ref!"}
)
LONGEST = {
    "name": 200, "call_name": 100, "title": 150, "company": 200, "legal_name": 200, "website": 300, "tax_id": 40,
    "industry": 100, "source": 80, "external_id": 200, "company_id": 200, "street": 300, "city": 120, "region": 120,
    "postal_code": 20, "interest": 200, "deal": 200, "subject": 200, "reason": 200, "stage": 80, "tags": 60,
}  # fmt: skip
DAYS = {"close_date", "closed_on", "due", "birthday", "connected_on"}
SAID = {
    "mail_opt_out",
    "do_not_call",
    "is_company",
    "is_converted",
    "is_won",
    "is_lost",
    "is_closed",
    "is_deleted",
    "done",
}
LABELS = {"phone": "", "mobile": "mobile", "fax": "fax", "pager": "pager"}
NUMBERS = {"amount", "probability", "revenue", "months"}
# Without one of these nobody can say whom or what a row is about.
NAMED_BY = {
    "people": ("name", "first_name", "last_name", "mail", "phone", "mobile", "call_name"),
    "leads": ("name", "first_name", "last_name", "mail", "phone", "mobile", "company", "call_name"),
    "companies": ("company",),
    "opportunities": ("deal", "interest", "company", "external_id"),
    "tasks": ("subject",),
}


@dataclass(slots=True)
class Draft:
    """`facts` by meaning; `against`: why it cannot be taken in; `doubts`: what to look at, though it can."""

    number: int
    at: int
    facts: dict[str, Any] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    owner: str = ""  # whom it names, as they are known here
    stranger: str = ""  # whom it names, when nobody is called so
    long: bool = False  # something in it may be longer than it may be

    @property
    def fingerprint(self) -> str:
        """Of what it says, for rows that have no id: the same row again is the same record."""
        said = {name: value for name, value in self.facts.items() if name not in ("call_name", "created_at")}
        return sha256(repr(sorted(said.items())).encode("utf-8", "surrogatepass")).hexdigest()[:40]

    @property
    def own_id(self) -> str:
        """What says that it is a record of its own: its id here, or in the other system."""
        return str(self.facts.get("record") or self.facts.get("external_id", ""))

    @property
    def label(self) -> str:
        facts = self.facts
        name = facts.get("deal") or facts.get("subject") or facts.get("name") or facts.get("company")
        return str(name or next(iter(facts.get("mails", [])), ""))


Taker = Callable[[Draft, str], None]


class Drafting:
    """Makes drafts of a file's rows. `region` is the country in which phone numbers without one were written."""

    def __init__(self, found: Look, guessed: Guess, region: str) -> None:
        self.found, self.noun, self.region = found, guessed.noun, region
        self.columns = [(at, meaning, found.names[at]) for at, meaning in enumerate(guessed.meanings) if meaning]
        self.own, self.stages, self.owners = guessed.own, guessed.stages, guessed.owners
        self.takers = [(at, self._taker(at, meaning)) for at, meaning, _name in self.columns]
        self.usable = bool(guessed.columns(*NAMED_BY[guessed.noun]))
        self.width = len(found.names)
        more = ("name", "mails", "phones") if self.noun in ("people", "leads") else ()
        self.named_by = (*more, *NAMED_BY[self.noun])

    def missing(self) -> str:
        """What must be said about the columns before anything can be taken in."""
        if self.usable:
            return ""
        wanted = {
            "people": _("Say which column is the name, the e-mail address or the phone number."),
            "leads": _("Say which column is the name, the company, the e-mail address or the phone number."),
            "companies": _("Say which column is the company’s name."),
            "opportunities": _("Say which column is the opportunity’s name."),
            "tasks": _("Say which column is the task’s title."),
        }
        return wanted[self.noun]

    def draft(self, line: Line) -> Draft:
        made = Draft(line.number, line.at)
        if line.fault:
            made.against.append(line.fault)
            return made
        if len(line.cells) > self.width and any(cell.strip() for cell in line.cells[self.width :]):
            made.doubts.append(_("This row has more cells than the header; those beyond it are left out."))
        cells, columns = line.cells, len(line.cells)
        for at, take in self.takers:
            text = cells[at] if at < columns else ""
            if text and (text := text.strip()) and (len(text) > 8 or text.lower() not in NOTHING):
                take(made, text)
        self._complete(made)
        return made

    def _taker(self, at: int, meaning: str) -> Taker:
        """What is done with what stands in this column."""
        if meaning in self.own:
            return partial(_custom, meaning, self.own[meaning], self.found.orders.get(at, "dmy"), self.found.decimal)
        if meaning == "mail":
            return _mails
        if meaning in LABELS:
            return partial(_typed, LABELS[meaning])
        if meaning in ("message", "street"):
            return partial(_lines, meaning)
        if meaning == "tags":
            return _tagged
        if self.noun == "tasks" and (take := tasks.taker(meaning, self.found.orders.get(at, "dmy"))):
            return take
        if meaning in DAYS or meaning == "created_at":
            return partial(_when, meaning, self.found.orders.get(at, "dmy"))
        if meaning in NUMBERS:
            return partial(_figure, meaning, self.found.decimal)
        if self.noun == "leads" and meaning in OF_LEADS:
            return OF_LEADS[meaning]
        if meaning == "employees":
            return _employees
        if meaning in SAID:
            return partial(_said, meaning)
        return _country if meaning == "country" else partial(_words, meaning, LONGEST.get(meaning, 10**9))

    def _complete(self, made: Draft) -> None:
        facts = made.facts
        _whole_name(facts)
        if self.noun == "companies":
            _company_name(made)
        if self.noun == "opportunities":
            sales.complete(facts, made.against, made.doubts, self.stages, self.region)
        if self.noun == "tasks":
            tasks.complete(facts, made.against, made.doubts)
        if "owner" in facts or "owner_mail" in facts:
            _owned(made, self.owners)
        if facts.get("is_deleted"):
            made.against.append(_("It was deleted where it comes from."))
        region = facts.get("country") or self.region
        if "typed" in facts:
            facts["phones"] = _phones(facts.pop("typed"), region)
        if region == "US" and re.fullmatch(r"\d{4}", facts.get("postal_code", "")):
            made.doubts.append(_("The ZIP code has four figures; a leading zero may have been lost."))
        made.long = made.long or len(facts.get("name", "")) > LONGEST["name"]
        for name, most in LONGEST.items() if made.long else ():
            if len(facts.get(name, "")) > most:
                words = {"what": name.replace("_", " "), "most": most, "text": facts[name][:40]}
                made.against.append(_("%(what)s is longer than %(most)s signs: %(text)s…") % words)
        if self.usable and not made.against and not any(facts.get(each) for each in self.named_by):
            made.against.append(_nobody(self.noun))


def _custom(meaning: str, field: Own, order: Any, decimal: str, made: Draft, text: str) -> None:
    """A value of a custom field as programs write it; what its kind does not take rejects the row."""
    wanted: Any = "dmy" if order in ("", "?") else order
    found: Any = text
    if field.kind == "date":
        found = (day := values.day(text, wanted)) and day.isoformat()
    elif field.kind in ("number", "money"):
        found = None if (figure := values.number(text, decimal)) is None else str(figure)
    elif field.kind == "yes_no":
        found = values.yes(text)
    elif field.kind in ("choice", "choices"):
        found = [each for each in re.split(r"\s*[;|]\s*", text) if each] if field.kind == "choices" else text
        unknown = [each for each in ([found] if isinstance(found, str) else found) if not _is_choice(field, each)]
        if unknown:
            words = {"field": field.name, "text": unknown[0][:40]}
            made.against.append(_("“%(text)s” is no choice of %(field)s.") % words)
    if found is None:
        made.against.append(_("%(field)s cannot be “%(text)s”.") % {"field": field.name, "text": text[:40]})
    else:
        made.facts.setdefault(meaning, found)


def _is_choice(field: Own, text: str) -> bool:
    return field.choices is None or text.casefold() in field.choices


def _nobody(noun: str) -> str:
    if noun in ("people", "leads"):
        return _("There is no name, e-mail address or phone number in this row.")
    return _("There is no name in this row.")


def _whole_name(facts: dict[str, Any]) -> None:
    """The name from its parts; the parts stay, for showing what was read."""
    part = facts.get
    if "first_name" in facts or "last_name" in facts:
        parts = names.Parts(
            part("first_name", ""), part("middle_name", ""), part("last_name", ""), suffix=part("suffix", "")
        )
        facts["name"] = names.joined(parts)
        if parts.first and len(parts.first.strip(".")) > 1 and "record" not in facts:
            facts.setdefault("call_name", parts.first)
    elif (
        "name" in facts
        and "record" not in facts  # who is there already is called as they are
        and not facts.get("is_company")
        and "call_name" not in facts
        and (called := names.call_name(facts["name"]))
    ):
        facts["call_name"] = called


def _owned(made: Draft, known: frozenset[str]) -> None:
    """By mail address, or by name where nobody has the address."""
    said = [text for each in ("owner_mail", "owner") if (text := made.facts.get(each, ""))]
    made.owner = next((text for text in said if text.lower() in known), said[0])
    made.stranger = "" if made.owner.lower() in known else made.owner


def _company_name(made: Draft) -> None:
    """One without a name is called by what else is known of it."""
    facts = made.facts
    instead = facts.get("legal_name") or normal.domain(facts.get("website", "")) or facts.get("external_id")
    if "company" not in facts and instead:
        facts["company"] = instead
        made.doubts.append(_("It has no name; it is called %(name)s.") % {"name": instead})


def _words(meaning: str, most: int, made: Draft, text: str) -> None:
    if meaning not in made.facts:
        made.facts[meaning] = text if text.isprintable() and "  " not in text else " ".join(text.split())
        made.long = made.long or len(text) > most


def _lines(meaning: str, made: Draft, text: str) -> None:
    facts = made.facts
    facts[meaning] = f"{facts[meaning]}\n{text}" if meaning in facts else text
    made.long = made.long or len(facts[meaning]) > LONGEST.get(meaning, 10**9)


def _said(meaning: str, made: Draft, text: str) -> None:
    said = values.yes(text)
    made.facts[meaning] = bool(said) or (said is None and bool(values.day(text)))


def _typed(label: str, made: Draft, text: str) -> None:
    made.facts.setdefault("typed", []).extend((number, label) for number in _numbers(text))


def _tagged(made: Draft, text: str) -> None:
    found = made.facts.setdefault("tags", [])
    found.extend(_tags(text))
    made.long = made.long or len(found) > LONGEST["tags"]


def _mails(made: Draft, text: str) -> None:
    if key := plain.mail(text):
        made.facts.setdefault("mails", {}).setdefault(key, text)
        return
    for piece in re.split(r"[;,\s|]+(?=\S+@)", text):
        address = re.sub(r"^mailto:|^.*<|>.*$", "", piece.strip(" ;,"), flags=re.IGNORECASE)
        key = normal.mail(address)
        if not key and piece.strip():
            made.doubts.append(_("%(text)s is not an e-mail address; it is kept in the notes.") % {"text": piece[:60]})
            made.facts.setdefault("odd_mails", []).append(piece.strip()[:320])
        elif key and key not in made.facts.setdefault("mails", {}):
            made.facts["mails"][key] = address


def _numbers(text: str) -> list[str]:
    if len(text) < 60 and text.isprintable() and not any(mark in text for mark in (";", ":", ",")):
        return [text]
    return [
        piece.strip()[:60] for piece in re.split(r"\s*(?:;(?!\s*ext)|\n|:::|,\s(?=[+(0]))\s*", text) if piece.strip()
    ]


def _phones(typed: list[tuple[str, str]], region: str) -> dict[str, tuple[str, str]]:
    """By E.164, or as typed where that cannot be told: the number as typed, and what it is for. Fax comes last."""
    found: dict[str, tuple[str, str]] = {}
    if len(typed) > 1:
        typed = sorted(typed, key=lambda each: each[1] in ("fax", "pager"))
    for number, label in typed:
        found.setdefault(normal.phone(number, region) or number, (number, label))
    return found


def _tags(text: str) -> list[str]:
    pieces = re.split(r"\s*(?:[;|\n,]|:::)\s*", text)
    return [piece.strip()[:60] for piece in pieces if piece.strip(" *") and piece.strip() != "* myContacts"]


def _when(meaning: str, order: Any, made: Draft, text: str) -> None:
    wanted: Any = "dmy" if order in ("", "?") else order
    read = values.moment if meaning == "created_at" else values.day
    found: datetime | date | None = read(text, wanted)
    if found is not None:
        made.facts[meaning] = found
    elif meaning in ("created_at", "birthday", "connected_on"):
        made.doubts.append(_("%(text)s is not a day that can be read.") % {"text": text[:40]})
    else:
        made.against.append(_("%(text)s is not a day that can be read.") % {"text": text[:40]})


def _figure(meaning: str, decimal: str, made: Draft, text: str) -> None:
    found = values.number(text, decimal)
    if found is not None:
        made.facts[meaning] = found
        if meaning == "amount" and (sign := sales.sign(text)):
            made.facts["sign"] = sign
    elif meaning == "amount":
        made.against.append(_("%(text)s is not an amount.") % {"text": text[:40]})


def _employees(made: Draft, text: str) -> None:
    """A range (11-50) counts as its lower end."""
    if found := re.search(r"\d[\d.,' ]*", text):
        figures = re.sub(r"\D", "", re.split(r"[.,]\d{1,2}$", found[0].strip())[0])
        if figures and len(figures) < 9:
            made.facts["employees"] = int(figures)


def _size(made: Draft, text: str) -> None:
    """Leads keep it as it was given: a number, or a band."""
    if any(sign.isdigit() for sign in text):
        made.facts.setdefault("company_size", " ".join(text.split())[:40])


def _language(made: Draft, text: str) -> None:
    if code := normal.language(text) or language_named(text):
        made.facts["language"] = code
    else:
        made.doubts.append(_("There is no language “%(text)s”; it is left out.") % {"text": text[:40]})


def _lead_type(made: Draft, text: str) -> None:
    plain = " ".join(text.lower().split())
    found = next((each.value for each in Lead.Type if plain in (each.value, str(each.label).lower())), "")
    if found:
        made.facts["lead_type"] = found
    else:
        made.doubts.append(_("There is no lead type “%(text)s”; it comes as a list.") % {"text": text[:40]})


# What leads keep in another way than other records.
OF_LEADS: dict[str, Taker] = {"employees": _size, "language": _language, "lead_type": _lead_type}


def _country(made: Draft, text: str) -> None:
    if code := country_code(text):
        made.facts["country"] = code
    else:
        made.doubts.append(_("There is no country “%(text)s”; it is left out.") % {"text": text[:40]})
