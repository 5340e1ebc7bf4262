"""Queue: a pool of leads that wait for whoever claims them first."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record
from fairlead.models.user import Team, User


class Queue(Record):
    """Its members are the people named and those of its teams; without any of either it is everybody's.

    A lead waits in it while nobody owns it.

    Its response clock counts in the hours of `schedule`, else of its first team, else of the organisation.
    """

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=80, unique=True)
    teams: Any = models.ManyToManyField(Team, blank=True, related_name="queues", verbose_name=_("teams"))
    members: Any = models.ManyToManyField(User, blank=True, related_name="queues", verbose_name=_("people"))
    schedule = models.ForeignKey(
        "Schedule", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("schedule")
    )

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("queue"), _("queues")

    def __str__(self) -> str:
        return self.name


def queues_of(user_id: int | None) -> Any:
    """The queues that this user may claim from."""
    named, teamed = Queue.members.through._default_manager.all(), Queue.teams.through._default_manager.all()
    teams = User.teams.through._default_manager.filter(user_id=user_id or 0).values("team_id")
    mine = Q(pk__in=named.filter(user_id=user_id or 0).values("queue_id"))
    theirs = Q(pk__in=teamed.filter(team_id__in=teams).values("queue_id"))
    everybodys = ~Q(pk__in=named.values("queue_id")) & ~Q(pk__in=teamed.values("queue_id"))
    return Queue.objects.live().filter(mine | theirs | everybodys)
