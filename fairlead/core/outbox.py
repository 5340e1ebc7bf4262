"""The outbox: what may follow an act (mail, webhook, automation), promised in it and carried out after it."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, models, transaction

from fairlead.core import clock
from fairlead.core.act import current

log = logging.getLogger("fairlead.outbox")
LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
OPEN = ("waiting", "leased")


class Outbox(models.Model):
    """One promised effect. A worker leases it; a lease that runs out is taken up by the next.

    `run_at` is when a worker may take it: while it is leased, the end of the lease.
    """

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
    leased_by = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    cancelled_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "run_at", "id"], name="outbox_due")]

    def __str__(self) -> str:
        return f"{self.effect} {self.key} {self.state}"


Run = Callable[[Outbox], None]


@dataclass
class Effect:
    """One kind of promise. After `tries` it is given up and shown as failed. `run` is known to workers only.

    `long`: takes minutes, so it is carried out beside the others, under leases that it extends itself.
    """

    name: str
    leaves_house: bool
    tries: int
    first_wait: timedelta
    long: bool = False
    run: Run | None = None


EFFECTS: dict[str, Effect] = {}


class GiveUp(Exception):
    """Raised by an effect when trying again cannot help."""


class CallOff(Exception):
    """Raised by an effect that must not happen any more, with the reason (do not contact)."""


class NotNow(Exception):
    """Raised by a long effect whose worker is told to stop: the next one begins it again, as if this had not."""


def declare(
    name: str,
    *,
    leaves_house: bool = False,
    tries: int = 12,
    first_wait: timedelta = timedelta(seconds=10),
    long: bool = False,
) -> Effect:
    """Make an effect known, so that verbs can promise it; how it is carried out stands elsewhere, at `carries_out`."""
    EFFECTS[name] = Effect(name, leaves_house, tries, first_wait, long)
    return EFFECTS[name]


def carries_out(effect: Effect) -> Callable[[Run], Run]:
    """Register how an effect is carried out. It runs at least once, so it must be idempotent by `row.key`.

    What it leaves in `row.payload` is kept when it is done: secrets are taken out.
    """

    def register(run: Run) -> Run:
        effect.run = run
        return run

    return register


def later(name: str, payload: dict[str, Any], *, key: str = "", at: datetime | None = None) -> bool:
    """Promise an effect inside the running act; False when the same key was promised before and not called off."""
    act = current()
    facts = {"act": act.id, "payload": payload, "run_at": at or act.at, "leaves_house": EFFECTS[name].leaves_house}
    row = Outbox(effect=name, key=key or uuid.uuid4().hex, **facts)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        called_off = Outbox.objects.filter(key=row.key, state=Outbox.State.CANCELLED)
        if not called_off.update(state=Outbox.State.WAITING, cancelled_by=None, attempts=0, error="", **facts):
            return False
    act.step.promised += 1
    return True


# --- the worker's side -------------------------------------------------------------------------------------------


def due(long: bool | None = None) -> "models.QuerySet[Outbox]":
    """What a worker may take now, the longest due first: everything, or what is long or what is not."""
    found = Outbox.objects.filter(state__in=OPEN, run_at__lte=clock.now()).order_by("run_at", "id")
    named = [each.name for each in EFFECTS.values() if each.long]
    return found if long is None else found.filter(effect__in=named) if long else found.exclude(effect__in=named)


def claim(
    worker: str, *, most: int = 20, lease: timedelta = LEASE, long: bool | None = None, key: str = ""
) -> list[Outbox]:
    """Lease up to `most` due rows for this worker; no other worker gets them until the lease ends.

    `long`: only effects that are declared long, or only the others. `key`: only the row with this key.
    """
    wanted = due(long).filter(key=key) if key else due(long)
    if not wanted.exists():  # most often, and without the write lock that the rest takes
        return []
    until = clock.now() + lease
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        rows = list(wanted.select_for_update(skip_locked=skip)[:most])
        for row in rows:
            row.state, row.leased_by, row.run_at = Outbox.State.LEASED, worker, until
            row.attempts += 1
        Outbox.objects.bulk_update(rows, ["state", "leased_by", "run_at", "attempts"])
    return rows


def carry_out(row: Outbox, lease: timedelta = LEASE) -> None:
    """Run one leased row and keep what came of it; a fault waits longer each time, then is given up.

    Does nothing when the lease was lost meanwhile: another worker has it.
    """
    if not extend(row, lease):
        return
    known = EFFECTS.get(row.effect)
    try:
        if known is None or known.run is None:
            raise LookupError(f"Nothing here carries out {row.effect}.")
        if row.attempts > known.tries:
            raise GiveUp("It ended the worker each time.")
        known.run(row)
    except NotNow:
        hand_back([row])
    except CallOff as reason:
        _close(row, state=Outbox.State.CANCELLED, error=str(reason)[:2000])
    except Exception as error:  # whatever an effect raises is kept with it
        _try_again(row, known, error)
    else:
        _close(row, state=Outbox.State.DONE, done_at=clock.now(), error="", payload=row.payload)


def extend(row: Outbox, lease: timedelta = LEASE) -> bool:
    """Keep the lease while a long effect runs; False when it was lost, and the effect must stop."""
    return _held(row).update(run_at=clock.now() + lease) == 1


def hand_back(rows: Sequence[Outbox]) -> None:
    """Let others have leased rows that were not begun, as if they had not been claimed."""
    for row in rows:
        _close(row, state=Outbox.State.WAITING, run_at=clock.now(), attempts=row.attempts - 1)


def _try_again(row: Outbox, known: Effect | None, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:2000]
    tries, wait = (known.tries, known.first_wait) if known else (12, timedelta(minutes=1))
    if isinstance(error, GiveUp) or row.attempts >= tries:
        log.error("%s %s was given up: %s", row.effect, row.pk, text)
        _close(row, state=Outbox.State.FAILED, error=text)
        return
    run_at = clock.now() + min(wait * 2 ** (row.attempts - 1), LONGEST_WAIT)
    _close(row, state=Outbox.State.WAITING, run_at=run_at, error=text)


def _close(row: Outbox, **values: Any) -> None:
    _held(row).update(leased_by="", **values)


def _held(row: Outbox) -> "models.QuerySet[Outbox]":
    return Outbox.objects.filter(pk=row.pk, state="leased", leased_by=row.leased_by, attempts=row.attempts)
