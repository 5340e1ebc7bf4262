"""Feed: a private address under which calendars elsewhere read somebody's meetings and tasks, or a team's."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.models.token import fingerprint


class Feed(Record):
    """Read with the rights of `user`, as they are then; of `team`, if one is named, else their own.

    Whoever has the address reads it, so that it is kept as a hash, and ends when it is revoked or its user leaves.
    """

    class Tasks(models.TextChoices):
        EVENTS = "events", _("as events on their day")
        TODOS = "todos", _("as to-dos")
        NONE = "none", _("not at all")

    access_as = "organisation"
    personal = True
    api_hidden = frozenset({"hashed"})
    derived = frozenset({"last_read_at"})

    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="feeds")
    team = models.ForeignKey("Team", null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    name = models.CharField(_("name"), max_length=80)
    tasks = models.CharField(_("tasks"), max_length=6, choices=Tasks.choices, default=Tasks.EVENTS)
    starts_with = models.CharField(max_length=8)
    hashed = models.CharField(max_length=64, unique=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("calendar feed"), _("calendar feeds")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own; who runs the house can end those of others."""
        runs_house = by.level(action, "organisation") == "all" and action != "see"
        return Q() if runs_house else Q(user_id=by.user_id)

    @classmethod
    def at(cls, secret: str) -> "Feed | None":
        """The feed at this address, while it is open."""
        found = cls.objects.filter(hashed=fingerprint(secret), revoked_at=None, archived_at=None, user__is_active=True)
        return found.select_related("user__role", "team").first()
