"""Occasion: an event that people register for, and their registrations. Events are what has happened, elsewhere."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import WrongState
from fairlead.core.record import Link, Record, RowQuerySet
from fairlead.models.about import following
from fairlead.models.form import web_address
from fairlead.models.place import known_zone

if TYPE_CHECKING:
    from fairlead.core.act import Change


class Occasion(Record):
    """It takes place at `place`, or at `link`, which only those who have a place are told. Without `capacity`: for all.

    Moments are in UTC, and are shown on the clock of `zone`.
    """

    access_as = "organisation"

    title = models.CharField(_("title"), max_length=150)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/London", validators=[known_zone])
    place = models.CharField(_("place"), max_length=300, blank=True)
    link = models.CharField(_("link"), max_length=500, blank=True, validators=[web_address])
    capacity = models.PositiveIntegerField(_("places"), null=True, blank=True)
    description = models.TextField(_("description"), blank=True, max_length=5000)

    class Meta:
        ordering = ["starts_at"]
        verbose_name, verbose_name_plural = _("event"), _("events")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="occasion_in_order"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self.registrations.filter(state=Registration.State.PLACED).count()

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.taken >= self.capacity

    def is_over(self, at: datetime | None = None) -> bool:
        return self.ends_at <= (at or clock.now())

    def calendar(self) -> str:
        """It as an iCalendar file, for who has a place."""
        from icalendar import Calendar, Event

        host = urlsplit(settings.BASE_URL).hostname or "localhost"
        entry = Event.new(
            uid=f"{self.public_id}@{host}",
            summary=self.title,
            start=self.starts_at.astimezone(self.tz),
            end=self.ends_at.astimezone(self.tz),
            stamp=clock.now().astimezone(UTC),
            location=self.place or self.link or None,
            description=self.description or None,
            url=self.link or None,
        )
        made = Calendar.new(prodid="-//Fairlead//EN", method="PUBLISH")
        made.add_component(entry)
        made.add_missing_timezones()
        return str(made.to_ical().decode())

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        hold_capacity({each.row.pk for each in changes})


class Registration(Record):
    """Somebody's registration: with a place, or without because there was none. `contact` tells who it is."""

    class State(models.TextChoices):
        PLACED = "placed", _("Has a place")
        FULL = "full", _("No place left")
        CANCELLED = "cancelled", _("Cancelled")

    access_as = "lead"
    api_hidden = frozenset({"contact"})
    transitions: ClassVar = {"state": {("placed", "cancelled"), ("full", "cancelled"), ("full", "placed")}}

    occasion = models.ForeignKey(
        "Occasion", on_delete=models.PROTECT, related_name="registrations", verbose_name=_("event")
    )
    lead = models.ForeignKey("Lead", on_delete=models.PROTECT, related_name="registrations", verbose_name=_("lead"))
    submission = models.ForeignKey("Submission", on_delete=models.PROTECT, related_name="registrations")
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    contact = models.CharField(max_length=64)

    objects: ClassVar = RowQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("registration"), _("registrations")
        indexes = [models.Index(fields=["occasion", "state", "id"], name="registration_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "contact"], name="registered_once", condition=~Q(state="cancelled")
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead}, {self.occasion}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As its lead."""
        return following(by, action if action in {"see", "export"} else "edit", ("lead",))

    @classmethod
    def from_outside(cls, values: Any) -> frozenset[str]:
        return frozenset({"label"})

    def timelines(self) -> list[Link]:
        return [("registration", self.pk), ("lead", self.lead_id), ("occasion", self.occasion_id)]

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        rows: Any = [each.row for each in changes]
        hold_capacity({row.occasion_id for row in rows})


def hold_capacity(ids: set[int]) -> None:
    """However it came about, undo too: no event has more places taken than it has."""
    events = Occasion._base_manager.filter(pk__in=ids)
    list(events.select_for_update(no_key=True).order_by("pk"))  # whoever gives a place meanwhile waits
    placed = Count("registrations", filter=Q(registrations__state="placed"))
    too_many = events.alias(placed=placed).filter(placed__gt=F("capacity"))
    if found := too_many.first():
        text = _now("%(event)s has %(capacity)s places, and more would be taken. Nothing was changed.")
        raise WrongState(text % {"event": found, "capacity": found.capacity})
