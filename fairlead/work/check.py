"""Is everything as it should be? One line per question, for people and for monitors."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import Error, connection

from fairlead.work import heartbeat, prepare, static

LEAST_SPACE = 500 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Finding:
    """`state` is ok, warning or failed; only a failure changes the exit code."""

    name: str
    state: str
    words: str


def report(*, as_json: bool = False) -> int:
    found = list(findings())
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        for finding in found:
            print(f"{finding.state:8} {finding.name}: {finding.words}")
    return int(any(finding.state == "failed" for finding in found))


def findings() -> Iterator[Finding]:
    for question in (sqlite_library, data_folder, free_space, database, tables, worker, static_files):
        yield ask(question)


def ask(question: Callable[[], tuple[str, str]]) -> Finding:
    """A question that cannot be answered is a failure of its own, not the end of the report."""
    name = question.__name__.replace("_", " ")
    try:
        return Finding(name, *question())
    except (Error, OSError, SystemExit) as error:
        return Finding(name, "failed", " ".join(str(error).split()))


def sqlite_library() -> tuple[str, str]:
    import sqlite3

    prepare.refuse_old_sqlite()
    return "ok", sqlite3.sqlite_version


def data_folder() -> tuple[str, str]:
    seen = os.stat(settings.DATA)
    if not os.access(settings.DATA, os.W_OK | os.X_OK):
        return "failed", f"{settings.DATA} cannot be written. Give it to the account that runs Fairlead."
    if seen.st_mode & 0o077:
        return "warning", f"others on this machine can read {settings.DATA}. Type: chmod 700 '{settings.DATA}'"
    return "ok", str(settings.DATA)


def free_space() -> tuple[str, str]:
    free = shutil.disk_usage(settings.DATA).free
    words = f"{free / 1024**3:.1f} GB free"
    return ("ok", words) if free > LEAST_SPACE else ("failed", f"{words}. Make room before the database cannot write.")


def database() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if settings.SQLITE:
        return "ok", f"SQLite, {settings.SQLITE.stat().st_size / 1024**2:.0f} MB"
    return "ok", f"PostgreSQL {connection.pg_version // 10000}"  # type: ignore[attr-defined]


def tables() -> tuple[str, str]:
    if prepare.pending():
        return "failed", "not up to date. Type: fairlead migrate"
    return "ok", "up to date"


def worker() -> tuple[str, str]:
    seconds = heartbeat.last_seen()
    if seconds is None:
        return "warning", "has not run yet. fairlead serve starts it"
    if seconds > 120:
        return "failed", f"was last seen {seconds / 60:.0f} minutes ago. Is fairlead serve running?"
    return "ok", f"seen {seconds:.0f} s ago"


def static_files() -> tuple[str, str]:
    return ("ok", "collected") if static.is_current() else ("warning", "not collected. fairlead serve does it")
