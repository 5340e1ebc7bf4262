"""Attempts at a secret, counted over all processes to slow down guessing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from django.db import models

from fairlead.core import clock

MOST = 10
WITHIN = timedelta(minutes=5)


class Attempt(models.Model):
    """One attempt under a key such as `account:sam@example.com` or `address:192.0.2.7`."""

    key = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="attempt_recent")]

    def __str__(self) -> str:
        return f"{self.key} {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def count(cls, keys: list[str]) -> "list[Self] | None":
        """Count an attempt under each key; None, and nothing counted, when one has had its 10 in 5 minutes.

        Written for all to see before it is counted, so that attempts at the same moment never add up to more.
        """
        since = clock.now() - WITHIN
        cls.objects.filter(key__in=keys, at__lte=since).delete()
        made = cls.objects.bulk_create([cls(key=key) for key in keys])
        if any(cls.objects.filter(key=key, at__gt=since).count() > MOST for key in keys):
            cls.forgive(made)
            return None
        return made

    @classmethod
    def forgive(cls, made: "Sequence[Attempt]") -> None:
        """These do not count: the secret was right, or nothing was tried."""
        cls.objects.filter(pk__in=[attempt.pk for attempt in made]).delete()
