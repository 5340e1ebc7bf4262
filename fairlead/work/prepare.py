"""Before the web parts start: tables and static files. Quick when nothing is new."""

import os
import sys

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from fairlead.work.static import collect

NEEDED_SQLITE = (3, 51, 3)


def run() -> bool:
    """True when there was something to do."""
    migrated, collected = migrate(), collect()
    return migrated or collected


def migrate() -> bool:
    """Bring the tables up to date; True when there was something to do."""
    refuse_old_sqlite()
    make_file()
    try:
        if not pending():
            return False
        tell("Creating the tables" if not connection.introspection.table_names() else "Updating the tables")
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise SystemExit(unreachable(error)) from None
    return True


def pending() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def refuse_old_sqlite(version: tuple[int, ...] | None = None) -> None:
    """Older libraries can corrupt a database that several processes write (fixed in 3.51.3)."""
    if settings.SQLITE is None and version is None:
        return
    import sqlite3

    found = version or sqlite3.sqlite_version_info
    if found < NEEDED_SQLITE:
        raise SystemExit(
            f"This Python uses SQLite {'.'.join(map(str, found))}, which can damage a database under load.\n"
            f"Fairlead needs {'.'.join(map(str, NEEDED_SQLITE))} or newer. Your data is untouched.\n"
            "Install the wheel pysqlite3 (bin/setup does it), or use PostgreSQL: DATABASE_URL=postgresql://…"
        )


def make_file() -> None:
    """The database file, for this account alone. Nothing else in the product makes it."""
    if settings.SQLITE is not None and not settings.SQLITE.exists():
        settings.SQLITE.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(settings.SQLITE, os.O_CREAT | os.O_RDWR, 0o600))


def unreachable(error: Exception) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    where = settings.SQLITE or f"PostgreSQL at {connection.settings_dict['HOST'] or 'the local socket'}"
    words = f"The database does not answer ({where}): {first_line}"
    return f"{words}\nNothing was changed. Check DATABASE_URL, then start again."


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
