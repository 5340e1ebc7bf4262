"""One process of the tree, as its parent sees it, and how a part follows its parent."""

import os
import signal
import socket
import subprocess
import sys
import time

# How parent and part find each other: the listening socket, the pipe that says "ready", the parent's number.
LISTENER, READY, PARENT = "FAIRLEAD_LISTENER", "FAIRLEAD_READY", "FAIRLEAD_PARENT"
STEADY = 5.0  # seconds: a part that ends sooner than this has failed at start
LONGEST_PAUSE = 30.0


class Part:
    """A child process that is started again when it ends: at once after steady work, else with growing pauses."""

    def __init__(self, name: str, arguments: list[str], listener: socket.socket | None = None) -> None:
        self.name = name
        self.arguments = arguments
        self.listener = listener
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: int | None = None
        self.is_ready = False
        self.pause = 0.0
        self.start_at = self.started = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self._forget_ready()
        self.ready, writing = os.pipe()
        surroundings = os.environ | {READY: str(writing), PARENT: str(os.getpid())}
        handed_over = [writing]
        if self.listener:
            surroundings[LISTENER] = str(self.listener.fileno())
            handed_over.append(self.listener.fileno())
        # A process group of its own: Ctrl+C in the terminal reaches the parent alone, which stops its parts in order.
        self.process = subprocess.Popen(
            command(self.arguments), env=surroundings, pass_fds=handed_over, stdin=subprocess.DEVNULL, process_group=0
        )
        os.close(writing)
        self.started = time.monotonic()

    def keep_alive(self) -> None:
        if self.process is not None and (code := self.process.poll()) is not None:
            steady = time.monotonic() - self.started > STEADY
            self.pause = 0.0 if steady else min(max(self.pause * 2, 0.5), LONGEST_PAUSE)
            self.start_at = time.monotonic() + self.pause
            self.process = None
            say(f"{self.name} ended ({reason(code)}), starting it again{f' in {self.pause:g} s' if self.pause else ''}")
        if self.process is None and time.monotonic() >= self.start_at:
            self.start()

    def note_ready(self) -> None:
        """The pipe says something, or closed because the part died: either way it is read once."""
        if self.ready is not None:
            self.is_ready = bool(os.read(self.ready, 1))
            self._forget_ready()

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def _forget_ready(self) -> None:
        if self.ready is not None:
            os.close(self.ready)
        self.ready = None


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-P", "-m", "fairlead", *arguments]


def reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def say(event: str) -> None:
    """A line of the parent's log, in the form of the others (see fairlead.work.log)."""
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "INFO supervisor", event, file=sys.stderr, flush=True)


def follow_parent() -> None:
    """Called by a part at its start: it ends when its parent does, even when that was killed. Linux only."""
    parent = os.environ.pop(PARENT, None)
    if parent is None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we could follow
        raise SystemExit(0)


def tell_ready() -> None:
    writing = os.environ.pop(READY, None)
    if writing is not None:
        os.write(int(writing), b"1")
        os.close(int(writing))


def inherited_listener() -> socket.socket | None:
    number = os.environ.pop(LISTENER, None)
    return None if number is None else socket.socket(fileno=int(number))
