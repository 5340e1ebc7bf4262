"""Pipelines and their stages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Pipeline(Record):
    access_as = "organisation"

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(Record):
    """`usual_days` and `probability` (percent) are what the organisation expects of an opportunity here."""

    access_as = "organisation"

    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="stages", verbose_name=_("pipeline"))
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField()
    usual_days = models.PositiveSmallIntegerField(_("usual days"), default=7)
    probability = models.PositiveSmallIntegerField(_("probability"), default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "name"], name="one_stage_of_a_name")]

    def __str__(self) -> str:
        return self.name
