"""What a file says of opportunities: what they are worth, in which currency, where they stand and how they ended."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.models.place import known_currency
from fairlead.verbs.amounts import MOST
from fairlead.verbs.import_rows import ending

SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY"}
# Where a dollar is their own, and a yen sign may mean a yuan.
OWN_SIGN = {"$": {"AU", "CA", "NZ", "SG", "HK", "TW", "MX", "CL", "CO", "AR"}, "¥": {"CN"}}
RECURS = {
    "month": ("month", "monthly", "monatlich", "mensuel", "mensual", "mensile", "per month", "a month"),
    "year": ("year", "yearly", "annual", "annually", "jährlich", "annuel", "anual", "annuale", "per year", "a year"),
}
KEPT = ("pipeline", "currency", "solution", "person_id", "person_name", "company_id", "outcome")
NAMED = {
    "deal": "title",
    "company": "company_name",
    "close_date": "close_on",
    "closed_on": "closed_on",
    "amount": "amount",
}


def sign(text: str) -> str:
    """The currency that stands beside an amount; a sign, or its code."""
    code = re.search(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", text)
    return code[0] if code else next((each for each in SIGNS if each in text), "")


def complete(
    facts: dict[str, Any], against: list[str], doubts: list[str], stages: frozenset[str] | None, region: str
) -> None:
    """The facts under the names and in the words that are read, with what speaks against them."""
    if "name" in facts:
        facts.setdefault("person_name", facts.pop("name"))
    if not facts.get("deal"):
        said = [facts[name] for name in ("interest", "company") if facts.get(name)] or [facts.get("external_id", "")]
        facts["deal"] = ", ".join(said)[:200]
    _worth(facts, against, region)
    _ended(facts, doubts)
    if stages is not None and (why := _nowhere(facts, stages)):
        against.append(why)


def facts_of(facts: Mapping[str, Any], mails: list[str], notes: str) -> dict[str, Any]:
    """The facts under the names that the verb knows."""
    row = {name: facts[name] for name in KEPT if facts.get(name)}
    row |= {name: facts[said] for said, name in NAMED.items() if facts.get(said) is not None}
    if mails:
        row = {"person_name": mails[0]} | row | {"mails": mails}
    phones = [typed for typed, _label in facts.get("phones", {}).values()]
    row |= {"about": "\n".join([*phones, notes]).strip()} if phones or notes else {}
    row |= {name: facts[name] for name in ("stage", "reason", "recurs", "months", "likelihood") if name in facts}
    return row


def _worth(facts: dict[str, Any], against: list[str], region: str) -> None:
    beside = facts.pop("sign", "")
    told = facts.get("currency", "").upper() or ("" if region in OWN_SIGN.get(beside, ()) else beside)
    if code := SIGNS.get(told, told):
        facts["currency"] = code
        try:
            known_currency(code)
        except ValidationError as wrong:
            against.append(" ".join(wrong.messages))
    amount = facts.get("amount")
    if amount is not None and not 0 <= amount < MOST:
        against.append(_("Write an amount from 0 to 999,999,999,999,999."))
    if "recurs" in facts:
        said = facts.pop("recurs").casefold()
        facts["recurs"] = next((name for name, words in RECURS.items() if said in words), "once")
    if "months" in facts:
        facts["months"] = int(facts["months"])
    if "probability" in facts:
        _likely(facts, against)


def _likely(facts: dict[str, Any], against: list[str]) -> None:
    """In percent; a fraction of one means the same."""
    chance: Decimal = facts["probability"]
    chance = chance * 100 if 0 < chance < 1 else chance
    if 0 <= chance <= 100:
        facts["likelihood"] = round(chance)
    else:
        against.append(_("Likelihood is a percentage from 0 to 100."))


def _ended(facts: dict[str, Any], doubts: list[str]) -> None:
    said = ending(facts.pop("outcome", ""))
    if facts.get("is_won"):
        said = "won"
    elif facts.get("is_lost") or (facts.get("is_closed") and facts.get("is_won") is False):
        said = "lost"
    if said := said or ending(facts.get("stage", "")):
        facts["outcome"] = said
        facts.pop("probability", None)
        facts.pop("likelihood", None)
    elif facts.get("is_closed"):
        doubts.append(_("It is closed, but nothing says whether it was won; it stays open."))


def _nowhere(facts: dict[str, Any], stages: frozenset[str]) -> str:
    pipeline, stage = facts.get("pipeline", ""), facts.get("stage", "")
    if pipeline and not any(each.startswith(f"{pipeline.casefold()}\n") for each in stages):
        return _("There is no pipeline “%(name)s” in use.") % {"name": pipeline[:40]}
    if stage and not ending(stage) and f"{pipeline.casefold()}\n{stage.casefold()}" not in stages:
        return _("There is no stage “%(name)s” in use.") % {"name": stage[:40]}
    return ""
