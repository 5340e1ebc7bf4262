"""Reason: why a sale is won or lost, or a lead disqualified; the organisation keeps the list."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record, RowQuerySet


class ReasonQuerySet(RowQuerySet["Reason"]):
    def offered(self, kind: str) -> "ReasonQuerySet":
        """Those to choose from, in the organisation's order."""
        return self.filter(kind=kind, archived_at=None)


class Reason(Record):
    """One that is archived stays on the records that have it and is offered no more."""

    access_as = "organisation"

    class Kind(models.TextChoices):
        LOST = "lost", _("Lost")
        DISQUALIFIED = "disqualified", _("Disqualified")
        WON = "won", _("Won")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar = ReasonQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "id"]
        verbose_name, verbose_name_plural = _("reason"), _("reasons")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_reason_of_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_offered(self) -> bool:
        return self.archived_at is None
