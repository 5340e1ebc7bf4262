"""Target: what somebody means to win in a month."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor, Level
from fairlead.core.record import Record
from fairlead.models import money


class Target(Record):
    """`month` is its first day; the amount is in the organisation's currency."""

    access_as = "opportunity"
    api_hidden = frozenset({"amount_minor"})
    field_classes: ClassVar = {"amount": "money", "amount_minor": "money"}

    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="targets", verbose_name=_("whose"))
    month = models.DateField(_("month"))
    amount_minor = models.BigIntegerField(_("target"))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        verbose_name, verbose_name_plural = _("target"), _("targets")
        ordering = ["month", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "month"], name="one_target_a_month")]

    def __str__(self) -> str:
        return f"{self.user}, {self.month:%Y-%m}"

    @property
    def amount(self) -> Decimal:
        return money.from_minor(self.amount_minor, self.currency)

    @classmethod
    def within(cls, by: Actor, level: Level) -> Q:
        return Q(user_id=by.user_id) if level == "own" else Q(user_id__in=by.teammate_ids)

    def api_extra(self, by: Any) -> dict[str, Any]:
        return {"amount": str(self.amount)}
