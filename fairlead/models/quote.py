"""Quote: what we offered a customer, with its number and what became of it."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import RowQuerySet
from fairlead.models import money
from fairlead.models.developing import Part


class QuoteQuerySet(RowQuerySet["Quote"]):
    def open(self) -> "QuoteQuerySet":
        return self.filter(state="sent", archived_at=None)


class Quote(Part):
    """A quote that was sent, recorded with its number; the amount counts as the opportunity's does, once or a month.

    One that nobody answered has expired the day after `valid_until`; it may still be accepted.
    """

    class State(models.TextChoices):
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    transitions: ClassVar = {
        "state": {pair for end in ("accepted", "declined", "withdrawn") for pair in (("sent", end), (end, "sent"))}
    }
    api_hidden = frozenset({"amount_minor"})
    field_classes: ClassVar = {"amount": "money", "amount_minor": "money"}

    opportunity = models.ForeignKey(
        "Opportunity", on_delete=models.PROTECT, related_name="quotes", verbose_name=_("opportunity")
    )
    number = models.CharField(_("number"), max_length=60)
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    sent_on = models.DateField(_("sent on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.SENT)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects: ClassVar = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("quote"), _("quotes")
        ordering = ["sent_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "number"], name="quote_once_by_number"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("sent_on")), name="quote_valid_when_sent"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Decimal | None:
        return None if self.amount_minor is None else money.from_minor(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Is the customer's answer awaited?"""
        return self.state == self.State.SENT

    def has_expired(self, today: date) -> bool:
        return self.is_open and self.valid_until is not None and self.valid_until < today

    def api_extra(self, by: Actor) -> dict[str, Any]:
        return {"amount": None if self.amount is None else str(self.amount)}
