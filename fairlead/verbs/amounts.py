"""Amounts as verbs take them: decimals within bounds, kept as minor units of their currency."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.models import Organisation, Rate, money
from fairlead.models.rate import MICRO

MOST = Decimal(10) ** 15


def minor(amount: Decimal, currency: str, name: str = "amount") -> int:
    """The amount in minor units; negative and absurd ones are refused at the argument of this name."""
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise Invalid({name: [_("Write an amount from 0 to 999,999,999,999,999.")]})
    return money.to_minor(amount, currency)


def in_base(amount_minor: int | None, currency: str, on: date) -> dict[str, Any]:
    """An amount in the organisation's currency by the rate in force on a day, as a closure keeps it for good."""
    ours = Organisation.ours().currency
    if amount_minor is None:
        return {}
    if currency == ours:
        return {"base_minor": amount_minor, "base": ours, "rate_micro": MICRO, "rate_on": on}
    known = Rate.objects.filter(currency=currency, on__lte=on, archived_at=None).order_by("-on").first()
    if known is None:
        return {}
    amount = money.from_minor(amount_minor, currency) / known.rate
    fixed = {"base_minor": money.to_minor(amount, ours), "base": ours}
    return fixed | {"rate_micro": known.micro, "rate_on": known.on}


def minor_or_none(amount: Decimal | None, currency: str, name: str = "amount") -> int | None:
    return None if amount is None else minor(amount, currency, name)
