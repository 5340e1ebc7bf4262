"""Quotes: recorded as sent, accepted or declined by the customer, withdrawn by us."""

from datetime import date
from decimal import Decimal
from typing import Any, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Opportunity, Organisation, Quote
from fairlead.verbs.amounts import minor_or_none
from fairlead.verbs.opportunities import must_be_open
from fairlead.verbs.track_triggers import quote_sent


class QuoteFacts(TypedDict, total=False):
    amount: Decimal | None
    sent_on: date
    valid_until: date | None
    note: str


@verb("{by} sent the quote {it} for {opportunity}", may="edit")
def record_quote(by: Actor, opportunity: Opportunity, *, number: str, **facts: Unpack[QuoteFacts]) -> Quote:
    """Record a quote that was sent, today if no day is given; the amount is in the opportunity's currency.

    Tracks that start when a quote is sent start with it.
    """
    must_be_open(opportunity)
    plain = _number(number, opportunity)
    values = {"sent_on": _today()} | _values(dict(facts), opportunity.currency)
    _check_days(values["sent_on"], values.get("valid_until"))
    made = create(Quote, opportunity=opportunity, number=plain, currency=opportunity.currency, **values)
    quote_sent(by, opportunity)
    return made


@verb("{by} changed the quote {quote}", may="edit")
def edit_quote(
    by: Actor, quote: Quote, *, number: str | None = None, version: int | None = None, **facts: Unpack[QuoteFacts]
) -> Quote:
    """Correct what is recorded of a quote."""
    values = _values(dict(facts), quote.currency)
    if number is not None:
        values["number"] = _number(number, quote.opportunity, quote)
    _check_days(values.get("sent_on", quote.sent_on), values.get("valid_until", quote.valid_until))
    check_version(quote, version, values)
    change(quote, **values)
    return quote


@verb("{by} noted that the quote {quote} was accepted", may="edit")
def accept_quote(by: Actor, quote: Quote, *, decided_on: date | None = None) -> Quote:
    """The customer accepts, today if no day is given; winning the opportunity proposes this amount."""
    return _decide(quote, Quote.State.ACCEPTED, decided_on)


@verb("{by} noted that the quote {quote} was declined", may="edit")
def decline_quote(by: Actor, quote: Quote, *, decided_on: date | None = None, note: str = "") -> Quote:
    """The customer declines, today if no day is given."""
    return _decide(quote, Quote.State.DECLINED, decided_on, note)


@verb("{by} withdrew the quote {quote}", may="edit")
def withdraw_quote(by: Actor, quote: Quote, *, note: str = "") -> Quote:
    """Take a quote back before it is answered."""
    return _decide(quote, Quote.State.WITHDRAWN, None, note)


@verb("{by} opened the quote {quote} again", may="edit")
def reopen_quote(by: Actor, quote: Quote) -> Quote:
    """The answer is awaited again."""
    change(quote, state=Quote.State.SENT, decided_on=None)
    return quote


@verb("{by} took the quote {quote} off {it}", may="edit")
def remove_quote(by: Actor, quote: Quote) -> Opportunity:
    """Take a quote off that should never have been recorded."""
    opportunity: Opportunity = quote.opportunity
    remove(quote)
    return opportunity


def _decide(quote: Quote, state: Quote.State, on: date | None, note: str = "") -> Quote:
    if quote.state == state:
        return quote
    if not quote.is_open:
        text = _("The quote %(number)s is %(state)s already. Open it again first.")
        raise WrongState(text % {"number": quote, "state": quote.get_state_display().lower()})
    day = on or _today()
    if day < quote.sent_on:
        raise Invalid({"decided_on": [_("It cannot be answered before it was sent.")]})
    change(quote, state=state, decided_on=day, **({"note": note} if note else {}))
    return quote


def _values(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    if "amount" in facts:
        facts["amount_minor"] = minor_or_none(facts.pop("amount"), currency)
    return facts


def _number(number: str, opportunity: Opportunity, but: Quote | None = None) -> str:
    plain = " ".join(number.split())
    if not plain:
        raise Invalid({"number": [_("Write the quote's number, as the customer has it.")]})
    others = Quote.objects.filter(opportunity=opportunity, number=plain).exclude(pk=but.pk if but else 0)
    if others.exists():
        raise Invalid({"number": [_("The quote %(number)s is recorded here already.") % {"number": plain}]})
    return plain


def _check_days(sent_on: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until < sent_on:
        raise Invalid({"valid_until": [_("It would have ended before it was sent.")]})


def _today() -> date:
    return clock.today(Organisation.ours().tz)
