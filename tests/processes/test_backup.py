"""Backup while others write, and restore."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.processes.product import PATIENCE, Product, wait_for

pytestmark = pytest.mark.processes

# Each transaction adds a pair; half a pair in a backup would show that it is not of one moment.
PREPARE = """
import django; django.setup()
from django.db import connection, transaction
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE drill (pair integer, half integer)")
"""
WRITE = """
import django; django.setup()
from django.db import connection, transaction
pair = 0
while True:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO drill VALUES (%s, 1)", [pair])
        cursor.execute("INSERT INTO drill VALUES (%s, 2)", [pair])
    pair += 1
    if pair % 10 == 0:
        print(pair, flush=True)
"""
COUNT = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*), count(DISTINCT pair), max(pair) FROM drill")
    print(*cursor.fetchone())
"""


def script(product: Product, text: str) -> "subprocess.Popen[str]":
    surroundings = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    return subprocess.Popen([sys.executable, "-c", text], env=surroundings, stdout=subprocess.PIPE, text=True)


def counted(product: Product) -> tuple[int, int, int]:
    said, _ = script(product, COUNT).communicate(timeout=PATIENCE)
    halves, pairs, last = map(int, said.split())
    return halves, pairs, last


def test_a_backup_under_load_is_of_one_moment_and_comes_back(product: Product, tmp_path: Path) -> None:
    assert script(product, PREPARE).wait(PATIENCE) == 0
    (product.data / "files").mkdir()
    (product.data / "files" / "scope.pdf").write_bytes(b"the scope")
    archive = tmp_path / "backup.tar.gz"
    writer = script(product, WRITE)
    try:
        assert writer.stdout is not None and writer.stdout.readline()  # it writes
        done = product.run("backup", archive)
        assert done.returncode == 0, done.stderr
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    later = counted(product)
    assert os.stat(archive).st_mode & 0o777 == 0o600

    refused = product.run("restore", archive)
    assert refused.returncode != 0
    assert "Nothing was changed" in refused.stderr
    assert counted(product) == later

    done = product.run("restore", archive, "--replace")
    assert done.returncode == 0, done.stderr
    halves, pairs, last = counted(product)
    assert halves == 2 * pairs == 2 * (last + 1)
    assert 0 < pairs <= later[1]
    assert (product.data / "files" / "scope.pdf").read_bytes() == b"the scope"
    aside = next(product.data.glob("before-restore-*"))
    assert (aside / "files" / "scope.pdf").exists()
    assert any(aside.glob("*database*")) or any(aside.glob("*.sqlite3"))


def test_what_was_restored_starts(product: Product, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    product.start()
    assert product.run("backup", archive).returncode == 0
    assert "already runs" in product.run("restore", archive, "--replace").stderr
    product.stop()
    key = (product.data / "secret_key").read_text()
    (product.data / "secret_key").write_text("another")
    assert product.run("restore", archive, "--replace").returncode == 0
    assert (product.data / "secret_key").read_text() == key
    product.log.unlink()
    product.start()
    assert product.status("/healthz") == 200


def test_a_broken_archive_changes_nothing(product: Product, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert product.run("backup", archive).returncode == 0
    archive.write_bytes(archive.read_bytes()[:2000])
    done = product.run("restore", archive, "--replace")
    assert done.returncode != 0
    assert "not a complete Fairlead backup" in done.stderr
    assert not list(product.data.glob("before-restore-*"))
    assert product.run("check").returncode == 0


def test_a_backup_holds_no_earlier_backup_and_nothing_made_anew(product: Product) -> None:
    first, second = product.run("backup"), product.run("backup", product.data / "second.tar.gz")
    assert first.returncode == second.returncode == 0
    with tarfile.open(second.stdout.strip()) as archive:
        names = archive.getnames()
    assert "manifest.json" in names and "data/secret_key" in names
    assert not [name for name in names if "backups" in name or "static" in name or "fairlead.sqlite3" in name]


def test_check_reports_as_words_and_as_json(product: Product) -> None:
    product.start()
    wait_for(lambda: (product.data / "worker.seen").exists(), "the worker's first beat")
    done = product.run("check", "--json")
    found = {each["name"]: each["state"] for each in json.loads(done.stdout)}
    assert done.returncode == 0
    assert set(found.values()) == {"ok"}
    assert {"database", "tables", "worker", "free space"} < set(found)
    product.stop()
    os.utime(product.data / "worker.seen", (0, 0))
    done = product.run("check")
    assert done.returncode == 1
    assert "failed   worker: was last seen" in done.stdout
