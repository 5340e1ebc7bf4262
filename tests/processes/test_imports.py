"""A file brought in from its page, while its worker is killed, then everything: it goes on, and nothing comes twice."""

import os
import re
import signal
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.processes.conftest import connection_facts
from tests.processes.product import Product, wait_for
from tests.processes.test_worker import run

pytestmark = pytest.mark.processes
ROWS, BATCH, BAD = 25_000, 5_000, 7
NOTES = "Some longer words about it, so that another process reads the file"


class Reader:
    """Somebody at the page of imports."""

    def __init__(self, product: Product) -> None:
        self.at, self.session = f"http://127.0.0.1:{product.port}", requests.Session()
        link = product.run("link", "ada@example.com").stdout.strip().splitlines()[-1]
        page = self.session.get(link, timeout=20)
        self.submit(page, page.url, {})

    def submit(self, page: requests.Response, to: str, facts: dict[str, str], **more: Any) -> requests.Response:
        """The form of a page, as a browser sends it."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        answer = self.session.post(to, hidden | facts, headers={"Referer": page.url}, timeout=60, **more)
        assert answer.status_code == 200, answer.text[:2000]
        return answer

    def page(self, path: str) -> requests.Response:
        return self.session.get(self.at + path, timeout=20)


def test_it_goes_on_after_kills_and_nothing_comes_twice(product: Product, tmp_path: Path) -> None:
    people(product)
    product.start()
    reader = Reader(product)
    page = reader.submit(
        reader.page("/imports"), f"{reader.at}/imports", {}, files={"upload": ("many.csv", written(), "text/csv")}
    )
    address = page.url.removeprefix(reader.at)
    reader.submit(page, page.url, {"act": "try"})
    wait_for(lambda: f"Import {ROWS - BAD:,} rows" in reader.page(address).text, "the dry run")
    reader.submit(reader.page(address), page.url, {"act": "start"})
    wait_for(lambda: batches(product), "the first batch")
    killed = product.processes("work")
    os.kill(killed[0], signal.SIGKILL)
    end_lease(product)
    wait_for(lambda: len(batches(product)) >= 3, "more batches, by the next worker")
    assert len(batches(product)) < ROWS // BATCH, "the second kill comes too late"
    product.kill()
    product.start()
    end_lease(product)
    wait_for(lambda: "Take the import back" in reader.page(address).text, "its end")
    text = re.sub(r"<[^>]+>", " ", reader.page(address).text)
    assert re.search(rf"Added\s+{ROWS - BAD:,}\s+Updated\s+0\s+There already\s+0\s+Rejected\s+{BAD}\b", text), text
    assert [upto for upto, _made in batches(product)] == list(range(BATCH, ROWS + 1, BATCH))
    assert sum(made for _upto, made in batches(product)) == ROWS - BAD
    assert answers(product, "SELECT count(*), count(DISTINCT email) FROM fairlead_lead") == [(ROWS - BAD, ROWS - BAD)]
    wait_for(lambda: not helpers(product), "the end of who read the file for the killed ones")


def people(product: Product) -> None:
    code = """
from fairlead.core.actor import system
from fairlead.models import Role
from fairlead.verbs.organisation import set_up
from fairlead.verbs.users import invite_user
set_up(system("drill"), name="Drill", country="GB", currency="GBP", zone="UTC", locale="en-GB")
role = next(role for role in Role.objects.order_by("pk") if role.governs)
invite_user(system("drill"), name="Ada", email="ada@example.com", role=role, mail=False)
"""
    run(product, code)


def written() -> bytes:
    """Leads, a few of them without anything by which to call them."""
    every = ROWS // BAD
    rows = [f"{'' if n % every == 1 and n < every * BAD else f'Person {n}'},{n}" for n in range(ROWS)]
    pairs = (row.split(",") for row in rows)
    lines = [f'{name},{f"p{n}@flood.example" if name else ""},"{NOTES}",New' for name, n in pairs]
    return "\n".join(["Name,Email,Notes,Lead Status", *lines]).encode()


def end_lease(product: Product) -> None:
    """As if a minute had passed."""
    code = "from fairlead.models import Outbox\nfrom django.utils.timezone import now\n"
    run(product, code + "Outbox.objects.filter(state='leased').update(run_at=now())")


def batches(product: Product) -> list[tuple[int, int]]:
    return answers(product, "SELECT upto, made FROM fairlead_importbatch ORDER BY upto")


def answers(product: Product, statement: str) -> list[Any]:
    if product.database_url:
        with psycopg.connect(**connection_facts(product.database_url)) as connection:
            return connection.execute(statement.encode()).fetchall()
    connection = sqlite3.connect(f"file:{product.data / 'fairlead.sqlite3'}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def helpers(product: Product) -> list[int]:
    """Processes that read a file for one that is not there any more."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"FAIRLEAD_DATA={product.data}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if ours and b"fairlead.exchange.imports.second" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
