"""The outbox: what may follow an act (mail, webhook, automation), promised in it and carried out after it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from fairlead.core import clock
from fairlead.core.act import current

LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


class Outbox(models.Model):
    """One promised effect. A worker leases it; a lease that runs out is taken up by the next."""

    class State(models.TextChoices):
        WAITING = "waiting"
        LEASED = "leased"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    act = models.UUIDField(db_index=True)
    effect = models.CharField(max_length=60)
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    leaves_house = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField(default=clock.now)
    leased_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    cancelled_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run_at", "id"], name="outbox_due", condition=Q(state__in=["waiting", "leased"])),
        ]

    def __str__(self) -> str:
        return f"{self.effect} {self.key} {self.state}"


@dataclass(frozen=True)
class Effect:
    """How one kind of promise is carried out. `tries` then it is given up and shown as failed."""

    name: str
    run: Callable[[Outbox], None]
    leaves_house: bool
    tries: int
    first_wait: timedelta


EFFECTS: dict[str, Effect] = {}


class GiveUp(Exception):
    """Raised by an effect when trying again cannot help."""


def effect(
    name: str, *, leaves_house: bool = False, tries: int = 12, first_wait: timedelta = timedelta(seconds=10)
) -> Callable[[Callable[[Outbox], None]], Callable[[Outbox], None]]:
    """Register how an effect is carried out. It runs at least once, so it must be idempotent by `row.key`."""

    def register(run: Callable[[Outbox], None]) -> Callable[[Outbox], None]:
        EFFECTS[name] = Effect(name, run, leaves_house, tries, first_wait)
        return run

    return register


def later(name: str, payload: dict[str, Any], *, key: str = "", at: datetime | None = None) -> bool:
    """Promise an effect inside the running act; False when the same key was promised before."""
    act = current()
    row = Outbox(
        act=act.id,
        effect=name,
        payload=payload,
        key=key or uuid.uuid4().hex,
        leaves_house=EFFECTS[name].leaves_house,
        run_at=at or act.at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    act.promised += 1
    return True


# --- the worker's side -------------------------------------------------------------------------------------------


def claim(worker: str, *, most: int = 20, lease: timedelta = LEASE) -> list[Outbox]:
    """Lease up to `most` due rows for this worker; no other worker gets them until the lease ends."""
    now = clock.now()
    due = Q(state="waiting", run_at__lte=now) | Q(state="leased", leased_until__lt=now)
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        found = Outbox.objects.select_for_update(skip_locked=skip).filter(due).order_by("run_at", "id")
        rows = list(found[:most])
        for row in rows:
            row.state, row.leased_by, row.leased_until = Outbox.State.LEASED, worker, now + lease
            row.attempts += 1
        Outbox.objects.bulk_update(rows, ["state", "leased_by", "leased_until", "attempts"])
    return rows


def carry_out(row: Outbox) -> None:
    """Run one leased row and keep what came of it; a fault waits longer each time, then is given up."""
    known = EFFECTS.get(row.effect)
    try:
        if known is None:
            raise GiveUp(f"Nothing here carries out {row.effect}.")
        known.run(row)
    except Exception as error:  # whatever an effect raises is kept with it
        _try_again(row, known, error)
    else:
        _close(row, state=Outbox.State.DONE, done_at=clock.now(), error="")


def extend(row: Outbox, lease: timedelta = LEASE) -> bool:
    """Keep the lease while a long effect runs; False when it was lost, and the effect must stop."""
    return _held(row).update(leased_until=clock.now() + lease) == 1


def _try_again(row: Outbox, known: Effect | None, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:2000]
    if known is None or isinstance(error, GiveUp) or row.attempts >= known.tries:
        _close(row, state=Outbox.State.FAILED, error=text)
        return
    wait = min(known.first_wait * 2 ** (row.attempts - 1), LONGEST_WAIT)
    _close(row, state=Outbox.State.WAITING, run_at=clock.now() + wait, error=text)


def _close(row: Outbox, **values: Any) -> None:
    _held(row).update(leased_by="", leased_until=None, **values)


def _held(row: Outbox) -> "models.QuerySet[Outbox]":
    return Outbox.objects.filter(pk=row.pk, state="leased", leased_by=row.leased_by, attempts=row.attempts)
