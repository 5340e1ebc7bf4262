"""Import: what was brought in from a file, in batches of which each is an act; and links that wait for their target."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, Row
from fairlead.models.about import following


class Import(Record):
    """One file brought in; whose ids its rows have is `system`. Taken back, its batches are gone."""

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=255)
    kind = models.CharField(_("rows are"), max_length=20)
    system = models.CharField(_("ids of"), max_length=40)
    mode = models.CharField(_("mode"), max_length=20)
    sha256 = models.CharField(max_length=64, blank=True)
    by_user = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="imports", verbose_name=_("started by")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own; administrators see and take back everybody's."""
        return Q() if by.level("edit", "organisation") == "all" else Q(by_user_id=by.user_id)


class ImportBatch(Row):
    """Rows of the file up to `upto`, brought in as one act; written with it, so that none is brought in twice."""

    access_as = "organisation"

    of = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="batches")
    upto = models.PositiveIntegerField()
    act = models.UUIDField()
    made = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "upto"], name="import_batch_once")]

    def __str__(self) -> str:
        return f"{self.of}: {self.upto}"

    def root(self) -> Row:
        return self.of

    def timelines(self) -> list[Link]:
        return [("import", self.of_id)]


class AwaitedCompany(Row):
    """A person whose company was named by an id that no company had yet; one that is imported with it is linked."""

    access_as = "person"

    system = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    person = models.ForeignKey("Person", on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["system", "value"], name="awaited_company")]

    def __str__(self) -> str:
        return f"{self.system}: {self.value}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, ("person",))

    def root(self) -> Row:
        return self.person

    def timelines(self) -> list[Link]:
        return [("person", self.person_id)]
