"""Activity: a call, note, mail or meeting that took place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.event import EventLink
from fairlead.models.about import About, exactly_one, touched
from fairlead.models.contacted import logged_on


class Activity(About):
    """`happened_at` is when it took place, `logged_at` when it was written down: the same-day figure needs both."""

    many = "activities"

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        NOTE = "note", _("Note")
        MAIL = "mail", _("E-mail")
        MEETING = "meeting", _("Meeting")

    class Direction(models.TextChoices):
        OUT = "out", _("outgoing")
        IN = "in", _("incoming")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("reached")
        VOICEMAIL = "voicemail", _("voicemail left")
        NO_ANSWER = "no_answer", _("no answer")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices, default=Direction.OUT)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    text = models.TextField(_("text"), blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    happened_at = models.DateTimeField(_("happened"), default=clock.now)
    logged_at = models.DateTimeField(default=clock.now, editable=False)
    # Fairlead sent it by itself: it is a touch like others, but no answer of a person.
    automatic = models.BooleanField(_("automatic"), default=False)
    by_user = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="activities")

    class Meta:
        verbose_name, verbose_name_plural = _("activity"), _("activities")
        constraints = [exactly_one("activity_about_one")]
        indexes = [models.Index(fields=["by_user", "happened_at"], name="activity_by_user")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%Y-%m-%d}"

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """What came in was written, or said, by others."""
        return frozenset({"text"}) if values.get("direction", "in") == "in" else frozenset()

    @property
    def is_contact(self) -> bool:
        return self.kind != self.Kind.NOTE

    @classmethod
    def own(cls, by: Actor) -> Q:
        return Q(by_user_id=by.user_id)

    def happened(self) -> datetime | None:
        return self.happened_at

    @classmethod
    def derive(cls, changes: Any) -> None:
        """Keep when what these are about was last in contact; entries stand on timelines where they happened."""
        for name, ids in touched([each for each in changes if each.row.is_contact or "kind" in each.before]):
            logged_on(name, ids)
        for each in changes:
            if "happened_at" in each.before and each.op == "change":
                _move(each.row, datetime.fromisoformat(each.before["happened_at"]))


def _move(entry: Activity, before: datetime) -> None:
    """Move the links of the events that told it at the wrong moment; the events stay as they are."""
    told = EventLink.objects.filter(kind="activity", record_id=entry.pk, happened_at=before)
    ids = list(told.values_list("event_id", flat=True))
    EventLink.objects.filter(event_id__in=ids, happened_at=before).update(happened_at=entry.happened_at)
