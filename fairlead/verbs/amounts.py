"""Amounts as verbs take them: decimals within bounds, kept as minor units of their currency."""

from decimal import Decimal

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.models import money

MOST = Decimal(10) ** 15


def minor(amount: Decimal, currency: str, name: str = "amount") -> int:
    """The amount in minor units; negative and absurd ones are refused at the argument of this name."""
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise Invalid({name: [_("Write an amount from 0 to 999,999,999,999,999.")]})
    return money.to_minor(amount, currency)


def minor_or_none(amount: Decimal | None, currency: str, name: str = "amount") -> int | None:
    return None if amount is None else minor(amount, currency, name)
