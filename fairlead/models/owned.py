"""What the main nouns share: an owner, a team, collaborators, tags, a next step, and a survivor after a merge."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.act import current, outdated
from fairlead.core.actor import Actor, Level
from fairlead.core.record import Link, Record
from fairlead.models.contacted import linked_anew
from fairlead.models.custom import Customised
from fairlead.models.index import index_new, reindex


def lacking(today: date) -> Q:
    """Nothing is planned, and it is not parked beyond today: of an open record, that it lacks a next step."""
    return Q(next_step_at=None) & (Q(parked_until=None) | Q(parked_until__lte=today))


class Owned(Customised, Record):
    """A record that somebody owns; access follows from owner, team and collaborators."""

    owner = models.ForeignKey(
        "fairlead.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_%(class)ss",
        verbose_name=_("owner"),
        db_index=False,  # each noun has an index that begins with it and goes on with how its list is sorted
    )
    team = models.ForeignKey(
        "fairlead.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("team")
    )
    collaborators: Any = models.ManyToManyField(
        "fairlead.User", blank=True, related_name="helps_%(class)ss", verbose_name=_("helpers")
    )
    tags: Any = models.ManyToManyField("fairlead.Tag", blank=True, related_name="%(class)ss", verbose_name=_("tags"))
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged_from"
    )
    # The earliest dated open task on the record, kept by Task; date-only tasks count to the end of their day.
    next_step_at = models.DateTimeField(_("next step"), null=True, blank=True, editable=False)
    parked_until = models.DateField(_("parked until"), null=True, blank=True)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)

    derived = frozenset({"next_step_at", "last_contact_at"})
    # Neither searched by nor saying who may see it: a change of these alone leaves keys and search rows as they are.
    not_searched = frozenset({"tags", "parked_until", "stage", "state"})

    class Meta:
        abstract = True

    @classmethod
    def within(cls, by: Actor, level: Level) -> Q:
        ways = cls.ways(by)
        own = ways["owner"] | ways["helper"]
        return own if level == "own" else own | ways["team"]

    @classmethod
    def ways(cls, by: Actor) -> dict[str, Q]:
        helping = cls.collaborators.through.objects.filter(user_id=by.user_id).values(f"{cls.noun()}_id")
        return {
            "owner": Q(owner_id=by.user_id),
            "helper": Q(pk__in=helping),
            "team": Q(team_id__in=by.team_ids) | Q(owner_id__in=by.teammate_ids),
        }

    @classmethod
    def indexed_with(cls) -> list[str]:
        """What to prefetch for `exact_keys` and `search_texts` of many records."""
        return []

    def exact_keys(self) -> list[tuple[str, str]]:
        """(kind, normalised value) pairs by which this record is found."""
        return []

    def search_texts(self) -> list[str]:
        """The words of its own by which this record is found."""
        return [str(self)]

    def contact_texts(self) -> tuple[list[str], list[str]]:
        """Mail addresses and phone numbers, these as typed and in E.164."""
        return [], []

    def linked_texts(self) -> list[str]:
        """The names of records it belongs to, by which it is found as well."""
        return []

    def linked(self) -> list[Link]:
        """The records whose events make up this record's timeline."""
        return [(self.noun(), self.pk)]

    @classmethod
    def derive(cls, changes: Any) -> None:
        linked_anew(cls, changes)
        outdated(cls, [each.row.pk for each in changes if each.op != "change" or set(each.before) - cls.not_searched])

    @classmethod
    def renew(cls, ids: Collection[int]) -> None:
        """Keys and search rows; of new records, those that are known already need no reading."""
        noun, known = cls.noun(), current().lookups
        fresh = {pk: known[noun, pk] for pk in ids if (noun, pk) in known}
        index_new(noun, fresh)
        reindex(cls, set(ids) - fresh.keys())

    @classmethod
    def renamed(cls, changes: Any) -> list[int]:
        """The ids of the records whose name changed, for those that are found by it too."""
        return [each.row.pk for each in changes if each.op == "change" and "name" in each.before]
