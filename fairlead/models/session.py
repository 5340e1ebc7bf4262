"""Where people are signed in: one row per browser, ended by deleting it."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from fairlead.core.record import new_public_id

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)


class Session(AbstractBaseSession):
    """A signed-in browser. The key is kept as a hash, so that a copy of the database signs nobody in."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    user = models.ForeignKey("User", null=True, on_delete=models.CASCADE, related_name="sessions")
    browser = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    objects: ClassVar = BaseSessionManager()

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def ends(cls, started: datetime, seen: datetime) -> datetime:
        """A session ends 12 hours after it was last used, 14 days after its start at the latest."""
        return min(seen + IDLE, started + LONGEST)
