"""The facts of an inquiry, from the bytes in which it came."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.reading.body import Unreadable, clean, read
from fairlead.reading.message import KIND, Letter, letter
from fairlead.reading.shapes import Given, Pair, shape
from fairlead.reading.synonyms import is_beside, meaning

SALESFORCE_OWN = re.compile(r"00N[0-9A-Za-z]{12,15}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s()./-]{6,30}")
ONCE = frozenset({"source", "campaign"})
# The mark in the origin of a lead whose mail program asks for no automatic answer.
NO_ANSWER = "no_automatic_answer"


@dataclass
class Inquiry:
    """What was read: `facts` of a lead by name, `origin` of the visit, `extra` answers, traps that were filled in."""

    facts: dict[str, str] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    trapped: list[str] = field(default_factory=list)
    key: str = ""
    is_test: bool = False
    unusable: str = ""
    waits: bool = False
    # of forms of ours alone: values of custom fields by key, and the language it was filled in
    custom: dict[str, str] = field(default_factory=dict)
    language: str = ""
    # and the mark of the personal link by which somebody came to it
    mark: str = ""

    @property
    def reachable(self) -> bool:
        """Is there a mail address or a phone number?"""
        mail, phone = self.facts.get("email", ""), self.facts.get("phone", "")
        return bool(MAIL.search(mail)) or sum(sign.isdigit() for sign in phone) >= 5


def inquiry(body: bytes, headers: Mapping[str, str], content_type: str, mapping: Mapping[str, str]) -> Inquiry:
    """Everything that is in an arrival; `mapping` says what fields become, before their names are looked at."""
    if content_type.startswith(KIND):
        return _of_letter(letter(body))
    try:
        given = shape(read(body, content_type, headers.get("Content-Encoding", "")))
    except Unreadable as reason:
        return Inquiry(unusable=str(reason))
    found = Inquiry(key=clean(given.key)[:190], is_test=given.is_test)
    found.origin = {clean(name)[:100]: clean(value)[:500] for name, value in given.origin.items()}
    for pair in named(given):
        _take(found, pair, target(pair, given, mapping))
    _whole_name(found)
    _salesforce_text(found, given)
    if not found.reachable:
        found.unusable, found.waits = given.waits_for or _lacking(found), bool(given.waits_for)
    return found


def named(given: Given) -> list[Pair]:
    """The answers, without what belongs to the machinery of the form."""
    return [Pair(clean(each.name)[:200], clean(each.value).strip(), each.hint) for each in given.pairs if each.name]


def target(pair: Pair, given: Given, mapping: Mapping[str, str]) -> str:
    """What a field becomes: as mapped, else as its tool says, else by its name, else by what is in it."""
    if pair.name in mapping:
        return mapping[pair.name]
    if given.waits_for or (is_beside(pair.name) and not pair.hint):
        return "beside" if not given.waits_for else "extra"
    if given.tool == "Salesforce" and pair.name == "website":  # its own is URL: this one is hidden from people
        return "trap"
    if found := pair.hint or meaning(pair.name):
        return found
    return "email" if MAIL.fullmatch(pair.value) else "extra"


def _of_letter(mail: Letter) -> Inquiry:
    facts = {"name": mail.name, "email": mail.sender, "interest": mail.subject, "message": mail.text}
    found = Inquiry(facts={name: value for name, value in facts.items() if value})
    found.extra = {"attachments": ", ".join(mail.attachments)} if mail.attachments else {}
    found.origin = {"mail_to": mail.to} if mail.to else {}
    found.origin |= {NO_ANSWER: "yes"} if mail.wants_no_robot else {}
    found.unusable = mail.robot or ("" if found.reachable else _lacking(found))
    return found


def _take(found: Inquiry, pair: Pair, to: str) -> None:
    if not pair.value or to == "beside":
        return
    if to == "trap":
        found.trapped.append(pair.name)
    elif to == "origin":
        found.origin[pair.name[:100]] = pair.value[:500]
    elif to == "extra" or (to != "message" and found.facts.get(to, pair.value) != pair.value):
        found.extra[pair.name] = pair.value
    elif to == "message" and "message" in found.facts:
        found.facts["message"] += f"\n\n{pair.value}"
    else:
        found.facts[to] = pair.value


def _whole_name(found: Inquiry) -> None:
    parts = [found.facts.pop("first_name", ""), found.facts.pop("last_name", "")]
    if any(parts):
        if found.facts.get("name") and found.facts["name"] not in " ".join(parts):
            found.extra["name"] = found.facts["name"]
        found.facts["name"] = " ".join(part for part in parts if part)


def _salesforce_text(found: Inquiry, given: Given) -> None:
    """The longest of the fields that Salesforce knows by number alone is the message, when there is no other."""
    own = [name for name in found.extra if SALESFORCE_OWN.fullmatch(name)]
    if given.tool == "Salesforce" and own and "message" not in found.facts:
        found.facts["message"] = found.extra.pop(max(own, key=lambda name: len(found.extra[name])))


def _lacking(found: Inquiry) -> str:
    mail = found.facts.get("email", "")
    if mail:
        return f"“{mail[:80]}” is no e-mail address, and there is no phone number."
    return "There is no e-mail address and no phone number in it."


def seen(
    body: bytes, headers: Mapping[str, str], content_type: str, mapping: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """The fields of an arrival by name, each as (what was in it, what it becomes): what a mapping is made from."""
    if content_type.startswith(KIND):
        found = _of_letter(letter(body))
        return {name: (value, name) for name, value in found.facts.items()} | {
            name: (value, "extra") for name, value in found.extra.items()
        }
    try:
        given = shape(read(body, content_type, headers.get("Content-Encoding", "")))
    except Unreadable:
        return {}
    pairs = [each for each in named(given) if not is_beside(each.name)]
    return {each.name: (each.value, target(each, given, mapping)) for each in pairs}
