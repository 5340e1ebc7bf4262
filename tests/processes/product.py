"""The real product in processes of its own, on a data folder and a database of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "fairlead"]
PATIENCE = 180.0  # seconds after which a test gives up waiting


@dataclass
class Product:
    """One installation: `run` a command on it, `start` and `stop` its server, look at its processes."""

    data: Path
    database_url: str
    port: int = field(default_factory=lambda: free_port())
    server: "subprocess.Popen[str] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "PYTEST_"))}
        kept |= {"FAIRLEAD_DATA": str(self.data), "FAIRLEAD_PORT": str(self.port), "DATABASE_URL": self.database_url}
        return kept

    def run(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )

    def start(self, *arguments: str) -> None:
        with open(self.log, "a") as log:
            self.server = subprocess.Popen(
                [*COMMAND, "serve", *arguments], env=self.environment, stdout=log, stderr=log, text=True
            )
        wait_for(lambda: self.is_ready() or self.server_ended(), "the server to start")
        assert not self.server_ended(), self.said

    def is_ready(self) -> bool:
        return f"127.0.0.1:{self.port}" in self.said and self.status("/healthz") == 200

    def server_ended(self) -> bool:
        return self.server is not None and self.server.poll() is not None

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.server is not None
        if self.server.poll() is None:
            self.server.send_signal(number)
        return self.server.wait(PATIENCE)

    def kill(self) -> None:
        """All of it, as when the power goes: the server first, so that it starts nothing anew."""
        self.stop(signal.SIGKILL)
        wait_for(self._is_dead, "the end of every process")

    def _is_dead(self) -> bool:
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        with socket.socket() as own:
            return own.connect_ex(("127.0.0.1", self.port)) != 0 and not self.processes()

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def status(self, path: str) -> int:
        """The answer's status; 0 when nothing answered."""
        return self.get(path)[0]

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=25) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, dict(answer.headers), answer.read().decode()
        except OSError:
            return 0, {}, ""

    def processes(self, kind: str = "") -> list[int]:
        """The living processes of this installation's server: all, or those of one kind (serve, web, work)."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                name = (folder / "comm").read_text().strip()
                ours = f"FAIRLEAD_DATA={self.data}".encode() in (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if ours and name.startswith("fairlead-") and name.endswith(kind):
                found.append(int(folder.name))
        return sorted(found)


def copied(source: Product, data: Path, database_url: str) -> Product:
    shutil.copytree(source.data, data)
    return Product(data, database_url)


def wait_for(question: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.05)


def memory(process: int) -> float:
    """Resident megabytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
