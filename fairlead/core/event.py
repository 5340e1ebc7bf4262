"""Events: what happened, immutable. Timeline, audit, undo and webhooks are all read from here."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import Q

from fairlead.core import clock
from fairlead.core.prepared import AT_ONCE, Prepared, padded


class Event(models.Model):
    """One step of an act: who did what, when, through which door, and every value before and after.

    `labels` are the words of the sentence, `refs` the records in it as [noun, public id], `changes` a list of
    [noun, id, op, before, after] with op create, change or remove, `order` the place of each within the act.
    Never updated; only erasure may rewrite one.
    """

    act = models.UUIDField(default=uuid.uuid4, db_index=True)
    step = models.PositiveSmallIntegerField(default=0)
    cause = models.PositiveSmallIntegerField(null=True)
    verb = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    by_kind = models.CharField(max_length=8)
    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    by_token = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=200)
    by_cause = models.CharField(max_length=100, blank=True)
    door = models.CharField(max_length=12)
    labels = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    refs = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    order = models.JSONField(default=list)
    undoes = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["undoes"], name="event_undoes", condition=Q(undoes__isnull=False)),
            # What the audit is read along, whichever of these it is narrowed by; the rest is checked on the way.
            models.Index(fields=["at", "id"], name="event_at"),
            models.Index(fields=["by_user", "at", "id", "verb", "door"], name="event_by_user"),
            models.Index(fields=["verb", "at", "id", "by_user", "door"], name="event_verb"),
            models.Index(fields=["door", "at", "id", "by_user", "verb"], name="event_door"),
        ]

    def __str__(self) -> str:
        return f"{self.by_label} {self.verb} {self.at:%Y-%m-%d %H:%M}"

    def before_after(self, noun: str, record_id: int) -> dict[str, tuple[Any, Any]]:
        """The changed values of one record in this step, {field: (before, after)}."""
        found: dict[str, tuple[Any, Any]] = {}
        for changed_noun, changed_id, op, before, after in self.changes:
            if (changed_noun, changed_id) == (noun, record_id) and op == "change":
                found |= {name: (before[name], after.get(name)) for name in before}
        return found


class EventLink(models.Model):
    """Where an event shows: a rebuildable index, read newest first for one record, or for one noun.

    `happened_at` is when what it tells of took place, and is corrected with it; `at` is the event's own and stays.
    """

    kind = models.CharField(max_length=20)
    record_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    at = models.DateTimeField()
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="links")

    class Meta:
        indexes = [
            models.Index(fields=["kind", "record_id", "happened_at", "event", "at"], name="event_link_timeline"),
            models.Index(fields=["kind", "at", "event", "record_id"], name="event_link_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}: {self.event_id}"


def timeline(
    links: Sequence[tuple[str, int]], *, before: tuple[datetime, int] | None = None, size: int = 30
) -> list[tuple[datetime, Event]]:
    """The newest `size` + 1 events on these records as (happened at, event), united, newest first.

    The one above `size` says that there are older ones; `before` is (happened at, event id). Each record is
    read by the index alone, in one statement for all.
    """
    if not links:
        return []
    older = " AND (happened_at, event_id) < (%s, %s)" if before else ""
    moment = connection.ops.adapt_datetimefield_value(before[0]) if before else None
    one = (
        "SELECT * FROM (SELECT happened_at, event_id FROM fairlead_eventlink"  # noqa: S608 (no value is in the text)
        " WHERE kind = %s AND record_id = %s" + older + " ORDER BY happened_at DESC, event_id DESC LIMIT %s) AS one"
    )
    values = [value for link in links for value in (*link, *((moment, before[1]) if before else ()), size + 1)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(links)), values)
        newest: dict[int, datetime] = {event_id: read_moment(at) for at, event_id in cursor.fetchall()}
    found = {event.pk: event for some in padded(newest) for event in _events(*some)}
    told = sorted(((at, found[pk]) for pk, at in newest.items()), key=lambda it: (it[0], it[1].pk), reverse=True)
    return told[: size + 1]


_events = Prepared(
    lambda *ids: Event.objects.filter(pk__in=ids),
    [column.attname for column in Event._meta.concrete_fields if not column.primary_key],
    *[int] * AT_ONCE,
)


def read_moment(value: Any) -> datetime:
    """A moment as a statement of our own answers it: SQLite keeps it as text."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
