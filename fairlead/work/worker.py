"""The worker: carries out what acts have promised, and regular work when it is due."""

import logging
import os
import select
import signal
import socket
import time

from django.db import Error, close_old_connections, connection

from fairlead.core.outbox import carry_out, claim, hand_back
from fairlead.work import (
    clock,
    custom_fields,
    heartbeat,
    housekeeping,
    intake,
    mail,
    mailboxes,
    reminders,
    runs,
    schedule,
    trials,
)
from fairlead.work.family import tell_ready

log = logging.getLogger("fairlead.worker")
# What registers effects and schedules by being imported.
REGISTERING = (clock, custom_fields, housekeeping, runs, mail, mailboxes, reminders, trials)
PAUSE = 1.0  # seconds between two looks at the outbox when there is nothing to do
LONGEST_PAUSE = 30.0  # while the database does not answer


def run() -> None:
    """Work until SIGTERM or Ctrl+C; what has been begun is finished first."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.stop)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, worker.stop)
    tell_ready()
    worker.run()


class Worker:
    """One loop: what is due on schedule, a batch from the outbox, what has arrived, a pause when there was nothing.

    Runs go beside it.
    """

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}"
        self.stopping = False
        self.looked_at = 0.0
        self.runs = runs.Beside(self.name)
        self.woken, self.waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def stop(self, *_signal: object) -> None:
        self.stopping = True
        os.write(self.waking, b"1")

    def run(self) -> None:
        self.runs.start()
        self._run()
        self.runs.stop()

    def _run(self) -> None:
        pause = PAUSE
        while not self.stopping:
            heartbeat.beat()
            try:
                if self.turn():
                    continue
                pause = PAUSE
            except Error as error:  # away, locked, restarting: what was promised is still there
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("The database does not answer (%s), trying again in %g s", error, pause)
                connection.close()
            select.select([self.woken], [], [], pause)

    def turn(self) -> bool:
        """True when there was something to do."""
        close_old_connections()
        if time.monotonic() - self.looked_at >= 10:
            schedule.promise_due()
            self.looked_at = time.monotonic()
        claimed = claim(self.name, long=False)
        waiting = list(claimed)
        while waiting and not self.stopping:
            carry_out(waiting.pop(0))
            heartbeat.beat()
        hand_back(waiting)
        return intake.turn() or bool(claimed)
