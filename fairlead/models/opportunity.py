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
from fairlead.models.owned import Owned, lacking
from fairlead.models.place import known_currency
from fairlead.models.progress import FROM, KEPT, LAST, count_anew
from fairlead.models.ranks import new_rank
from fairlead.models.rate import MICRO

ON_BOARD = Q(state="open", archived_at=None)
UNPLANNED = ON_BOARD & Q(next_step_at=None)
# How a lane is ordered: by the next step, those without one last, or where somebody put them.
LANE = ("lane_at", "lane_rank", "id")
# What a lane adds up, so that it is read from the index alone.
WEIGHED = ("currency", "stage_since", "total_minor", "weighted_minor", "next_step_at", "parked_until")

# The same for the forecast. SQLite only reads from a partial index alone what stands in it, its condition too.
FORECAST = (
    *("state", "archived_at", "close_on", "owner", "currency", "likelihood", "stage", "total_minor", "weighted_minor"),
)


class OpportunityQuerySet(RowQuerySet["Opportunity"]):
    def open(self) -> "OpportunityQuerySet":
        return self.filter(state="open", archived_at=None)

    def without_next_step(self, today: date) -> "OpportunityQuerySet":
        """Open, with nothing planned and not parked beyond today: what the next-step invariant shows as lacking."""
        return self.open().filter(lacking(today))


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
    # What it is worth over its duration, also by its chance, and how many exit criteria of its stage are met.
    derived = Owned.derived.union(KEPT, {"lane_at"})
    api_hidden = frozenset({"amount_minor", "total_minor", "weighted_minor", "stands_at", "lane_rank", "lane_at"})
    field_classes: ClassVar = dict.fromkeys(
        ("amount", "amount_minor", "total", "total_minor", "weighted", "weighted_minor"), "money"
    )

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
    currency = models.CharField(_("currency"), max_length=3, default="GBP", validators=[known_currency])
    recurs = models.CharField(_("recurs"), max_length=5, choices=Recurs.choices, default=Recurs.ONCE)
    # How long what recurs is agreed for; it counts for a year when this is not known.
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    close_on = models.DateField(_("close date"), null=True, blank=True)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, blank=True)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("source")
    )
    about = models.TextField(_("about"), blank=True)
    solution = models.TextField(_("solution"), blank=True)
    # Where somebody put its card in its lane: beside those of this moment. The rank tells those of one moment apart.
    stands_at = models.DateTimeField(_("placed at"), null=True, blank=True, editable=False)
    lane_rank = models.CharField(_("rank"), max_length=200, default=new_rank, editable=False)
    lane_at = models.DateTimeField(_("place in its lane"), default=LAST, editable=False)
    criteria_met = models.PositiveSmallIntegerField(_("criteria met"), default=0, editable=False)
    criteria_of = models.PositiveSmallIntegerField(_("exit criteria"), default=0, editable=False)
    total_minor = models.BigIntegerField(_("total"), null=True, blank=True, editable=False)
    weighted_minor = models.BigIntegerField(_("weighted"), null=True, blank=True, editable=False)

    objects: ClassVar = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("opportunity"), _("opportunities")
        indexes = [
            models.Index(fields=["state", "stage", "id"], name="opportunity_by_stage"),
            models.Index(fields=["stage", *LANE], name="opportunity_in_lane", condition=ON_BOARD),
            models.Index(fields=["stage", *LANE], name="opportunity_lane_lacking", condition=UNPLANNED),
            models.Index(fields=["stage", *WEIGHED], name="opportunity_lanes", condition=ON_BOARD),
            models.Index(fields=FORECAST, name="opportunity_forecast", condition=ON_BOARD),
            models.Index(
                fields=["id", "owner", "archived_at", "state"], name="opportunity_won", condition=Q(state="won")
            ),
            models.Index(fields=["close_on", "id"], name="opportunity_lacking", condition=UNPLANNED),
            models.Index(fields=["owner", "close_on", "id"], name="opportunity_lacking_own", condition=UNPLANNED),
            models.Index(fields=["title", "id"], name="opportunity_by_title"),
            models.Index(fields=["close_on", "id"], name="opportunity_by_close"),
            models.Index(fields=["owner", "close_on", "id"], name="opportunity_by_owner"),
            models.Index(fields=["created_at", "id"], name="opportunity_by_created"),
            models.Index(fields=["state", "created_at", "id"], name="opportunity_open_by_created"),
            models.Index(fields=["next_step_at", "id"], name="opportunity_by_next_step"),
            models.Index(
                fields=["currency", "recurs", "amount_minor"], name="opportunity_won_by_value", condition=Q(state="won")
            ),
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
    def total(self) -> Decimal | None:
        """Value × duration."""
        return None if self.total_minor is None else money.from_minor(self.total_minor, self.currency)

    @property
    def weighted(self) -> Decimal | None:
        """The total by its likelihood, or by the stage's probability."""
        return None if self.weighted_minor is None else money.from_minor(self.weighted_minor, self.currency)

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
        from fairlead.models import Lead

        came = Lead.objects.filter(Q(opportunity=self) | Q(pk=self.lead_id or 0)).values_list("pk", flat=True)[:10]
        customer = [(noun, getattr(self, f"{noun}_id")) for noun in ("person", "company")]
        leads: list[Link] = [("lead", pk) for pk in came]
        return [("opportunity", self.pk), *leads, *((noun, pk) for noun, pk in customer if pk)]

    def api_extra(self, by: Any) -> dict[str, Any]:
        amounts = {"amount": self.amount, "total": self.total, "weighted": self.weighted}
        return {name: None if amount is None else str(amount) for name, amount in amounts.items()}

    @classmethod
    def derive(cls, changes: Any) -> None:
        super().derive(changes)
        count_anew(each.row.pk for each in changes if each.op == "create" or FROM & set(each.before))


class Closure(Row):
    """How an opportunity ended, or that it was opened again: each time a row, and none is taken away."""

    access_as = "opportunity"
    field_classes: ClassVar = {"amount_minor": "money", "base_minor": "money"}

    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="closures")
    outcome = models.CharField(
        max_length=8, choices=[("won", _("Won")), ("lost", _("Lost")), ("reopened", _("Reopened"))]
    )
    on = models.DateField()
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    # What that was in the organisation's currency by the rate of the day; none when there was no rate.
    base_minor = models.BigIntegerField(null=True, blank=True)
    base = models.CharField(max_length=3, blank=True)
    rate_micro = models.BigIntegerField(null=True, blank=True)
    rate_on = models.DateField(null=True, blank=True)
    reason = models.ForeignKey("Reason", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    competitor = models.ForeignKey(
        "Competitor", null=True, blank=True, on_delete=models.PROTECT, related_name="closures"
    )
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["on", "opportunity", "currency", "amount_minor", "base", "base_minor", "outcome"],
                name="closure_won",
                condition=Q(outcome="won"),
            ),
            models.Index(fields=["opportunity"], name="closure_reopened", condition=Q(outcome="reopened")),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity}: {self.get_outcome_display()}"

    @property
    def amount(self) -> Decimal | None:
        """What was really agreed."""
        return None if self.amount_minor is None else money.from_minor(self.amount_minor, self.currency)

    @property
    def amount_base(self) -> Decimal | None:
        """The same in the organisation's currency, as it was then."""
        return None if self.base_minor is None else money.from_minor(self.base_minor, self.base)

    @property
    def rate(self) -> Decimal | None:
        """How many of its currency there were for one of the organisation's."""
        return None if self.rate_micro is None else Decimal(self.rate_micro) / MICRO

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, ("opportunity",))

    def root(self) -> Row:
        return self.opportunity

    def timelines(self) -> list[Link]:
        return [("opportunity", self.opportunity_id)]
