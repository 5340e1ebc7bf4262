"""One archive of everything that must survive: the database, files, spool and keys, each as it was at one moment."""

import io
import json
import os
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

MANIFEST, SQLITE, POSTGRES = "manifest.json", "database.sqlite3", "database.pgdump"
# In the data folder, but made anew by the next start, or not to be carried elsewhere.
LEFT_OUT = ("static", "build", "backups", "exports", "serve.lock", "worker.seen")
KEPT_ASIDE = "before-restore-"


def write(target: Path | None = None) -> Path:
    """Write the archive, readable by this account alone; the file appears under its name only when complete."""
    target = (target or default_target()).expanduser().absolute()
    if not target.parent.exists():
        raise SystemExit(f"There is no folder {target.parent}. Make it, or name another file.")
    partial = target.with_name(f".{target.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            write_archive(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def default_target() -> Path:
    folder: Path = settings.DATA / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"fairlead-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"


def write_archive(file: Any) -> None:
    with tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".backup-") as folder:
        copy = copy_database(Path(folder))
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
            add_manifest(archive)
            archive.add(copy, copy.name)
            for path in kept_files():  # after the database: every file that its rows name exists by now
                add_file(archive, path)


def copy_database(folder: Path) -> Path:
    return copy_sqlite(folder / SQLITE) if settings.SQLITE else dump_postgres(folder / POSTGRES)


def copy_sqlite(target: Path) -> Path:
    """SQLite's online backup in one step: one moment of the database, while others read and write."""
    source = sqlite3.connect(f"file:{settings.SQLITE}?mode=ro", uri=True, timeout=20)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
        answer = copy.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        copy.close()
        source.close()
    if answer != "ok":
        raise SystemExit(f"The database is damaged: {answer}\nNo backup was written. Keep the earlier ones.")
    return target


def dump_postgres(target: Path) -> Path:
    run_postgres(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return target


def run_postgres(command: list[str]) -> None:
    """A PostgreSQL program on our database. It reads the password from its environment, where `ps` does not show it."""
    wanted = connection.get_connection_params()
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    surroundings = {name: str(wanted[key]) for name, key in names.items() if wanted.get(key)}
    try:
        subprocess.run(command, env=os.environ | surroundings, check=True)
    except FileNotFoundError:
        raise SystemExit(
            f"{command[0]} is not installed here. Install PostgreSQL's client programs:\n"
            "  apt-get install postgresql-client"
        ) from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{command[0]} failed (exit code {error.returncode}); its reason is above.") from None


def add_manifest(archive: tarfile.TarFile) -> None:
    facts = {"product": "fairlead", "version": settings.VERSION, "made_at": datetime.now(UTC).isoformat()}
    text = json.dumps(facts | {"database": SQLITE if settings.SQLITE else POSTGRES}, indent=2).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode = len(text), 0o600
    archive.addfile(entry, io.BytesIO(text))


def kept_files() -> Iterator[Path]:
    for path in sorted(settings.DATA.iterdir()):
        if not (
            path.name in LEFT_OUT
            or path.name.startswith((".", KEPT_ASIDE))
            or path.name.endswith(".tar.gz")
            or is_database(path)
        ):
            yield path


def is_database(path: Path) -> bool:
    return settings.SQLITE is not None and path.name.startswith(settings.SQLITE.name)


def add_file(archive: tarfile.TarFile, path: Path) -> None:
    """A file or folder under data/. A file that is removed while we read (an erased upload) is left out."""
    if path.is_dir():
        for below in sorted(path.iterdir()):
            add_file(archive, below)
    elif path.is_file() and not path.is_symlink():
        try:
            archive.add(path, f"data/{path.relative_to(settings.DATA)}", recursive=False)
        except FileNotFoundError:
            return
