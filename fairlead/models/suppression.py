"""Suppression, shown as “do not contact”: the ledger that every outgoing path asks first."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record
from fairlead.models import normal
from fairlead.models.about import following
from fairlead.models.contact import OF

if TYPE_CHECKING:
    from fairlead.models.company import Company
    from fairlead.models.person import Person


class Suppression(Record):
    """One reason not to contact: an address (kept as a keyed hash, so that it outlives erasure), a person or a company.

    `until` empty: for good. A lifted one stays as history.
    """

    class Channel(models.TextChoices):
        ANY = "any", _("anything")
        MAIL = "mail", _("e-mail")
        PHONE = "phone", _("phone")
        POST = "post", _("post")

    access_as = "person"
    api_hidden = frozenset({"address_hash"})
    field_classes: ClassVar = {"address": "private"}

    person = models.ForeignKey("Person", null=True, blank=True, on_delete=models.PROTECT, related_name="suppressions")
    company = models.ForeignKey("Company", null=True, blank=True, on_delete=models.PROTECT, related_name="suppressions")
    address_hash = models.CharField(max_length=64, blank=True, db_index=True)
    address = models.CharField(max_length=320, blank=True)
    channel = models.CharField(_("channel"), max_length=5, choices=Channel.choices, default=Channel.ANY)
    purpose = models.CharField(_("purpose"), max_length=20, blank=True)  # empty: every purpose
    reason = models.CharField(_("reason"), max_length=200)
    source = models.CharField(_("source"), max_length=40)
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("do not contact"), _("do not contact")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(company__isnull=False) | ~Q(address_hash=""),
                name="suppression_of_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.reason}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As the person or company; one of an address alone is everybody's who has people at all."""
        level = by.level("see" if action == "see" else "edit", "person")
        if level == "none":
            return access.NOBODY
        condition = following(by, action, OF)
        return condition | Q(person=None, company=None) if condition else condition

    def timelines(self) -> list[Link]:
        links: list[Link] = [("person", self.person_id)] if self.person_id else []
        return links + ([("company", self.company_id)] if self.company_id else [])


@dataclass(frozen=True)
class Answer:
    """May we? With the suppression that says no."""

    allowed: bool
    because: Suppression | None = None


def may_contact(
    address: str,
    channel: str,
    purpose: str = "",
    *,
    person: "Person | None" = None,
    company: "Company | None" = None,
    region: str = "",
) -> Answer:
    """The one gate before anything goes out: is there a suppression of this address, person or company?

    `channel` is mail, phone or post; `region` is the country in which a phone number is read.
    """
    whom = Q(address_hash=address_key(address, channel, region)) if address else Q(pk__in=[])
    if person is not None:
        whom |= Q(person=person)
    if company is not None:
        whom |= Q(company=company)
    found = in_force().filter(whom, channel__in=["any", channel], purpose__in=["", purpose]).order_by("since").first()
    return Answer(found is None, found)


def in_force(at: datetime | None = None) -> "models.QuerySet[Suppression]":
    moment = at or clock.now()
    return Suppression.objects.filter(Q(until=None) | Q(until__gt=moment), lifted_at=None, archived_at=None)


def address_key(address: str, channel: str, region: str = "") -> str:
    """A keyed hash of the normalised address, the same for every way of writing it."""
    text = plain_address(address, channel, region)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def plain_address(address: str, channel: str, region: str = "") -> str:
    """The one way of writing an address by which keys know it."""
    plain: Any = normal.phone(address, region) if channel == "phone" else normal.mail(address)
    return plain or address.strip().casefold()
