"""Pipelines, their stages, and what must be true of an opportunity to leave a stage."""

from typing import Any

from django.db import models
from django.db.models import Q
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
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"], condition=Q(archived_at=None), name="one_stage_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def derive(cls, changes: Any) -> None:
        from fairlead.models.progress import weigh_anew

        for each in changes:
            if each.op == "change" and "probability" in each.before:
                weigh_anew(each.row.pk, each.row.probability)


class ExitCriterion(Record):
    """What must be true to leave a stage: ticked by hand, or a `fact` (see facts.py) that is looked up."""

    class Force(models.TextChoices):
        ADVISORY = "advisory", _("advisory")
        REQUIRED = "required", _("required")
        HARD = "hard", _("hard")

    access_as = "organisation"
    many = "criteria"

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="criteria", verbose_name=_("stage"))
    text = models.CharField(_("text"), max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    fact = models.CharField(_("fact"), max_length=40, blank=True)
    force = models.CharField(_("force"), max_length=8, choices=Force.choices, default=Force.ADVISORY)

    class Meta:
        verbose_name, verbose_name_plural = _("exit criterion"), _("exit criteria")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def noun(cls) -> str:
        return "criterion"

    @classmethod
    def derive(cls, changes: Any) -> None:
        from fairlead.models.progress import count_stages_anew

        stages = {each.row.stage_id for each in changes} | {each.before.get("stage") for each in changes}
        count_stages_anew(stages - {None})
