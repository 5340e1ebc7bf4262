"""Lead rules in versions, what they decided for each lead, and whose turn it is."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record
from fairlead.models.about import following


class RuleSet(Record):
    """A version of the lead rules: an ordered list, of which the last catches everything that is left.

    `rules` are {"key", "name", "when": [conditions], "to": target, "then": actions, "off"}, as fairlead/routing checks
    them. One version is live; at most one is a draft, which has no number yet.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAST = "past", _("Past")

    access_as = "organisation"

    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.DRAFT)
    rules = models.JSONField(_("rules"), default=list)
    note = models.CharField(_("note"), max_length=200, blank=True)
    live_since = models.DateTimeField(_("live since"), null=True, blank=True)
    by_label = models.CharField(_("made live by"), max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name, verbose_name_plural = _("version of the lead rules"), _("versions of the lead rules")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_rule_set_of_a_number"),
            models.UniqueConstraint(fields=["state"], condition=~Q(state="past"), name="one_live_rule_set"),
        ]

    def __str__(self) -> str:
        return gettext("Version %(number)s") % {"number": self.number} if self.number else gettext("Draft")

    @classmethod
    def noun(cls) -> str:
        return "rule_set"

    @classmethod
    def live_one(cls) -> "RuleSet | None":
        return cls.objects.filter(state=cls.State.LIVE).first()

    @classmethod
    def draft(cls) -> "RuleSet | None":
        return cls.objects.filter(state=cls.State.DRAFT).first()

    def rule(self, key: str) -> dict[str, Any] | None:
        return next((each for each in self.rules if each["key"] == key), None)


class Routing(Record):
    """How one lead came to its owner or queue: which rule gave it, and why each of those before it did not.

    `passed` stands for the rules before the one that matched: the place of the first condition that failed, or why its
    target could not take the lead, or null where it was off. `facts` are those of the lead at that moment.
    `chosen`: somebody named the owner, and the rule only did the rest.
    """

    access_as = "lead"

    lead = models.ForeignKey("Lead", on_delete=models.CASCADE, related_name="routings")
    rules = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=12)
    passed = models.JSONField(default=list, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    queue = models.ForeignKey("Queue", null=True, on_delete=models.PROTECT, related_name="+")
    chosen = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("rule trace"), _("rule traces")

    def __str__(self) -> str:
        return f"{self.lead}: {self.rule}"

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"facts", "label"})

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, ("lead",))

    def timelines(self) -> list[Link]:
        return [("lead", self.lead_id)]


class Turn(models.Model):
    """Who had the last lead of a rule that gives them by turns; its row is locked while the next one is chosen."""

    rule = models.CharField(max_length=12, primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.rule}: {self.last}"
