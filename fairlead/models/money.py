"""Money: Decimal in Python, an integer of minor units and an ISO currency in the database."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision


def to_minor(amount: Decimal, currency: str) -> int:
    """12.34 GBP → 1234; rounded half up to what the currency has."""
    digits = get_currency_precision(currency)
    return int((amount * 10**digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """1234 GBP → Decimal('12.34'), with exactly the currency's digits."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))
