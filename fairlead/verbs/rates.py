"""Rates of other currencies, entered by whoever keeps the organisation's settings."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Organisation, Rate
from fairlead.models.rate import MICRO

MOST = Decimal(10) ** 9
LEAST = Decimal(1) / MICRO


@verb("{by} set the rate {it}", may="organisation.edit")
def set_rate(by: Actor, *, currency: str, rate: Decimal, on: date | None = None) -> Rate:
    """Say how many of a currency there are for one of the organisation's, from a day on (today when not given).

    Up to six decimals count. A rate of the same day is replaced.
    """
    ours, currency = Organisation.ours(), currency.strip().upper()
    if currency not in list_currencies():
        raise Invalid({"currency": [_("There is no currency %(name)s. Write its three letters.") % {"name": currency}]})
    if currency == ours.currency:
        raise Invalid({"currency": [_("%(name)s is the currency of the organisation itself.") % {"name": currency}]})
    if not rate.is_finite() or not LEAST <= rate <= MOST:
        raise Invalid({"rate": [_("Write a rate from 0.000001 to 1,000,000,000.")]})
    on, micro = on or clock.today(ours.tz), int((rate * MICRO).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    known = Rate.objects.filter(currency=currency, on=on).first()
    if known is None:
        return create(Rate, currency=currency, on=on, micro=micro)
    change(known, micro=micro)
    return known


@verb("{by} took away the rate {rate}", may="organisation.edit")
def remove_rate(by: Actor, rate: Rate) -> Rate:
    """Take a rate away; what was before it holds again."""
    remove(rate)
    return rate
