"""What is known of an opportunity: ticks, stakeholders, competitors, needs, our team, and moves made with gaps."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, Row
from fairlead.models import money
from fairlead.models.about import exactly_one, following, link
from fairlead.models.progress import count_anew, keep

# What exit criteria are ticked on.
TICKED = ("opportunity", "lead")


class Part(Record):
    """A record within an opportunity, whose access follows from it."""

    access_as = "opportunity"
    opportunity: Any
    opportunity_id: int

    class Meta:
        abstract = True

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action if action == "see" else "edit", ("opportunity",))

    def root(self) -> Row:
        whole: Row = self.opportunity
        return whole

    def timelines(self) -> list[Link]:
        return [(self.noun(), self.pk), ("opportunity", self.opportunity_id)]

    @classmethod
    def derive(cls, changes: Any) -> None:
        count_anew({each.row.opportunity_id for each in changes} | {each.before.get("opportunity") for each in changes})


def _whole(related_name: str) -> Any:
    return models.ForeignKey(
        "Opportunity", on_delete=models.PROTECT, related_name=related_name, verbose_name=_("opportunity")
    )


class CriterionTick(Row):
    """An exit criterion that somebody ticked, on an opportunity or on a lead that is being qualified."""

    access_as = "opportunity"

    opportunity = link("Opportunity", "ticks")
    lead = link("Lead", "ticks")
    criterion = models.ForeignKey("ExitCriterion", on_delete=models.PROTECT, related_name="ticks")
    by_user = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            exactly_one("tick_on_one", TICKED),
            models.UniqueConstraint(fields=["opportunity", "criterion"], name="opportunity_ticked_once"),
            models.UniqueConstraint(fields=["lead", "criterion"], name="lead_ticked_once"),
        ]

    def __str__(self) -> str:
        return str(self.criterion)

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action if action == "see" else "edit", TICKED)

    def root(self) -> Row:
        whole: Row = self.opportunity if self.opportunity_id else self.lead
        return whole

    def timelines(self) -> list[Link]:
        return [("opportunity", self.opportunity_id)] if self.opportunity_id else [("lead", self.lead_id or 0)]

    @classmethod
    def derive(cls, changes: Any) -> None:
        count_anew({each.row.opportunity_id for each in changes})

    @classmethod
    def renew(cls, ids: Any) -> None:
        """The ids are those of opportunities whose ticks, or what stands for them, have changed."""
        keep(ids)


class Stakeholder(Part):
    """A person with a part in the customer's decision."""

    class Role(models.TextChoices):
        DECIDES = "decides", _("Decides")
        SIGNS = "signs", _("Signs")
        INFLUENCES = "influences", _("Influences")
        USES = "uses", _("Uses it")
        BLOCKS = "blocks", _("Blocks")

    opportunity = _whole("stakeholders")
    person = models.ForeignKey("Person", on_delete=models.PROTECT, related_name="stakes", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.INFLUENCES)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("stakeholder"), _("stakeholders")
        constraints = [models.UniqueConstraint(fields=["opportunity", "person"], name="one_stake_each")]

    def __str__(self) -> str:
        return str(self.person)

    @classmethod
    def indexed_with(cls) -> list[str]:
        return ["person"]


class Competitor(Record):
    """Who else sells what we sell, and what we answer; the organisation keeps the list."""

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=120)
    strengths = models.TextField(_("strengths"), blank=True)
    weaknesses = models.TextField(_("weaknesses"), blank=True)
    answer = models.TextField(_("our answer"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("competitor"), _("competitors")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at=None), name="one_competitor_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Rival(Part):
    """A competitor for this opportunity."""

    opportunity = _whole("rivals")
    competitor = models.ForeignKey(
        Competitor, on_delete=models.PROTECT, related_name="rivalries", verbose_name=_("competitor")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("competitor of an opportunity"), _("competitors of opportunities")
        constraints = [models.UniqueConstraint(fields=["opportunity", "competitor"], name="rival_once")]

    def __str__(self) -> str:
        return str(self.competitor)

    @classmethod
    def indexed_with(cls) -> list[str]:
        return ["competitor"]


class Need(Part):
    """What the customer must, or should, get; in insurance with the coverage and its cost."""

    class Weight(models.TextChoices):
        MUST = "must", _("must")
        SHOULD = "should", _("should")

    api_hidden = frozenset({"cost_minor"})
    field_classes: ClassVar = {"cost": "money", "cost_minor": "money"}

    opportunity = _whole("needs")
    text = models.CharField(_("need"), max_length=300)
    weight = models.CharField(_("weight"), max_length=6, choices=Weight.choices, default=Weight.MUST)
    position = models.PositiveSmallIntegerField(default=0)
    met = models.BooleanField(_("met"), default=False)
    coverage = models.CharField(_("coverage"), max_length=300, blank=True)
    cost_minor = models.BigIntegerField(_("cost"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")

    class Meta:
        verbose_name, verbose_name_plural = _("need"), _("needs")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text

    @property
    def cost(self) -> Any:
        return None if self.cost_minor is None else money.from_minor(self.cost_minor, self.currency)

    def api_extra(self, by: Actor) -> dict[str, Any]:
        return {"cost": None if self.cost is None else str(self.cost)}


class TeamMember(Part):
    """One of us with a role in the sale, such as technical; who was pulled in is told once, until they have seen it."""

    many = "team-members"

    opportunity = _whole("team_members")
    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="memberships", verbose_name=_("colleague"))
    role = models.CharField(_("role"), max_length=60, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("team member"), _("team members")
        constraints = [models.UniqueConstraint(fields=["opportunity", "user"], name="on_a_team_once")]

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def noun(cls) -> str:
        return "team_member"


class Gap(Part):
    """A move on although required criteria were missing, with the reason: what a review looks at."""

    opportunity = _whole("gaps")
    stage = models.ForeignKey("Stage", on_delete=models.PROTECT, related_name="+", verbose_name=_("left stage"))
    missing = models.JSONField(_("missing"), default=list)
    reason = models.CharField(_("reason"), max_length=300)
    by_user = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("moved by")
    )
    at = models.DateTimeField(_("moved at"), default=clock.now, db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = _("move with gaps"), _("moves with gaps")

    def __str__(self) -> str:
        return self.reason


class Notice(Record):
    """Something about an opportunity or a lead that one of us is told on Today, until they have seen it."""

    class Kind(models.TextChoices):
        TEAM = "team", _("joined the team")
        CANCELLED = "cancelled", _("task cancelled")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        HALF = "half", _("half of the time to answer is over")
        MOST = "most", _("most of the time to answer is over")
        OVER = "over", _("the time to answer is over")
        WAITS = "waits", _("an automatic answer waits")

    access_as = "organisation"
    personal = True
    outlives_undo = True  # one that was seen

    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    opportunity = link("Opportunity", "notices")
    lead = link("Lead", "notices")
    by_label = models.CharField(max_length=200)
    text = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("notice"), _("notices")
        indexes = [models.Index(fields=["user", "id"], name="notice_unseen", condition=Q(seen_at=None))]
        constraints = [exactly_one("notice_about_one", TICKED)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"

    @property
    def about(self) -> Any:
        return self.opportunity if self.opportunity_id else self.lead

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return Q(user_id=by.user_id)
