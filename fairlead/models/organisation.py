"""The organisation that runs this Fairlead: one row."""

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Organisation(Record):
    """`country` (ISO) is where phone numbers without a country code are dialled; reports use `zone`."""

    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="GB")
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/London")
    locale = models.CharField(_("locale"), max_length=12, default="en-GB")
    schedule = models.ForeignKey("Schedule", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @classmethod
    def ours(cls) -> "Organisation":
        """The one organisation; an unsaved one with the defaults before it is set up."""
        return cls.objects.order_by("pk").first() or cls(name="Fairlead")
