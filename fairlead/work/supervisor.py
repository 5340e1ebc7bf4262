"""The parent of the process tree: binds the port, starts the parts, replaces those that die, stops them cleanly.

It imports neither Django nor the product, so it stays small and nothing in them can bring it down. The listening
socket is its own: connections wait in it while a web part is being replaced.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from fairlead import settings
from fairlead.work.family import become_subreaper, take_name
from fairlead.work.part import Part, say, spawn
from fairlead.work.reload import Sources

GRACE = 12.0  # seconds from the stop signal to the kill; a web part itself waits 10 s for requests in flight


def serve(*, demo: bool, host: str, port: int) -> int:
    """Run the product until a signal ends it; returns the exit code."""
    with only_one(settings.DATA / "serve.lock"), listening(host, port) as listener:
        return Supervisor(listener.fileno(), demo).run()


class Supervisor:
    """Watches the parts. One loop: signals, the ready marks of parts, deaths, restarts."""

    def __init__(self, listener: int, demo: bool) -> None:
        web = [Part(f"web {number}", "web", listener) for number in range(1, settings.WEB_PROCESSES + 1)]
        self.parts = [*web, Part("worker", "work")]
        self.listener = listener
        self.demo = demo
        self.greeting = ""
        self.signals: list[int] = []

    def run(self) -> int:
        become_subreaper()
        take_name("fairlead-serve")
        with self._wakeup() as wakeup:
            if not self._launch() and not settings.DEVELOPMENT:
                return self._stop() or 1
            watch = Sources() if settings.DEVELOPMENT else None
            while not self.signals:
                self._wait(wakeup)
                self._greet()
                if watch is None or not watch.has_changed():
                    for part in self.parts:
                        part.keep_alive()
                else:
                    say("the code changed, starting again")
                    self._stop()
                    self._launch()
            return self._stop()

    def _launch(self) -> bool:
        """Prepare and start every part, in one process that forks them (see fairlead.work.family)."""
        marks = [part.expect_ready() for part in self.parts]
        reading, writing = os.pipe()
        wanted = [(part.name, part.command, mark) for part, mark in zip(self.parts, marks, strict=True)]
        preparing = spawn(
            ["prepare", *(["--demo"] if self.demo else [])],
            {"FAIRLEAD_ANSWER": writing, "FAIRLEAD_LISTENER": self.listener},
            also=marks,
            FAIRLEAD_PARTS=json.dumps(wanted),
            FAIRLEAD_SUPERVISOR=str(os.getpid()),
        )
        for number in (writing, *marks):
            os.close(number)
        return self._take_over(preparing, reading)

    def _take_over(self, preparing: int, reading: int) -> bool:
        """Read the answer of the preparing process; a stop signal meanwhile ends it."""
        answer = b""
        while not self.signals:
            readable, _, _ = select.select([reading], [], [], 0.1)
            if readable:
                piece = os.read(reading, 65536)
                answer += piece
                if not piece:
                    break
        else:
            os.kill(preparing, signal.SIGTERM)
        os.close(reading)
        os.waitpid(preparing, 0)
        if not answer:
            return False
        self.greeting, *pids = json.loads(answer)
        for part, pid in zip(self.parts, pids, strict=True):
            part.adopt(pid)
        return True

    def _greet(self) -> None:
        """Once the first web part answers, say where: before that a click on the link would only wait."""
        if self.greeting and any(part.is_ready for part in self.parts if part.listener is not None):
            print(self.greeting, flush=True)
            self.greeting = ""

    def _wait(self, wakeup: int) -> None:
        marks = [part.ready for part in self.parts if part.ready is not None]
        readable, _, _ = select.select([wakeup, *marks], [], [], 0.5)
        for part in self.parts:
            if part.ready in readable:
                part.note_ready()
        if wakeup in readable:
            os.read(wakeup, 512)

    def _stop(self) -> int:
        """Ask all parts to end; those that have not by the end of the grace, or at a second signal, are killed."""
        asked = len(self.signals)
        for part in self.parts:
            part.stop()
        end = time.monotonic() + GRACE
        while (
            any(part.is_running for part in self.parts)
            and time.monotonic() < end
            and len(self.signals) <= max(asked, 1)
        ):
            time.sleep(0.02)
        for part in self.parts:
            part.kill()
        return 0

    @contextlib.contextmanager
    def _wakeup(self) -> Iterator[int]:
        """A descriptor that becomes readable when a signal arrives or a child ends."""
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda caught, _: self.signals.append(caught))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        yield reading


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Two servers on one data folder would both run its schedules: the second is told where the first is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"Fairlead already runs on {settings.DATA} (process {file.read().strip()}).\n"
                "Stop it first, or give this one a folder of its own: FAIRLEAD_DATA=/another/folder"
            ) from None
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} on {host} cannot be used: {error.strerror or error}.\n"
                f"Stop what uses it, or choose another: FAIRLEAD_PORT={port + 1}"
            ) from None
        listener.listen(1024)
        yield listener
