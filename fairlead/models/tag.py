"""Tag: a free word on records."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Tag(Record):
    access_as = "organisation"
    outlives_undo = True

    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("tag"), _("tags")

    def __str__(self) -> str:
        return self.name
