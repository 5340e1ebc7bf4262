"""Campaign: what we did to be found (a mailing, a trade show, an advertisement)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Campaign(Record):
    access_as = "organisation"
    outlives_undo = True

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("campaign"), _("campaigns")

    def __str__(self) -> str:
        return self.name
