"""The database goes away and comes back while the product runs."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.processes.product import Product, free_port, wait_for

pytestmark = pytest.mark.processes


@contextmanager
def breakable(product: Product) -> Iterator["FileAway | Wire"]:
    """A way to take the database from the product and to give it back."""
    if product.database_url:
        wire = Wire(product.database_url)
        product.database_url = wire.url
        yield wire
        wire.end()
    else:
        yield FileAway(product.data / "fairlead.sqlite3")


class FileAway:
    def __init__(self, file: Path) -> None:
        self.file, self.aside = file, file.with_suffix(".away")

    def take(self) -> None:
        os.rename(self.file, self.aside)

    def give_back(self) -> None:
        os.rename(self.aside, self.file)


class Wire:
    """A port that leads to PostgreSQL and can be cut."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = f"{dict(parse_qsl(parts.query))['host']}/.s.PGSQL.5432"
        self.port, self.open, self.ends = free_port(), True, False
        self.pairs: list[socket.socket] = []
        self.url = f"postgresql://{parts.username}@127.0.0.1:{self.port}{parts.path}"
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> None:
        self.open = False
        for end in self.pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def give_back(self) -> None:
        self.open = True

    def end(self) -> None:
        self.ends = True
        self.take()
        self.listener.close()

    def _accept(self) -> None:
        while not self.ends:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.open:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            self.pairs += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def test_answers_503_while_the_database_is_away_and_recovers_by_itself(product: Product) -> None:
    with breakable(product) as database:
        product.start()
        wait_for(lambda: product.status("/healthz") == 200, "the first answer")
        signed_in = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz123456"}  # makes the page ask the database
        usual, _, _ = product.get("/", signed_in)
        before = product.processes("web")

        database.take()
        assert product.status("/healthz") == 503
        status, headers, page = product.get("/", signed_in)
        assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "5", "no-store")
        assert "database is not answering" in page
        assert "<html" in page
        assert not (product.data / "fairlead.sqlite3").exists()  # no empty one was made in its place

        database.give_back()
        wait_for(lambda: product.status("/healthz") == 200, "the recovery")
        assert product.get("/", signed_in)[0] == usual
        assert product.processes("web") == before
