"""Every kind of page at a size, beside the raw SQL of the same question and a bare view, in one run: see bin/bench."""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

import tracks
from babel import Locale
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from fill import LEVELS
from grow import SEED
from grow import main as grow
from servers import cpu

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.models import Company, Lead, Opportunity, Person, Role, Task, User
from fairlead.verbs.people import create_person
from fairlead.verbs.users import change_role
from fairlead.web import keyset
from fairlead.web.addresses import url_of
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import COMPANIES, LEADS, OPPORTUNITIES, PEOPLE
from fairlead.web.sessions import SessionStore
from fairlead.work.prepare import migrate

HERE = Path(__file__).resolve().parent
TYPED = ["pe", "pev", "peve", "peverb", "maria", "maria kh", "muller", "020 7946", "@bench", "дми", "zzzq"]
DEEP = 5000
MORE: list[tuple[Any, str, dict[str, str]]] = [
    (PEOPLE, "last contact", {"sort": "-contact"}),
    (PEOPLE, "overdue", {"next": "late"}),
    (COMPANIES, "next step", {"sort": "next"}),
    (LEADS, "trials", {"type": "trial"}),
    (LEADS, "by name", {"sort": "name"}),
    (LEADS, "all", {"state": "any"}),
    (LEADS, "nobody's", {"owner": "none"}),
    (LEADS, "no next step", {"next": "none"}),
    (OPPORTUNITIES, "next step", {"sort": "next"}),
    (OPPORTUNITIES, "won", {"state": "won"}),
    (OPPORTUNITIES, "no next step", {"next": "none"}),
]
WORK = [
    ("today", "/"),
    ("tasks, mine", "/tasks"),
    ("tasks, my team's", "/tasks?whose=team"),
    ("tasks, all", "/tasks?whose=all"),
    ("tasks, my team's by person", "/tasks?whose=team&by=owner"),
    ("calendar, this week", "/calendar"),
    ("lead inbox", "/leads?as=inbox"),
    ("lead inbox, trials", "/leads?as=inbox&type=trial"),
    ("board", "/pipeline"),
    ("forecast", "/pipeline?as=forecast"),
]
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="leads, and as many people, when there is no data")
    parser.add_argument("--seconds", type=float, default=4, help="how long eight clients ask for each page")
    parser.add_argument("--tasks", type=int, default=5_000_000, help="tasks, when there is no data")
    parser.add_argument("--levels", default=",".join(LEVELS), help="which visibilities: all,team,own")
    asked = parser.parse_args()
    migrate()
    if not Role.objects.filter(name="Sees all").exists():
        grow(asked.rows, asked.tasks)
    print(f"{connection.vendor}: {Lead.objects.count():,} leads, {Person.objects.count():,} people, "
          f"{Opportunity.objects.count():,} opportunities, {Task.objects.count():,} tasks; the first {SEED:,} by the "
          "bulk verbs, the others copied from them in SQL\n")  # fmt: skip
    print("| Seen | Page | p50 ms | p95 ms | pages/s at 8 | web CPU ms | raw SQL ms | CPU beside the bare view |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with serving([sys.executable, "waitress_pair.py", "{port}", "2", "2000", "8"], HERE) as at:
        bare = measured(at, "/", "", asked.seconds)
        print(line("", "bare view of 50 rows", bare, 0, bare), flush=True)
    with serving([sys.executable, "-P", "-m", "fairlead", "serve", "--port", "{port}"], HERE.parent) as at:
        for level in asked.levels.split(","):
            reader, cookie = sign_in(level)
            for name, path, question in pages(reader):
                raw = statistics.median(timed(question)) if question else 0
                print(line(level, name, measured(at, path, cookie, asked.seconds), raw, bare), flush=True)
            took = [each for text in TYPED for each in keystrokes(at, text, cookie)]
            print(f"| {level} | search per keystroke | {statistics.median(took):.1f} | {p95(took):.1f} | | | | |")
    for each in tracks.lines(bare["cpu"]):
        print(each, flush=True)
    took = timed(lambda: create(system("bench")), 100)
    print(f"| | create a person with mail and phone | {statistics.median(took):.1f} | {p95(took):.1f} | | | | |")


def sign_in(level: str) -> tuple[User, str]:
    """The first seller with the role that sees so much, and a cookie of a session of theirs."""
    user: Any = User.objects.get(email="seller0@bench.example")
    change_role(system("bench"), user, role=Role.objects.get(name=f"Sees {level}"))
    user, session, now = User.objects.get(pk=user.pk), SessionStore(), time.time()
    backend, proof = "fairlead.web.sessions.Members", user.get_session_auth_hash()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: proof})
    session.update({"started": now, "seen": now})
    session.create()
    return user, f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={'x' * 32}"


def pages(user: User) -> Iterator[tuple[str, str, Callable[[], Any] | None]]:
    """Lists first, filtered, sorted and deep, then records, each with its question in SQL."""
    lists = (PEOPLE, COMPANIES, LEADS, OPPORTUNITIES)
    for listing in lists:
        name = str(listing.many)
        for kind, given in [("first page", {}), ("mine", {"owner": "me"}), ("newest", {"sort": "-created"})]:
            yield f"{name}, {kind}", *question(user, listing, given)
    for listing, kind, given in MORE:
        yield f"{listing.many}, {kind}", *question(user, listing, given)
    for listing in lists:
        asked = question_of(user, listing, {})
        found = asked.records.order_by(*keyset._ordering(asked.order, False, False))[DEEP : DEEP + 1]
        for row in found:
            place = keyset.written(keyset.place_of(row, asked.order), asked._field)
            yield f"{listing.many}, deep", *question(user, listing, {"after": place})
    for name, path in WORK:
        yield name, path, (lambda: soonest(user)) if path == "/tasks" else None
    by = user.actor("web")
    for model in (Person, Company, Lead, Opportunity, Task):
        record: Any = model.objects.visible_to(by).order_by("pk").first()  # type: ignore[attr-defined]
        if record is not None:
            at = f"/tasks/{record.public_id}" if model is Task else url_of(record)
            yield f"a {record.noun()}", at, None


def soonest(user: User) -> list[Any]:
    mine = Task.objects.open().visible_to(user.actor("web")).filter(assignee=user)
    return list(mine.order_by("due_at", "pk").values_list("pk")[:51])


def question(user: User, listing: Any, given: dict[str, str]) -> tuple[str, Callable[[], Any]]:
    asked = question_of(user, listing, given)
    place, backwards = asked.place

    def raw() -> None:
        keyset.stretch(asked.records.values_list("pk"), asked.order, 51, place, backwards)

    return asked.url(**({"after": given["after"]} if "after" in given else {})), raw


def question_of(user: User, listing: Any, given: dict[str, str]) -> Asked:
    return Asked(listing, given, user.actor("web"), Reader(user.tz, Locale.parse("en_GB"), clock.now()))


def measured(at: tuple[int, int], path: str, cookie: str, seconds: float) -> Row:
    """One client, then eight; CPU is that of all processes of the server while eight ask."""
    port, session = at
    load(port, path, cookie, 8, 1)  # so that both processes are warm
    alone = load(port, path, cookie, 1, 1)
    before = cpu(session)
    found = load(port, path, cookie, 8, seconds)
    spent = cpu(session) - before
    return {"p50": alone["p50_ms"], "p95": alone["p95_ms"], "rate": found["requests"] / seconds,
            "cpu": 1000 * spent / found["requests"]}  # fmt: skip


def load(port: int, path: str, cookie: str, clients: int, seconds: float) -> Row:
    known = os.environ | {"BENCH_COOKIE": cookie, "BENCH_CLIENTS": str(clients)}
    command = [sys.executable, HERE / "load.py", "pages", str(port), str(seconds), path]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=known)
    found: Row = json.loads(done.stdout)
    return found


def keystrokes(at: tuple[int, int], text: str, cookie: str) -> list[float]:
    from urllib.parse import urlencode

    found = load(at[0], f"/search/quick?{urlencode({'q': text})}", cookie, 1, 1)
    return [found["p50_ms"], found["p95_ms"]]


def timed(ask: Callable[[], Any], times: int = 30) -> list[float]:
    ask()
    took = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1e3)
    return took


def create(by: Any) -> None:
    number = time.time_ns()
    create_person(by, name=f"New {number}", mails=[f"n{number}@bench.example"], phones=["020 7946 0101"])


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[tuple[int, int]]:
    """A server on a free port: (port, session of its processes)."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"FAIRLEAD_WEB": "2", "PYTHONPATH": str(folder)}
    arguments = [each.format(port=port) for each in command]
    server = subprocess.Popen(arguments, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, env=environment)
    try:
        await_answer(port)
        yield port, server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def await_answer(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            time.sleep(2)  # until both processes are there
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start")


def line(level: str, name: str, found: Row, raw: float, bare: Row) -> str:
    beside, sql = f"{found['cpu'] / bare['cpu']:.1f}", f"{raw:.2f}" if raw else ""
    return (
        f"| {level} | {name} | {found['p50']:.1f} | {found['p95']:.1f} | {found['rate']:.0f} "
        f"| {found['cpu']:.2f} | {sql} | {beside} |"
    )


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


if __name__ == "__main__":
    main()
