"""File: something uploaded to a record, stored under a random name outside the web root."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.models.about import About, exactly_one


class File(About):
    """`stored_as` is its name in the files folder; `size` in bytes; never served inline."""

    api_hidden = frozenset({"stored_as"})

    name = models.CharField(_("name"), max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=64, unique=True)
    by_user = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("file"), _("files")
        constraints = [exactly_one("file_about_one")]

    def __str__(self) -> str:
        return self.name
