"""Opportunity: a sale that may come about, moving through the stages of a pipeline to won or lost."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Row, RowQuerySet
from fairlead.models import money
from fairlead.models.about import following
from fairlead.models.owned import Owned


class OpportunityQuerySet(RowQuerySet["Opportunity"]):
    def open(self) -> "OpportunityQuerySet":
        return self.filter(state="open", archived_at=None)

    def without_next_step(self, today: date) -> "OpportunityQuerySet":
        """Open, with nothing planned and not parked beyond today: what the next-step invariant shows as lacking."""
        parked = models.Q(parked_until__gt=today)
        return self.open().filter(next_step_at=None).exclude(parked)


class Opportunity(Owned):
    """The amount is once, or per month or year when it recurs; the customer is a company, a person, or both."""

    many = "opportunities"

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    class Recurs(models.TextChoices):
        ONCE = "once", _("once")
        MONTH = "month", _("a month")
        YEAR = "year", _("a year")

    transitions: ClassVar = {"state": {("open", "won"), ("open", "lost"), ("won", "open"), ("lost", "open")}}
    api_hidden = frozenset({"amount_minor"})
    field_classes: ClassVar = {"amount": "money", "amount_minor": "money"}

    title = models.CharField(_("title"), max_length=200)
    company = models.ForeignKey(
        "Company",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="opportunities",
        verbose_name=_("company"),
    )
    person = models.ForeignKey(
        "Person", null=True, blank=True, on_delete=models.PROTECT, related_name="sales", verbose_name=_("person")
    )
    lead = models.ForeignKey(
        "Lead", null=True, blank=True, on_delete=models.PROTECT, related_name="became", verbose_name=_("lead")
    )
    stage = models.ForeignKey("Stage", on_delete=models.PROTECT, related_name="opportunities", verbose_name=_("stage"))
    stage_since = models.DateTimeField(_("in this stage since"))
    state = models.CharField(_("state"), max_length=4, choices=State.choices, default=State.OPEN)
    amount_minor = models.BigIntegerField(_("value"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    recurs = models.CharField(_("recurs"), max_length=5, choices=Recurs.choices, default=Recurs.ONCE)
    close_on = models.DateField(_("close date"), null=True, blank=True)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, blank=True)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("source")
    )
    about = models.TextField(_("about"), blank=True)

    objects: ClassVar = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("opportunity"), _("opportunities")
        indexes = [
            models.Index(fields=["state", "stage", "id"], name="opportunity_by_stage"),
            models.Index(fields=["title", "id"], name="opportunity_by_title"),
            models.Index(fields=["close_on", "id"], name="opportunity_by_close"),
            models.Index(fields=["created_at", "id"], name="opportunity_by_created"),
            models.Index(fields=["state", "created_at", "id"], name="opportunity_open_by_created"),
            models.Index(fields=["next_step_at", "id"], name="opportunity_by_next_step"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def amount(self) -> Decimal | None:
        return None if self.amount_minor is None else money.from_minor(self.amount_minor, self.currency)

    @property
    def customer(self) -> Any:
        """The company if there is one, else the person; None when neither is known yet."""
        return self.company or self.person

    @classmethod
    def indexed_with(cls) -> list[str]:
        return ["company", "person"]

    def search_texts(self) -> list[str]:
        return [self.title]

    def linked_texts(self) -> list[str]:
        return [each.name for each in (self.company, self.person) if each]

    def linked(self) -> list[Link]:
        return [("opportunity", self.pk), *([("lead", self.lead_id)] if self.lead_id else [])]

    def api_extra(self, by: Any) -> dict[str, Any]:
        return {"amount": None if self.amount is None else str(self.amount)}


class Closure(Row):
    """How an opportunity ended; reopening adds nothing here and removes nothing."""

    access_as = "opportunity"
    field_classes: ClassVar = {"amount_minor": "money"}

    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="closures")
    outcome = models.CharField(max_length=4, choices=[("won", _("Won")), ("lost", _("Lost"))])
    on = models.DateField()
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.opportunity}: {self.get_outcome_display()}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, ("opportunity",))

    def root(self) -> Row:
        return self.opportunity

    def timelines(self) -> list[Link]:
        return [("opportunity", self.opportunity_id)]
