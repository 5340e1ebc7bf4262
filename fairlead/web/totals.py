"""What all that a list of opportunities finds is worth, by currency: under its rows, whatever page of them is shown."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from fairlead.models import Opportunity, money
from fairlead.programs.fields import fields
from fairlead.web.listing import COUNTED, Asked

MOST = 10_000  # more are not added up
Sums = list[tuple[Decimal, str]]


@dataclass(frozen=True)
class Totals:
    """Value × duration, and that by its chance, as (amount, currency); `complete`: there are not too many to add up."""

    whole: Sums
    weighted: Sums
    complete: bool = True


def totals(asked: Asked, number: int) -> Totals | None:
    """Of `number` found, as far as they were counted; None for lists without amounts, and for who sees none."""
    if asked.listing.model is not Opportunity or asked.at or "amount" not in fields(Opportunity, asked.by):
        return None
    if number > COUNTED and asked.count(MOST) > MOST:
        return Totals([], [], complete=False)
    found = asked.records.order_by().values("currency").annotate(whole=Sum("total_minor"), by=Sum("weighted_minor"))
    rows = sorted(found, key=lambda row: str(row["currency"]))
    whole, weighted = ([_amount(row, name) for row in rows if row[name]] for name in ("whole", "by"))
    return Totals(whole, weighted)


def _amount(row: dict[str, object], name: str) -> tuple[Decimal, str]:
    currency = str(row["currency"])
    return money.from_minor(int(str(row[name])), currency), currency
