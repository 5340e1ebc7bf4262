"""A year over 2,000 running tracks: each reminder comes once, although the worker is killed again and again."""

import json
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from typing import Any

import pytest

from tests.processes.product import Product
from tests.processes.year import FIRST, LAST

pytestmark = [pytest.mark.processes, pytest.mark.load]
TRACKS, KILLS = 2000, 6


def process(product: Product, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.processes.year", *map(str, words)]
    environment = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def done(product: Product, *words: object) -> list[dict[str, Any]]:
    """What a process says that is left alone to its end."""
    running = process(product, *words)
    said, _nothing = running.communicate(timeout=600)
    assert running.returncode == 0
    return [json.loads(line) for line in said.splitlines()]


def killed(product: Product, since: date, chance: random.Random) -> date:
    """A worker of the year from this day on that is killed some days later, in the midst of one; the day it was."""
    until = since + timedelta(days=chance.randint(2, 40))
    running = process(product, "work", since, LAST, chance.randint(0, 999))
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["day"] == until.isoformat():
            break
    time.sleep(chance.uniform(0, 0.2))
    assert running.poll() is None
    running.kill()
    days = [json.loads(line)["day"] for line in running.stdout.read().splitlines() if line.endswith("}")]
    running.wait()
    return date.fromisoformat(max([until.isoformat(), *days])) + timedelta(days=1)


def test_each_reminder_comes_once_although_workers_are_killed(product: Product) -> None:
    chance, day = random.Random(6), FIRST
    done(product, "lay", TRACKS)
    for _time in range(KILLS):
        day = killed(product, day, chance)
    days = done(product, "work", day, LAST, KILLS)
    found = done(product, "judge")[0]
    assert found["tracks"] == TRACKS and found["wanted"] > 2 * TRACKS and days[-1]["deaths"] > 5
    wrong = ("not promised", "not wanted", "not done", "not sent")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert found["mails"] == found["wanted"] and found["begun again"] > 0
