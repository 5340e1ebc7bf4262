"""Inquiries keep coming while processes are killed and the database goes away: each becomes one lead."""

import json
import os
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from urllib.parse import urlencode

import psycopg
import pytest

from tests.processes.conftest import connection_facts
from tests.processes.product import PATIENCE, Product, wait_for
from tests.processes.test_outage import breakable

pytestmark = pytest.mark.processes
SENDERS, EACH = 4, 45
KILLS = (2, 2, 2, 2, 1)  # processes killed before each time that the database goes away


class Sender(threading.Thread):
    """Posts its inquiries one after the other, each until it is acknowledged, as a provider does."""

    def __init__(self, product: Product, address: str, number: int) -> None:
        super().__init__(daemon=True)
        self.url, self.number = f"http://127.0.0.1:{product.port}/in/{address}", number
        self.acknowledged: list[str] = []
        self.refused: list[int] = []

    def run(self) -> None:
        for count in range(EACH):
            mail = f"s{self.number}n{count}@flood.example"
            end = time.monotonic() + PATIENCE
            while not self._sent(mail) and time.monotonic() < end:
                time.sleep(0.1)
            time.sleep(0.02)

    def _sent(self, mail: str) -> bool:
        body = urlencode({"name": mail.partition("@")[0], "email": mail}).encode()
        request = urllib.request.Request(self.url, body, {"Idempotency-Key": mail})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["received"] is True
        except urllib.error.HTTPError as answer:
            self.refused.append(answer.code)
            return False
        except (OSError, ValueError):  # the process that had it was killed
            return False
        self.acknowledged.append(mail)
        return True


def test_nothing_is_lost_or_doubled_by_kills_and_an_outage(product: Product) -> None:
    made = product.run("do", "create-endpoint", "--name", "Flood", "--json")
    address = json.loads(made.stdout)["result"]["address"]
    straight = product.database_url
    with breakable(product) as database:
        product.start()
        senders = [Sender(product, address, number) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for number, kills in enumerate(KILLS):
            wait_for(lambda share=number: _count(senders) > (share + 1) * 15, "inquiries before the next fault")
            _kill(product, kills, first=number)
            database.take()
            before = _count(senders)
            wait_for(lambda known=before: _count(senders) > known + 5, "inquiries while the database is away")
            database.give_back()
        for sender in senders:
            sender.join(PATIENCE)
        assert [sender.refused for sender in senders] == [[]] * SENDERS
        sent = {mail for sender in senders for mail in sender.acknowledged}
        assert len(sent) == SENDERS * EACH
        wait_for(lambda: len(_leads(product, straight)) >= len(sent), "every inquiry to become a lead")
        time.sleep(2)  # for one that would come twice
        assert _leads(product, straight) == Counter(sent)
        assert [path.name for path in (product.data / "spool").glob("*.spool")] == []


def _kill(product: Product, kills: int, *, first: int) -> None:
    """Web processes and the worker in turns, so that each kind is killed while others are at work."""
    found = [*product.processes("web"), *product.processes("work")]
    for number in range(kills):
        os.kill(found[(first + number) % len(found)], signal.SIGKILL)


def _count(senders: list[Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in senders)


def _leads(product: Product, database_url: str) -> "Counter[str]":
    statement = "SELECT email FROM fairlead_lead WHERE email LIKE '%flood.example'"
    if database_url:
        with psycopg.connect(**connection_facts(database_url)) as connection:
            return Counter(row[0] for row in connection.execute(statement.encode()))
    connection = sqlite3.connect(f"file:{product.data / 'fairlead.sqlite3'}?mode=ro", uri=True)
    try:
        return Counter(row[0] for row in connection.execute(statement))
    finally:
        connection.close()
