"""Source: where an inquiry came from (web form, trade show, word of mouth)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Source(Record):
    access_as = "organisation"
    outlives_undo = True

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("source"), _("sources")

    def __str__(self) -> str:
        return self.name
