"""Slots: when each regular piece of work is due next."""

from datetime import datetime

from django.db import models


class Slot(models.Model):
    """The next time of one schedule. Whoever moves it on owns the work of the time that was due."""

    name = models.CharField(max_length=80, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"

    def move_on(self, to: datetime) -> bool:
        """False when another worker has moved it meanwhile."""
        return Slot.objects.filter(name=self.name, due_at=self.due_at).update(due_at=to) == 1
