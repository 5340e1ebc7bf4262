"""Which server? Serves bench/page.py with each candidate, two worker processes each, and measures three things:

pages/s and CPU for eight clients, the share of new visitors answered within 2 s while 500 slow clients hang on, and
resident memory. Candidates live in a throw-away environment: `servers.py [--env DIR] [NAME …]`. Linux only.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ["django>=5.2,<6", "jinja2", "waitress", "granian", "gunicorn", "uvicorn[standard]", "a2wsgi", "cheroot"]
PORT = int(os.environ.get("BENCH_PORT") or 8440)
TICKS = os.sysconf("SC_CLK_TCK")
CANDIDATES = {
    "waitress x1, limit 2000": "python waitress_pair.py {port} 1 2000 8",
    "waitress x2, limit 2000": "python waitress_pair.py {port} 2 2000 8",
    "waitress x2, as it comes": "python waitress_pair.py {port} 2 100 4",
    "granian wsgi x2": "granian --interface wsgi --workers 2 --blocking-threads 8 --port {port} page:application",
    "gunicorn gthread x2": "gunicorn -k gthread -w 2 --threads 8 -b 127.0.0.1:{port} page:application",
    "uvicorn + a2wsgi x2": "uvicorn --workers 2 --port {port} --log-level error --factory bridge:application",
    "cheroot x2": "python cheroot_pair.py {port} 2 8",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", type=Path, help="environment that holds the candidates; made when missing")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        programs = environment(asked.env or Path(temporary) / "env")
        print(
            "| Server | pages/s | CPU ms/page | p99 ms | answered under 500 slow | p99 ms | MB, idle | MB, under 500 |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for name, command in CANDIDATES.items():
            if not asked.names or any(part in name for part in asked.names):
                print(row(name, measure(programs, command, asked.seconds)), flush=True)


def environment(folder: Path) -> Path:
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *PACKAGES], check=True)
    return folder / "bin"


def measure(programs: Path, command: str, seconds: float) -> dict[str, float]:
    arguments = command.format(port=PORT).split()
    server = subprocess.Popen(
        [programs / arguments[0], *arguments[1:]],
        cwd=HERE,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(HERE)},
    )
    try:
        await_page()
        client("pages", 2)
        idle, before = memory(server.pid), cpu(server.pid)
        pages = client("pages", seconds)
        spent = cpu(server.pid) - before
        slow = subprocess.Popen(
            [sys.executable, HERE / "load.py", "hang", str(PORT), str(seconds + 8)], stdout=subprocess.DEVNULL
        )
        time.sleep(4)
        probes = client("probes", seconds)
        loaded = memory(server.pid)
        slow.wait()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    return {
        "rate": pages["requests"] / seconds, "cpu": 1000 * spent / pages["requests"], "p99": pages["p99_ms"],
        "answered": probes["answered_percent"], "probe_p99": probes["p99_ms"], "idle": idle, "loaded": loaded,
    }  # fmt: skip


def row(name: str, found: dict[str, float]) -> str:
    return (
        f"| {name} | {found['rate']:.0f} | {found['cpu']:.2f} | {found['p99']:.1f} | {found['answered']:.1f} % "
        f"| {found['probe_p99']:.0f} | {found['idle']:.0f} | {found['loaded']:.0f} |"
    )


def client(kind: str, seconds: float) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, HERE / "load.py", kind, str(PORT), str(seconds)], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def await_page() -> None:
    for _ in range(200):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start")


def tree(session: int) -> list[Path]:
    """The processes of a session: the fields after the command's closing bracket are state, parent, group, session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                found.append(folder)
        except OSError:
            continue
    return found


def cpu(session: int) -> float:
    fields = [(folder / "stat").read_text().rpartition(")")[2].split() for folder in tree(session)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def memory(session: int) -> float:
    lines = [line for folder in tree(session) for line in (folder / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
