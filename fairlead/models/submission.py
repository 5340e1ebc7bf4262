"""Submission: what arrived, unchanged, before anything was made of it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, RowQuerySet, chunks
from fairlead.models.about import following

if TYPE_CHECKING:
    from fairlead.core.act import Change


class SubmissionQuerySet(RowQuerySet["Submission"]):
    def waiting(self) -> "SubmissionQuerySet":
        """Those that Fairlead processes by itself, the oldest first."""
        return self.filter(state="received", waits=True).order_by("received_at", "id")


class Submission(Record):
    """`arrival` is unique to each, `key` is what its sender tells repeats by. `waits`: Fairlead takes it up itself.

    `extra` are the fields that are no fact of a lead, `reason` says why there is none. `contact` tells who sent a form
    of ours, `confirmation` is the hash of what confirms it.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSED = "processed", _("Processed")
        UNUSABLE = "unusable", _("Unusable")
        SPAM = "spam", _("Spam")
        FAILED = "failed", _("Failed")

    access_as = "lead"
    field_classes: ClassVar = dict.fromkeys(("headers", "extra", "payload"), "private")
    derived = frozenset({"waits"})
    api_hidden = frozenset({"contact", "confirmation"})

    endpoint = models.ForeignKey(
        "Endpoint", on_delete=models.PROTECT, related_name="submissions", verbose_name=_("endpoint")
    )
    arrival = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(_("received"), default=clock.now)
    content_type = models.CharField(_("content type"), max_length=200, blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    key = models.CharField(_("key"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    is_test = models.BooleanField(_("test"), default=False)
    lead = models.ForeignKey(
        "Lead", null=True, blank=True, on_delete=models.PROTECT, related_name="submissions", verbose_name=_("lead")
    )
    extra = models.JSONField(_("extra"), default=dict, blank=True)
    contact = models.CharField(max_length=64, blank=True)
    confirmation = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    waits = models.BooleanField(default=True, editable=False)

    objects: ClassVar = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("submission"), _("submissions")
        indexes = [
            models.Index(fields=["received_at", "id"], name="submission_by_received"),
            models.Index(fields=["endpoint", "key", "id"], name="submission_by_key"),
            models.Index(fields=["received_at", "id"], name="submission_waiting", condition=Q(state="received")),
            models.Index(
                fields=["endpoint", "contact", "received_at"], name="submission_by_contact", condition=~Q(contact="")
            ),
            models.Index(fields=["endpoint", "received_at"], name="submission_spam", condition=Q(state="spam")),
            models.Index(fields=["confirmation"], name="submission_to_confirm", condition=~Q(confirmation="")),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint.name}, {self.received_at:%Y-%m-%d %H:%M}"

    @cached_property
    def body(self) -> bytes:
        """The payload as it came."""
        found = Payload.objects.filter(submission=self).first()
        return bytes(found.body) if found else b""

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"content_type", "headers", "key", "extra", "payload"})

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As its lead; one without a lead is nobody's: for those who see all leads."""
        act = action if action in {"see", "export"} else "edit"
        if by.level(act, "lead") == "none":
            return access.NOBODY
        condition = following(by, act, ("lead",))
        alone = by.level("see", "lead") == "all"
        return condition | Q(lead=None) if condition and alone else condition

    def timelines(self) -> list[Link]:
        return [("submission", self.pk), *([("lead", self.lead_id)] if self.lead_id else [])]

    def api_extra(self, by: Actor) -> dict[str, Any]:
        return {"payload": self.body.decode(errors="replace")}

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        """Once anything was made of it, also when that is taken back, it waits for a person."""
        touched = sorted({each.row.pk for each in changes if each.op != "create"})
        for chunk in chunks(touched):
            cls._base_manager.filter(pk__in=chunk, waits=True).update(waits=False)


class Payload(models.Model):
    """The bytes of a submission, apart from it: lists do not read them, and events do not keep them twice."""

    submission = models.OneToOneField("Submission", on_delete=models.CASCADE, primary_key=True, related_name="+")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.body)} bytes"
