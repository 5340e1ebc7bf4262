"""Which column means what: by its name, then by what stands in it, then by what the whole file is about."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fairlead.core.record import ALPHABET
from fairlead.exchange.mapping.words import bare, meanings, meant, secret
from fairlead.exchange.reading import Look
from fairlead.exchange.reading.values import kind_of

# Meanings of which a record may have several columns.
SEVERAL = frozenset({"mail", "phone", "mobile", "fax", "pager", "message", "tags", "website"})
ADDRESS = ("street", "city", "region", "postal_code", "country", "po_box")
SETS = ("mailing", "business", "work", "billing", "company", "postal", "shipping", "home", "other")
TITLES = re.compile(r"(mr|mrs|ms|miss|mx|dr|prof|herr|frau|hr|fr|m|mme|mlle|sr|sra|sig|dhr|mevr)\.?", re.IGNORECASE)
# What a column called "name", "title" or "status" is, where the file holds something else than people.
INSTEAD = {
    "companies": {"name": "company", "company": "company", "title": "", "mobile": "phone"},
    "opportunities": {"name": "deal", "title": "deal", "status": "outcome", "subject": "deal"},
    "tasks": {
        "name": "subject",
        "title": "subject",
        "close_date": "due",
        "status": "done",
        "stage": "done",
        "is_closed": "done",
    },
    "leads": {"stage": "status", "deal": "interest"},
    "people": {"stage": "status"},
}
NOUNS = tuple(INSTEAD)
NONE: Mapping[str, Mapping[str, str]] = {}
# made of our own signs
# nosemgrep
OURS = re.compile(f"[{ALPHABET}]{{10}}")
# What our own files tell of records that nobody writes there.
BESIDE = frozenset({"state", "external_ids", "do_not_contact", "created_at", "archived_at", "version", "merged_into"})


class Own(NamedTuple):
    """A custom field: its name, its kind, and the choices it has in small letters; None: others are added."""

    name: str
    kind: str
    choices: frozenset[str] | None = None


@dataclass
class Guess:
    """`meanings` by column, empty for those left out; `secrets` by column say why they are; `own`: custom fields."""

    noun: str
    meanings: list[str]
    secrets: dict[int, str] = field(default_factory=dict)
    own: dict[str, Own] = field(default_factory=dict)
    stages: frozenset[str] | None = None  # of opportunities, as PIPELINE and STAGE, a line each; None: any will do
    owners: frozenset[str] = frozenset()  # who is known here, by name and mail address in small letters

    def columns(self, *meanings: str) -> list[int]:
        return [at for at, each in enumerate(self.meanings) if each in meanings]


def guess(found: Look, noun: str = "", fields: Mapping[str, Mapping[str, str]] = NONE) -> Guess:
    """What the columns mean. Columns that would give secrets away are left out, however they are filled.

    `fields`: by what records are, the custom fields they have: their meanings (x.KEY) by their bare names.
    """
    secrets = {at: kind for at, name in enumerate(found.names) if (kind := secret(name)) and not meant(name)}
    meanings = [
        "" if at in secrets else meant(name) or _by_values(found.values(at)) for at, name in enumerate(found.names)
    ]
    guessed = Guess(noun or noun_of(meanings), meanings, secrets)
    guessed.meanings = [INSTEAD[guessed.noun].get(each, each) for each in guessed.meanings]
    _of_sales(guessed, found)
    _of_tasks(guessed, found)
    _custom(guessed, found, fields.get(guessed.noun, {}))
    _own_ids(guessed, found)
    _ours(guessed, found)
    _honorifics(guessed, found)
    for at in guessed.columns("website"):
        if _by_values(found.values(at)) == "linkedin":
            guessed.meanings[at] = "linkedin"
    _one_name(guessed)
    _one_address(guessed, found)
    _each_once(guessed, found)
    return guessed


def noun_of(meanings: list[str]) -> str:
    """What the rows of a file with such columns are."""
    has = set(meanings)
    if "deal" in has or (len(has & {"stage", "amount", "close_date", "probability"}) > 1 and "mail" not in has):
        return "opportunities"
    if "subject" in has and has & {"due", "done"}:
        return "tasks"
    if not has & {"first_name", "last_name", "mail", "mobile", "call_name", "is_company", "birthday"}:
        firm = has & {"industry", "employees", "revenue", "tax_id", "parent", "parent_id", "legal_name"}
        return "companies" if firm or ("company" in has and "name" not in has) or "website" in has else "people"
    return (
        "leads"
        if has & {"status", "is_converted", "interest", "rating", "source"} and "company_id" not in has
        else "people"
    )


def _by_values(values: list[str]) -> str:
    """Mail addresses and web addresses speak for themselves; numbers and words do not."""
    kinds = Counter(kind_of(value) for value in values[:100])
    if not values or kinds.most_common(1)[0][1] < 0.8 * len(values[:100]):
        return ""
    only = kinds.most_common(1)[0][0]
    if only == "web":
        return "linkedin" if all("linkedin.com" in value for value in values[:20]) else ""
    written = all(re.search(r"^\+|^00|[()/]|\d[ -]\d", value) for value in values[:20])
    written = written and all(sum(map(str.isdigit, value)) > 7 for value in values[:20])
    return "mail" if only == "mail" else "phone" if only == "phone" and written else ""


def _custom(guessed: Guess, found: Look, fields: Mapping[str, str]) -> None:
    """A custom field of exactly this name is what the column means, unless it would give secrets away."""
    for at, name in enumerate(found.names):
        if at not in guessed.secrets and (key := fields.get(bare(name)) or fields.get(name.strip().lower())):
            guessed.meanings[at] = key


def _of_sales(guessed: Guess, found: Look) -> None:
    """Names beside the sale's own are those of people; what it is worth saying of a state is its stage or its end."""
    if guessed.noun != "opportunities":
        return
    said = [meant(name) for name in found.names]
    names = [at for at, each in enumerate(said) if each == "name"]
    if not any(each in ("deal", "title", "subject") for each in said):
        names = [at for at in names if bare(found.names[at]) != "name"]
    for at in names:
        guessed.meanings[at] = "person_name"
    for at in guessed.columns("outcome") if not guessed.columns("stage") else []:
        guessed.meanings[at] = "stage"


def _of_tasks(guessed: Guess, found: Look) -> None:
    """Names beside the task's own are those of people, and a sale's name says what a task is about."""
    if guessed.noun != "tasks":
        return
    said = [meant(name) for name in found.names]
    for at in [at for at, each in enumerate(said) if each == "name"] if {"subject", "title"} & {*said} else []:
        guessed.meanings[at] = "person_name"
    for at, name in enumerate(found.names):
        if bare(name) == "type" and at not in guessed.secrets:
            guessed.meanings[at] = "kind"
    if guessed.columns("deal") and not guessed.columns("subject"):
        guessed.meanings[guessed.columns("deal")[0]] = "subject"
    for at, name in enumerate(found.names):
        if bare(name) == "relatedto" and not guessed.meanings[at] and not guessed.columns("deal"):
            guessed.meanings[at] = "deal"


def _ours(guessed: Guess, found: Look) -> None:
    """A file of our own: its records say which they are, and what they link to is said by name."""
    ids = [at for at, name in enumerate(found.names) if name.strip().lower() == "id"]
    for at in ids:
        values = found.values(at)
        if not values or not all(OURS.fullmatch(value) for value in values):
            continue
        guessed.meanings[at] = "record"
        for other, name in enumerate(found.names):
            if name.endswith(".id") or name in BESIDE:
                guessed.meanings[other] = ""
            elif not guessed.meanings[other] and name in meanings():
                guessed.meanings[other] = name


def _own_ids(guessed: Guess, found: Look) -> None:
    """One column says what a record is called elsewhere: rows counted from 1 do not, when there is another."""
    ids = guessed.columns("external_id")
    counted = [at for at in ids if _counts(found.values(at))]
    for at in counted if len(ids) > len(counted) else []:
        guessed.meanings[at] = ""
    if not guessed.columns("external_id"):
        own = "opportunity_id" if guessed.noun == "opportunities" else "company_id"
        for at in guessed.columns(own)[:1]:
            values = found.values(at)
            if len(values) > 1 and len(set(values)) == len(found.sample):
                guessed.meanings[at] = "external_id"


def _counts(values: list[str]) -> bool:
    return (
        len(values) > 1 and values == [str(number + int(values[0])) for number in range(len(values))]
        if (values and values[0].isdigit() and len(values[0]) < 4)
        else False
    )


def _honorifics(guessed: Guess, found: Look) -> None:
    for at in guessed.columns("title", "deal", "subject"):
        values = found.values(at)
        if values and all(TITLES.fullmatch(value) for value in values):
            guessed.meanings[at] = "prefix"


def _one_name(guessed: Guess) -> None:
    """A whole name is not needed beside its parts."""
    if guessed.columns("last_name") and guessed.columns("first_name"):
        for at in guessed.columns("name"):
            guessed.meanings[at] = ""


def _one_address(guessed: Guess, found: Look) -> None:
    """Of several addresses the one that is filled most."""
    held: dict[str, list[int]] = {}
    if any("street" in bare(found.names[at]) for at in guessed.columns("street")):
        for at in guessed.columns("street"):  # the whole address once more, in one column
            if bare(found.names[at]).endswith("address"):
                guessed.meanings[at] = ""
    for at in guessed.columns(*ADDRESS):
        name = bare(found.names[at])
        held.setdefault(next((each for each in SETS if name.startswith(each)), ""), []).append(at)
    if len(held) < 2:
        return
    order = ("", *SETS)
    best = max(held, key=lambda each: (sum(len(found.values(at)) for at in held[each]), -order.index(each)))
    for each, columns in held.items():
        for at in columns if each != best else []:
            guessed.meanings[at] = ""


def _each_once(guessed: Guess, found: Look) -> None:
    """Where several columns mean what can be said once, the one with most in it stays."""
    for meaning in set(guessed.meanings) - SEVERAL - {"", "street"}:
        columns = guessed.columns(meaning)
        for at in columns if len(columns) > 1 else []:
            if at != max(columns, key=lambda other: len(found.values(other))):
                guessed.meanings[at] = ""
