"""Carrying out runs: under a lease, with progress, stopped between two steps, begun again after a crash."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import NotAllowed, Refused
from fairlead.core.outbox import CallOff, NotNow, Outbox, carries_out, extend
from fairlead.core.record import writing
from fairlead.core.verb import retrying
from fairlead.models import Run, Token, User
from fairlead.models.run import FILES_KEPT, folder
from fairlead.verbs.runs import JOB

log = logging.getLogger("fairlead.runs")
LEASE = timedelta(seconds=60)
EVERY = 0.5  # seconds between two signs of life
KILLED = 3  # a run that ended its worker this often is not tried again
Ended = dict[str, Any]
Work = Callable[["Running"], Ended]
WORKS: dict[str, Work] = {}
# What is said of kinds whose work stays as far as it came, instead of that nothing of it was kept.
KEEPS: dict[str, Any] = {}
_told_to_stop: list[Callable[[], bool]] = []


def works(kind: str, *, keeps: Any = "") -> Callable[[Work], Work]:
    """Register what carries out a kind of run. It ends by `running.finish(…)` and must bear being begun again.

    `keeps` says what stays of one that was stopped, when that is not nothing.
    """

    def register(work: Work) -> Work:
        WORKS[kind] = work
        if keeps:
            KEEPS[kind] = keeps
        return work

    return register


def stop_when(told: Callable[[], bool]) -> None:
    """Running runs ask this, and let the next worker have them when it is so."""
    _told_to_stop[:] = [told]


class Stopped(Exception):
    """Whoever started the run cancelled it."""


@dataclass
class Running:
    """A run at work: as whom it acts, and how it tells where it is."""

    run: Run
    by: Actor
    row: Outbox
    looked_at: float = field(default_factory=time.monotonic)

    @property
    def workshop(self) -> Path:
        """A folder for this attempt's unfinished files."""
        found = workshop(self.run, self.row)
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
        return found

    def at(self, done: int, total: int | None = None, phase: str = "", *, now: bool = False) -> None:
        """Tell how far it is, at most twice a second; raises when it was cancelled, or somebody else has it."""
        if not now and time.monotonic() - self.looked_at < EVERY:
            return
        self.looked_at = time.monotonic()
        self.keep(done=done, seen_at=clock.now(), **({"total": total} if total is not None else {}))
        if phase:
            self.keep(phase=phase)
        self._go_on()

    def keep(self, **values: Any) -> None:
        with writing():
            Run.objects.filter(pk=self.run.pk).update(**values)

    def finish(self, last: Callable[[], Ended]) -> Ended:
        """The last step and the run's end in one transaction: both are there, or it is begun again."""

        def attempt() -> Ended:
            with transaction.atomic():
                self._hold()
                ended = last()
                self.keep(state=Run.State.DONE, ended_at=clock.now(), seen_at=clock.now(), **ended)
                return ended

        return retrying(attempt)

    def _hold(self) -> None:
        """Nobody cancels it, and no other worker takes it, from here on."""
        run = Run.objects.select_for_update(no_key=True).get(pk=self.run.pk)
        if run.cancel_asked:
            raise Stopped
        if not extend(self.row, LEASE):
            raise CallOff("Another worker has it.")

    def _go_on(self) -> None:
        if Run.objects.filter(pk=self.run.pk, cancel_asked=True).exists():
            raise Stopped
        if not extend(self.row, LEASE):
            raise CallOff("Another worker has it.")
        if any(told() for told in _told_to_stop):
            raise NotNow


@carries_out(JOB)
def carry_on(row: Outbox) -> None:
    run = Run.objects.filter(pk=row.payload["run"]).first()
    if run is None or not run.is_open:
        return
    try:
        _run(run, row)
    except (CallOff, NotNow, OperationalError, InterfaceError):
        raise  # another worker has it, or will have
    except Stopped:
        _end(run, row, Run.State.CANCELLED, str(KEEPS.get(run.kind, "")))
    except Refused as refusal:
        _end(run, row, Run.State.FAILED, refusal.text)
    except OSError as error:
        log.exception("Run %s (%s) stopped", run.public_id, run.kind)
        _end(run, row, Run.State.FAILED, _("Its file could not be written (%(why)s).") % {"why": error.strerror})
    except Exception:
        log.exception("Run %s (%s) stopped", run.public_id, run.kind)
        text = _("It stopped because of a fault, which was logged. %(kept)s") % {"kept": _kept(run)}
        _end(run, row, Run.State.FAILED, text)
    finally:
        shutil.rmtree(workshop(run, row), ignore_errors=True)


def workshop(run: Run, row: Outbox) -> Path:
    """A folder for what is not finished yet, of this attempt alone; it goes when the attempt ends, however it ends."""
    return folder() / f"{run.public_id}.{row.attempts}.part"


def _run(run: Run, row: Outbox) -> None:
    if row.attempts > KILLED:
        raise NotAllowed(_("It was begun 3 times and ended the worker each time. %(kept)s") % {"kept": _kept(run)})
    running = Running(run, acting(run), row)
    began = clock.now()
    running.keep(state=Run.State.RUNNING, phase=Run.Phase.COUNTING, done=0, total=None, started_at=began, seen_at=began)
    running._go_on()
    run.refresh_from_db()
    if run.kind not in WORKS:
        raise LookupError(f"Nothing here carries out {run.kind}.")
    WORKS[run.kind](running)


def _kept(run: Run) -> str:
    return str(KEEPS.get(run.kind, "")) or _("Nothing of it was kept.")


def acting(run: Run) -> Actor:
    """Who started it, with the rights of now; raises NotAllowed when they have none any more."""
    if run.token_id is not None:
        token: Token | None = (
            Token.objects.select_related("user__role").filter(pk=run.token_id, user=run.by_user_id).first()
        )
        if token is None or not token.is_valid:
            raise NotAllowed(_("The token that started it is not valid any more. Nothing was done."))
        return token.actor(run.door)
    user: User = User.objects.select_related("role").get(pk=run.by_user_id)
    if not user.is_active:
        raise NotAllowed(_("%(who)s cannot sign in any more. Nothing was done.") % {"who": user.name})
    return user.actor(run.door)


def file_kept(run: Run, name: str, rows: int) -> Ended:
    """What a run ends with that made a file."""
    facts = {"file_name": name, "size": run.path.stat().st_size, "rows": rows, "done": rows}
    return facts | {"expires_at": clock.now() + FILES_KEPT}


def sweep() -> int:
    """Remove files whose time is over, and what belongs to no run that is open; returns how many."""
    still = Run.objects.filter(state__in=[Run.State.WAITING, Run.State.RUNNING])
    kept = set(still.values_list("public_id", flat=True))  # first: one that ends meanwhile is in both
    known = Run.objects.filter(file_name__gt="", expires_at__gt=clock.now())
    kept |= set(known.values_list("public_id", flat=True))
    gone = [path for path in folder().glob("*") if path.name.partition(".")[0] not in kept]
    for path in gone:
        _remove(path)
    return len(gone)


def _end(run: Run, row: Outbox, state: str, text: str) -> None:
    if not extend(row, LEASE):
        return  # another worker has it
    with writing():
        Run.objects.filter(pk=run.pk).update(state=state, text=text, ended_at=clock.now(), once="")
    run.path.unlink(missing_ok=True)


def _remove(path: Any) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
