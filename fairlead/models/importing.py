"""Import: what is brought in from a file, in batches of which each is an act; and links that wait for their target."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.access import NOBODY
from fairlead.core.actor import Actor, covers
from fairlead.core.record import Link, Record, Row
from fairlead.models.about import exactly_one, following

AWAITING = ("person", "lead", "opportunity")  # what a file may bring in before its companies


def awaits(noun: str) -> Any:
    return models.ForeignKey(noun, null=True, blank=True, on_delete=models.CASCADE, related_name="+")


class Import(Record):
    """One file brought in; whose ids its rows have is `system`. Taken back, its batches are gone.

    One that was uploaded is a draft first: `wishes` is what people say about it, `found` what it is, `tried` what a
    dry run counted. `counts` are rows that were made, updated, there already and refused.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Not started")
        BEGUN = "begun", _("Begun")
        DONE = "done", _("Done")
        BACK = "back", _("Taken back")

    access_as = "organisation"
    personal = True
    api_hidden = frozenset({"stored_as"})
    derived = frozenset({"state", "found", "tried", "counts", "kept", "run"})

    name = models.CharField(_("name"), max_length=255)
    kind = models.CharField(_("rows are"), max_length=20)
    system = models.CharField(_("ids of"), max_length=40)
    mode = models.CharField(_("mode"), max_length=20)
    sha256 = models.CharField(max_length=64, blank=True)
    by_user = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="imports", verbose_name=_("started by")
    )
    stored_as = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(_("size in bytes"), default=0)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.BEGUN)
    wishes = models.JSONField(_("wishes"), default=dict, blank=True)
    mapping = models.ForeignKey(
        "ImportMapping", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("saved mapping")
    )
    found = models.JSONField(_("found"), default=dict, blank=True)
    tried = models.JSONField(_("dry run"), default=dict, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    kept = models.JSONField(_("kept when taken back"), default=list, blank=True)
    run = models.ForeignKey("Run", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("run"))

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        indexes = [models.Index(fields=["by_user", "id"], name="import_of_user")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own; administrators see and take back everybody's."""
        return Q() if by.level("edit", "organisation") == "all" else Q(by_user_id=by.user_id)

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_running(self) -> bool:
        return self.run is not None and self.run.is_open

    @property
    def folder(self) -> Path:
        """Where the rows of its dry run and its rejected rows lie."""
        return folder() / self.public_id


def folder() -> Path:
    found: Path = Path(settings.DATA) / "imports"
    return found


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
    reasons = models.JSONField(default=list, blank=True)  # of the refused, by row

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "upto"], name="import_batch_once")]

    def __str__(self) -> str:
        return f"{self.of}: {self.upto}"

    def root(self) -> Row:
        return self.of

    def timelines(self) -> list[Link]:
        return [("import", self.of_id)]


class AwaitedCompany(Row):
    """What named its company by an id that no company had yet; one that is imported with it is linked."""

    access_as = "person"

    system = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    person = awaits("Person")
    lead = awaits("Lead")
    opportunity = awaits("Opportunity")

    class Meta:
        indexes = [models.Index(fields=["system", "value"], name="awaited_company")]
        constraints = [exactly_one("awaited_company_of_one", AWAITING)]

    def __str__(self) -> str:
        return f"{self.system}: {self.value}"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, AWAITING)

    def root(self) -> Row:
        found: Row = next(getattr(self, name) for name in AWAITING if getattr(self, f"{name}_id"))
        return found

    def timelines(self) -> list[Link]:
        return [next((name, pk) for name in AWAITING if (pk := getattr(self, f"{name}_id")))]


class ImportMapping(Record):
    """What the columns of files from one place mean, under a name; files with the same header are offered it."""

    class Shared(models.TextChoices):
        NOBODY = "nobody", _("Only you")
        EVERYONE = "everyone", _("Everyone")

    access_as = "organisation"
    personal = True

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey("User", on_delete=models.PROTECT, related_name="+", verbose_name=_("owner"))
    shared = models.CharField(_("shared with"), max_length=8, choices=Shared.choices, default=Shared.NOBODY)
    signature = models.CharField(max_length=64)  # of the header
    wishes = models.JSONField(_("wishes"), default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("import mapping"), _("import mappings")
        indexes = [models.Index(fields=["signature", "id"], name="import_mapping_header")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def noun(cls) -> str:
        return "mapping"

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own, and for reading those shared; those who run the house look after shared ones."""
        if by.scopes is not None and not covers(by.scopes, f"organisation.{action}"):
            return NOBODY
        own = Q(owner_id=by.user_id)
        if action == "see":
            return own | Q(shared="everyone")
        return own | ~Q(shared="nobody") if by.level("edit", "organisation") == "all" else own
