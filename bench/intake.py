"""Inquiries per second, durable, through the real product: web processes, worker and client on the same machine.

    bench/intake.py [--seconds 15] [--clients 16]          on SQLite; DATABASE_URL=… for PostgreSQL

Each client posts one form after the other and waits for the answer. Afterwards the worker has made a submission of
every one that was acknowledged, each once: the last line says how many, and how long it took.
"""

# The tests' way of running the product lies beside this folder.
# ruff: noqa: E402

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.processes.product import Product, free_port, wait_for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--clients", type=int, default=16)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = int(os.environ.get("BENCH_PORT") or free_port())
        product = Product(Path(folder) / "data", os.environ.get("DATABASE_URL", ""), port)
        os.environ["MALLOC_ARENA_MAX"] = "2"
        prepared = product.run("prepare")
        if prepared.returncode:
            raise SystemExit(prepared.stderr)
        made = product.run("do", "create-endpoint", "--name", "Flood", "--json")
        address = json.loads(made.stdout)["result"]["address"]
        product.start()
        try:
            measure(product, address, asked.clients, asked.seconds)
        finally:
            product.stop()


def measure(product: Product, address: str, clients: int, seconds: float) -> None:
    path, times, faults = f"/in/{address}", [], []
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=post, args=(product.port, path, number, end, times, faults))
        for number in range(clients)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - started
    times.sort()
    p50, p99 = (times[len(times) * share // 100] * 1000 for share in (50, 99))
    print(
        f"{len(times) / spent:.0f} inquiries/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, refused {len(faults)}", flush=True
    )
    kept_within(product, len(times), time.monotonic())


def post(port: int, path: str, number: int, end: float, times: list[float], faults: list[object]) -> None:
    connection, count = http.client.HTTPConnection("127.0.0.1", port, timeout=20), 0
    while time.monotonic() < end:
        count += 1
        body = urlencode(
            {"name": f"Ann {number}", "email": f"a{number}n{count}@bench.example", "message": "Hello " * 30}
        )
        began = time.monotonic()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            answer.read()
        except OSError as fault:
            faults.append(fault)
            connection.close()
            continue
        if answer.status == 202:
            times.append(time.monotonic() - began)
        else:
            faults.append(answer.status)


def kept_within(product: Product, wanted: int, started: float) -> None:
    """Until the vault has them all."""
    wait_for(lambda: not list((product.data / "spool").glob("*.spool")), "the spool to be drained")
    spent = time.monotonic() - started
    code = (
        "import fairlead, django; django.setup(); from fairlead.models import Submission as S; print(S.objects.count())"
    )
    surroundings = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], env=surroundings, capture_output=True, text=True, cwd=ROOT
    )
    print(
        f"{found.stdout.strip() or found.stderr} submissions of {wanted} acknowledged, {spent:.1f} s after the last one"
    )


if __name__ == "__main__":
    main()
