"""What lacks a next step: open opportunities and leads with nothing planned and not parked beyond today."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.models import Lead, Opportunity

SHOWN, COUNTED = 50, 1000
NOUNS = ("opportunity", "lead")


@dataclass(frozen=True)
class Lacking:
    """The first of one noun, and how many there are up to one more than COUNTED."""

    rows: list[Any]
    number: int


def lacking(by: Actor, today: date, *, own: bool) -> dict[str, Lacking]:
    """By noun, of those that this reader sees, or that are their own: the soonest to close, the newest leads."""
    seen = [noun for noun in NOUNS if access.can_any(by, "see", noun)]
    return {noun: Lacking(_ROWS[noun, own](by, today), _NUMBER[noun, own].count(by, today)) for noun in seen}


def number_of_own(by: Actor, today: date) -> int:
    """How many of this reader's own lack a next step, up to COUNTED and a bit."""
    seen = [noun for noun in NOUNS if access.can_any(by, "see", noun)]
    return sum(_NUMBER[noun, True].count(by, today) for noun in seen)


def _found(noun: str, by: Actor, today: date, *, own: bool) -> Any:
    model: Any = Opportunity if noun == "opportunity" else Lead
    found = model.objects.without_next_step(today).visible_to(by)
    return found.filter(owner=by.user_id) if own else found


def _rows(noun: str, *, own: bool) -> PreparedFor:
    links = ("stage", "company", "person", "owner") if noun == "opportunity" else ("source", "owner")
    order = (F("close_on").asc(nulls_last=True), "pk") if noun == "opportunity" else ("-created_at", "-pk")
    names = SALE if noun == "opportunity" else INQUIRY
    return PreparedFor(
        lambda by, today: _found(noun, by, today, own=own).select_related(*links).order_by(*order)[:SHOWN], names, date
    )


def _number(noun: str, *, own: bool) -> PreparedFor:
    return PreparedFor(
        lambda by, today: _found(noun, by, today, own=own).order_by().values_list("pk")[: COUNTED + 1], (), date
    )


SALE = (
    *("public_id", "title", "amount_minor", "currency", "close_on", "last_contact_at", "owner__name"),
    *("stage__name", "stage__position", "company__name", "person__name"),
)
INQUIRY = (
    *("public_id", "name", "company_name", "email", "phone", "interest", "created_at", "owner__name", "source__name"),
)
WAYS = [(noun, own) for noun in NOUNS for own in (True, False)]
_ROWS = {(noun, own): _rows(noun, own=own) for noun, own in WAYS}
_NUMBER = {(noun, own): _number(noun, own=own) for noun, own in WAYS}
