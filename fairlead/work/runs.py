"""Runs in the worker: one at a time, in a thread of their own beside mails and schedules."""

import logging
import threading

from django.db import Error, close_old_connections, connection

from fairlead.core.outbox import carry_out, claim
from fairlead.programs import runs
from fairlead.work.schedule import every

log = logging.getLogger("fairlead.worker")
PAUSE = 1.0  # seconds between two looks when there is nothing to do
LONGEST_PAUSE = 30.0


@every("7 * * * *")
def clear_job_files() -> None:
    """Files whose time is over, and what a killed worker left behind."""
    runs.sweep()


class Beside:
    """The thread: told to stop, it hands back the run it is at, which then begins again elsewhere."""

    def __init__(self, name: str) -> None:
        self.name = f"{name}+"[:60]
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="runs", daemon=True)

    def start(self) -> None:
        runs.stop_when(self.stopping.is_set)
        self.thread.start()

    def stop(self, patience: float = 20.0) -> None:
        self.stopping.set()
        self.thread.join(patience)

    def _run(self) -> None:
        pause = PAUSE
        while not self.stopping.wait(0):
            try:
                if self.turn():
                    continue
                pause = PAUSE
            except Error as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("The database does not answer (%s), runs wait %g s", error, pause)
                connection.close()
            self.stopping.wait(pause)
        connection.close()

    def turn(self) -> bool:
        """Carry out the run that waits longest, if there is one."""
        close_old_connections()
        for row in claim(self.name, most=1, lease=runs.LEASE, long=True):
            carry_out(row, runs.LEASE)
            return True
        return False
