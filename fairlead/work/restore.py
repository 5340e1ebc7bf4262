"""Bring back an archive of fairlead.work.backup. What it replaces is kept beside, so a restore can be taken back."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from fairlead.work import backup
from fairlead.work.supervisor import only_one


def restore(file: Path, *, replace: bool = False) -> Iterator[str]:
    """Yields what was done. Refuses while the server runs, and over existing data unless told to replace."""
    if not file.is_file():
        raise SystemExit(f"There is no file {file}.")
    with (
        only_one(settings.DATA / "serve.lock"),
        tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".restore-") as temporary,
    ):
        folder = Path(temporary)
        found = unpack(file, folder)
        if has_data():
            if not replace:
                raise SystemExit(
                    f"There is data in {place()}. Nothing was changed.\n"
                    "To put the backup in its place, with the present data kept beside: fairlead restore FILE --replace"
                )
            yield f"The data that was here is kept in {set_aside()}"
        put_back(folder, str(found["database"]))
    yield f"Restored the backup of {found['made_at']} (Fairlead {found['version']}). fairlead serve updates its tables."


def unpack(file: Path, folder: Path) -> dict[str, object]:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        found: dict[str, object] = json.loads((folder / backup.MANIFEST).read_text())
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        raise SystemExit(f"{file} is not a complete Fairlead backup ({error}). Nothing was changed.") from None
    wanted = backup.SQLITE if settings.SQLITE else backup.POSTGRES
    if found.get("database") != wanted or not (folder / wanted).is_file():
        raise SystemExit(
            f"{file} holds {found.get('database')}, but DATABASE_URL asks for {wanted}. Nothing was changed.\n"
            "A backup is restored into the same kind of database."
        )
    return found


def has_data() -> bool:
    if settings.SQLITE:
        return settings.SQLITE.exists()
    try:
        return bool(connection.introspection.table_names())
    except OperationalError as error:
        from fairlead.work.prepare import unreachable

        raise SystemExit(unreachable(error)) from None


def place() -> str:
    return str(settings.SQLITE or f"the database {connection.settings_dict['NAME']}")


def set_aside() -> Path:
    """Move what the backup will replace into a folder of its own; PostgreSQL's tables as a dump."""
    aside: Path = settings.DATA / f"{backup.KEPT_ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    if settings.SQLITE:
        for path in sorted(settings.SQLITE.parent.glob(f"{settings.SQLITE.name}*")):
            path.rename(aside / path.name)
    else:
        backup.dump_postgres(aside / backup.POSTGRES)
    for path in list(backup.kept_files()):
        path.rename(aside / path.name)
    return aside


def put_back(folder: Path, database: str) -> None:
    connection.close()
    if settings.SQLITE:
        os.chmod(folder / database, 0o600)
        shutil.move(folder / database, settings.SQLITE)
    else:
        refill_postgres(folder, database)
    kept = folder / "data"
    for path in sorted(kept.iterdir()) if kept.exists() else []:
        shutil.move(path, settings.DATA / path.name)


def refill_postgres(folder: Path, database: str) -> None:
    """Drop every table and run the dump, in one transaction: a restore that fails leaves what was there."""
    drops, script = folder / "drops.sql", folder / "restore.sql"
    names = map(connection.ops.quote_name, connection.introspection.table_names())
    drops.write_text(
        "SET client_min_messages = warning;\n" + "".join(f"DROP TABLE {name} CASCADE;\n" for name in names)
    )
    connection.close()
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={script}"]
    backup.run_postgres(["pg_restore", *options, str(folder / database)])
    quiet = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    backup.run_postgres(["psql", *quiet, f"--file={drops}", f"--file={script}"])
