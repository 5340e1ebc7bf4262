"""Run: long work that goes on in the background, such as an export; who asked for it sees how far it is."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.record import Record

FILES_KEPT = timedelta(days=7)


class Run(Record):
    """`done` of `total` are rows; `phase` says what it is at. How far it is stands in no event.

    What came of it: `text` in words, a file (private to `by_user` until `expires_at`), or an act to take back.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("stopped")
        CANCELLED = "cancelled", _("cancelled")

    class Phase(models.TextChoices):
        COUNTING = "counting", _("Counting")
        WORKING = "working", _("Working")
        FINISHING = "finishing", _("Finishing")

    access_as = "organisation"
    api_hidden = frozenset({"payload", "once", "token_id", "cancel_asked", "seen_at"})
    derived = frozenset(
        {"payload", "once", "token_id", "cancel_asked", "state", "phase", "done", "total", "started_at", "seen_at"}
        | {"ended_at", "text", "act", "file_name", "size", "rows", "expires_at"}
    )

    kind = models.CharField(_("kind"), max_length=20)
    title = models.CharField(_("title"), max_length=300)
    door = models.CharField(max_length=12)
    by_user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="runs", verbose_name=_("started by"))
    token_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    # What the form that asked for it carried: asked twice with the same, it is one run.
    once = models.CharField(max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    phase = models.CharField(_("phase"), max_length=9, choices=Phase.choices, default=Phase.COUNTING)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), null=True)
    started_at = models.DateTimeField(_("started"), null=True)
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    cancel_asked = models.BooleanField(default=False)
    text = models.TextField(_("result"), blank=True)
    act = models.UUIDField(_("act"), null=True)
    file_name = models.CharField(_("file"), max_length=120, blank=True)
    size = models.BigIntegerField(_("size in bytes"), null=True)
    rows = models.PositiveIntegerField(_("rows"), null=True)
    expires_at = models.DateTimeField(_("file kept until"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("run"), _("runs")
        constraints = [models.UniqueConstraint(fields=["by_user", "once"], condition=~Q(once=""), name="run_once")]
        indexes = [models.Index(fields=["by_user", "state", "id"], name="run_of_user")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own; administrators see and stop everybody's."""
        return Q() if by.level("edit", "organisation") == "all" else Q(by_user_id=by.user_id)

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def has_file(self) -> bool:
        return bool(self.file_name) and self.expires_at is not None and clock.now() < self.expires_at

    @property
    def rate(self) -> float | None:
        """Rows a second since it began; None before there is anything to tell."""
        until: datetime | None = self.ended_at or self.seen_at
        if not (self.done and self.started_at and until):
            return None
        return self.done / max((until - self.started_at).total_seconds(), 0.1)

    @property
    def left(self) -> timedelta | None:
        """How long it will take from here at this rate."""
        if self.total is None or not self.rate:
            return None
        return timedelta(seconds=max(0, self.total - self.done) / self.rate)

    @property
    def path(self) -> Path:
        """Where its file lies, outside the web root."""
        return folder() / self.public_id


def folder() -> Path:
    found: Path = Path(settings.DATA) / "exports"
    return found
