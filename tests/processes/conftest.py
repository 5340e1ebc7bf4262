"""An installation per test, copied from one that was prepared once: migrations take longer than most of these tests."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import psycopg
import pytest

from tests.processes.product import Product, copied

SERVER = os.environ.get("DATABASE_URL", "")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with database() as url:
        product = Product(tmp_path_factory.mktemp("prepared") / "data", url)
        done = product.run("prepare")
        assert done.returncode == 0, done.stderr
        yield product


@pytest.fixture
def product(prepared: Product, tmp_path: Path) -> Iterator[Product]:
    with database(template=prepared.database_url) as url:
        product = copied(prepared, tmp_path / "data", url)
        yield product
        for process in product.processes():
            os.kill(process, signal.SIGKILL)


class database:
    """A PostgreSQL database for as long as the block lasts; on SQLite nothing: the data folder holds the file."""

    def __init__(self, template: str = "") -> None:
        self.name = f"drill_{uuid.uuid4().hex[:12]}"
        self.template = urlsplit(template).path.removeprefix("/") or "template1"

    def __enter__(self) -> str:
        if not SERVER.startswith("postgres"):
            return ""
        administer(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return urlunsplit(urlsplit(SERVER)._replace(path=f"/{self.name}"))

    def __exit__(self, *_: object) -> None:
        if SERVER.startswith("postgres"):
            administer(f"DROP DATABASE {self.name} WITH (FORCE)")


def administer(statement: str) -> None:
    with psycopg.connect(**connection_facts(SERVER), autocommit=True) as connection:
        connection.execute(statement.encode())


def connection_facts(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    facts = {"user": parts.username, "password": parts.password, "host": parts.hostname, "dbname": parts.path[1:]}
    return {name: value for name, value in (facts | dict(parse_qsl(parts.query))).items() if value}
