"""One process of the tree, as its parent sees it."""

import os
import signal
import sys
import time
from collections.abc import Iterable

STEADY = 5.0  # seconds: a part that ends sooner than this has failed at start
LONGEST_PAUSE = 30.0


class Part:
    """A child process that is started again when it ends: at once after steady work, else with growing pauses."""

    def __init__(self, name: str, command: str, listener: int | None = None) -> None:
        self.name = name
        self.command = command
        self.listener = listener
        self.pid: int | None = None
        self.ready: int | None = None
        self.is_ready = self.is_stopping = False
        self.pause = self.start_at = self.started = 0.0

    @property
    def is_running(self) -> bool:
        self._reap()
        return self.pid is not None

    def keep_alive(self) -> None:
        if not self.is_running and time.monotonic() >= self.start_at:
            self.start()

    def start(self) -> None:
        writing = self.expect_ready()
        known = {"FAIRLEAD_READY": writing, "FAIRLEAD_LISTENER": self.listener}
        self.adopt(spawn([self.command], {name: number for name, number in known.items() if number is not None}))
        os.close(writing)

    def adopt(self, pid: int) -> None:
        self.pid, self.started, self.is_stopping = pid, time.monotonic(), False

    def expect_ready(self) -> int:
        """A new pipe for the sign "ready"; returns the end that the part writes to."""
        self._forget_ready()
        self.ready, writing = os.pipe()
        return writing

    def note_ready(self) -> None:
        """The pipe says something, or closed because the part died: either way it is read once."""
        if self.ready is not None:
            self.is_ready = bool(os.read(self.ready, 1))
            self._forget_ready()

    def stop(self) -> None:
        self.is_stopping = True
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        if self.is_running and self.pid is not None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        while self.is_running:
            time.sleep(0.005)

    def _reap(self) -> None:
        if self.pid is None:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return
        self.pid, self.is_ready = None, False
        if self.is_stopping:
            return
        steady = time.monotonic() - self.started > STEADY
        self.pause = 0.0 if steady else min(max(self.pause * 2, 0.5), LONGEST_PAUSE)
        self.start_at = time.monotonic() + self.pause
        say(f"{self.name} ended ({reason(os.waitstatus_to_exitcode(status))})")

    def _forget_ready(self) -> None:
        if self.ready is not None:
            os.close(self.ready)
        self.ready = None


def spawn(arguments: list[str], handed_over: dict[str, int], also: Iterable[int] = (), **more: str) -> int:
    """Start `fairlead ARGUMENTS…` with descriptors, most named by a variable; returns the process number.

    In a process group of its own: Ctrl+C in the terminal reaches the parent alone, which stops its parts in order.
    """
    descriptors = [*handed_over.values(), *also]
    for number in descriptors:
        os.set_inheritable(number, True)
    surroundings = os.environ | {name: str(number) for name, number in handed_over.items()} | more
    surroundings["FAIRLEAD_PARENT"] = str(os.getpid())
    surroundings.setdefault("MALLOC_ARENA_MAX", "2")  # else the C library keeps a heap for every thread
    words = [sys.executable, "-P", "-m", "fairlead", *arguments]
    pid = os.posix_spawn(sys.executable, words, surroundings, setpgroup=0)
    for number in descriptors:
        os.set_inheritable(number, False)
    return pid


def reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def say(event: str) -> None:
    """A line of the parent's log, in the form of the others (see fairlead.work.log)."""
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "INFO supervisor", event, file=sys.stderr, flush=True)
