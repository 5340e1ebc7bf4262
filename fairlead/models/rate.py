"""Rate: what one unit of the organisation's currency is worth in another one, from a day on."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record

MICRO = 1_000_000


class Rate(Record):
    """How many `currency` there are for one unit of the organisation's currency, in millionths, from `on`."""

    access_as = "organisation"
    api_hidden = frozenset({"micro"})

    currency = models.CharField(_("currency"), max_length=3)
    on = models.DateField(_("from"))
    micro = models.BigIntegerField(_("rate"))

    class Meta:
        verbose_name, verbose_name_plural = _("rate"), _("rates")
        ordering = ["currency", "-on"]
        constraints = [models.UniqueConstraint(fields=["currency", "on"], name="one_rate_a_day")]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate.normalize():f}"

    @property
    def rate(self) -> Decimal:
        return Decimal(self.micro) / MICRO

    def api_extra(self, by: Any) -> dict[str, Any]:
        return {"rate": f"{self.rate.normalize():f}"}


def rates(day: date, currencies: Iterable[str]) -> dict[str, Decimal]:
    """The rates in force on a day, by currency; one without a rate is left out."""
    known = Rate.objects.filter(currency__in=list(currencies), on__lte=day, archived_at=None).order_by("on")
    return {each.currency: each.rate for each in known}


def united(sums: Mapping[str, Decimal], ours: str, known: Mapping[str, Decimal]) -> tuple[Decimal, dict[str, Decimal]]:
    """Sums by currency as one in ours, and what stands apart because it has no rate."""
    total, apart = sums.get(ours, Decimal(0)), {}
    for currency, amount in sums.items():
        if currency in known:
            total += amount / known[currency]
        elif currency != ours:
            apart[currency] = amount
    return total, apart
