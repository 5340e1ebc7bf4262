"""The organisation that runs this Fairlead: one row."""

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record
from fairlead.models.place import known_country, known_currency, known_locale, known_zone


class Overdue(models.TextChoices):
    """What becomes of a lead that nobody has answered in time."""

    TELL = "tell", _("Tell its owner and their managers")
    QUEUE = "queue", _("Put it back for all to claim")
    REASSIGN = "reassign", _("Give it to a colleague who is there")


class Organisation(Record):
    """`country` (ISO) is where phone numbers without a country code are dialled; reports use `zone`."""

    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="GB", validators=[known_country])
    currency = models.CharField(_("currency"), max_length=3, default="GBP", validators=[known_currency])
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/London", validators=[known_zone])
    locale = models.CharField(_("locale"), max_length=12, default="en-GB", validators=[known_locale])
    # How often somebody is reached out to before it is said to be too much; empty: no limit.
    touches_week = models.PositiveSmallIntegerField(_("contacts in 7 days"), null=True, blank=True, default=7)
    touches_month = models.PositiveSmallIntegerField(_("contacts in 30 days"), null=True, blank=True, default=20)
    # Between them nothing is sent by itself, on the recipient's clock where it is known; empty: at any hour.
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    # What becomes of a lead whose time to be answered is over, where its rule does not say.
    overdue_then = models.CharField(
        _("when the time to answer is over"), max_length=8, choices=Overdue.choices, default=Overdue.TELL
    )
    # The made-up house of the demo, from which no mail leaves.
    demo = models.BooleanField(default=False, editable=False)
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
