"""Call: a telephone call as the telephone system told of it, until it is logged or put aside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor
from fairlead.core.record import Link, RowQuerySet
from fairlead.models.about import ABOUT, About

NOBODYS = Q(**dict.fromkeys(ABOUT))


class CallQuerySet(RowQuerySet["Call"]):
    def unlogged(self) -> "CallQuerySet":
        """Those that are over and have no entry yet."""
        return self.filter(activity=None, put_aside_at=None, archived_at=None).exclude(ended_at=None)

    def ringing(self, since: datetime) -> "CallQuerySet":
        """Those that came in since then and are not over."""
        return self.filter(activity=None, put_aside_at=None, ended_at=None, direction="in", started_at__gte=since)


class Call(About):
    """About the one lead, person or company that has its number; about nothing when none has it, or several.

    `key` is what the telephone system calls it: all that it tells of one call is one call. `agent` is who took or
    made it. `activity` is its entry.
    """

    class Direction(models.TextChoices):
        IN = "in", gettext_lazy("incoming")
        OUT = "out", gettext_lazy("outgoing")

    access_as = "activity"
    field_classes: ClassVar = dict.fromkeys(("number", "e164", "key"), "private")

    endpoint = models.ForeignKey("Endpoint", on_delete=models.PROTECT, related_name="calls")
    key = models.CharField(gettext_lazy("key"), max_length=200)
    direction = models.CharField(gettext_lazy("direction"), max_length=3, choices=Direction.choices)
    number = models.CharField(gettext_lazy("number"), max_length=60, blank=True)
    e164 = models.CharField(max_length=48, blank=True)
    started_at = models.DateTimeField(gettext_lazy("started"))
    answered_at = models.DateTimeField(gettext_lazy("answered"), null=True, blank=True)
    ended_at = models.DateTimeField(gettext_lazy("ended"), null=True, blank=True)
    agent = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    agent_name = models.CharField(gettext_lazy("agent"), max_length=200, blank=True)
    activity = models.ForeignKey("Activity", null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    put_aside_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CallQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("call"), gettext_lazy("calls")
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="one_call_per_key")]
        indexes = [
            models.Index(
                fields=["started_at"],
                name="call_unlogged",
                condition=Q(activity__isnull=True, put_aside_at__isnull=True),
            ),
            models.Index(fields=["endpoint", "e164", "started_at"], name="call_by_number"),
        ]

    def __str__(self) -> str:
        return self.number or _("withheld number")

    @property
    def is_missed(self) -> bool:
        return self.answered_at is None and self.ended_at is not None

    @property
    def minutes(self) -> int | None:
        """How long they talked, in minutes begun."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return min(max(0, -(-int((self.ended_at - self.answered_at).total_seconds()) // 60)), 24 * 60)

    @property
    def about(self) -> Any:
        return next((getattr(self, name) for name in ABOUT if getattr(self, f"{name}_id")), None)

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"label", "number", "key", "agent_name"})

    @classmethod
    def own(cls, by: Actor) -> Q:
        return Q(agent_id=by.user_id) if by.user_id else Q(pk__in=[])

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As what it is about; of nobody known: for those who see all leads, and for whoever took it."""
        condition = super().governed(by, action)
        if not condition or by.level(action, cls.access_noun()) == "none":
            return condition
        condition |= cls.own(by)
        return condition | NOBODYS if by.level("see", "lead") == "all" else condition

    def timelines(self) -> list[Link]:
        about = [(name, getattr(self, f"{name}_id")) for name in ABOUT if getattr(self, f"{name}_id")]
        return [(self.noun(), self.pk), *about]
