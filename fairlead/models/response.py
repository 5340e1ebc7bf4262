"""Response: what Fairlead answered to a lead by itself, or why it did not."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, Row
from fairlead.models.about import following
from fairlead.models.organisation import Organisation
from fairlead.models.place import existing_zones


class Response(Record):
    """One automatic answer, once by its `key`; an address gets at most one on a day (`on`, by `contact`, its hash).

    `waiting` for access to a trial, `promised` to the outbox; `withheld` is none that goes out, with the reason.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for trial access")
        PROMISED = "promised", _("On its way")
        SENT = "sent", _("Sent")
        WITHHELD = "withheld", _("Not sent")
        FAILED = "failed", _("Failed")

    access_as = "lead"
    api_hidden = frozenset({"contact", "key"})
    field_classes: ClassVar = {"to": "private"}
    transitions: ClassVar = {
        "state": {("waiting", "promised"), ("waiting", "withheld"), ("promised", "sent"), ("promised", "failed")}
        | {("failed", "sent")}
    }

    lead = models.ForeignKey("Lead", on_delete=models.PROTECT, related_name="responses", verbose_name=_("lead"))
    template = models.ForeignKey("MailTemplate", on_delete=models.PROTECT, related_name="responses")
    submission = models.ForeignKey(
        "Submission", null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    to = models.CharField(_("to"), max_length=320, blank=True)
    contact = models.CharField(max_length=64, blank=True)
    on = models.DateField()
    language = models.CharField(_("language"), max_length=2, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    due_at = models.DateTimeField(_("due"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("automatic answer"), _("automatic answers")
        indexes = [models.Index(fields=["template", "id"], name="response_waiting", condition=Q(state="waiting"))]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "on"],
                name="one_response_a_day",
                condition=Q(state__in=["waiting", "promised", "sent"]),
            )
        ]

    def __str__(self) -> str:
        name = self.template.name
        if self.state in {self.State.WITHHELD, self.State.FAILED}:
            return _now("%(template)s, not sent: %(reason)s") % {"template": name, "reason": self.reason}
        return (
            _now("%(template)s, waits: %(reason)s") % {"template": name, "reason": self.reason} if self.reason else name
        )

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.WAITING, self.State.PROMISED}

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"text", "subject", "to"})

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As its lead."""
        return following(by, action if action in {"see", "export"} else "edit", ("lead",))

    def root(self) -> Row:
        whole: Row = self.lead
        return whole

    def timelines(self) -> list[Link]:
        return [("response", self.pk), ("lead", self.lead_id)]


def after_quiet_hours(moment: datetime, country: str, ours: Organisation) -> datetime:
    """This moment, or the end of the quiet hours that it lies in: on the recipient's clock, else the organisation's."""
    start, end = ours.quiet_from, ours.quiet_until
    if start is None or end is None or start == end:
        return moment
    zone = clock_in(country, moment) or ours.tz
    local = moment.astimezone(zone)
    if not _within(local.time(), start, end):
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= end else 0)
    return datetime.combine(day, end, zone).astimezone(moment.tzinfo)


def clock_in(country: str, moment: datetime) -> ZoneInfo | None:
    """The clock of a country, if it has one alone."""
    names = get_global("territory_zones").get(country, []) if country else []
    zones = [ZoneInfo(name) for name in names if name in existing_zones()]
    same = {moment.astimezone(zone).utcoffset() for zone in zones}
    return zones[0] if len(same) == 1 else None


def _within(at: time, start: time, end: time) -> bool:
    return start <= at < end if start < end else at >= start or at < end
