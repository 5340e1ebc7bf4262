"""docs/first-change.md is true: its verb, its tests and its three doors are run as they are written."""

import inspect
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client

from fairlead.cli.do import main as do
from fairlead.core.schema import arguments
from fairlead.core.verb import REGISTRY
from fairlead.demo.world import World
from fairlead.verbs.tokens import create_token
from fairlead.web.addresses import url_of

PAGE = (Path(__file__).parent.parent / "docs/first-change.md").read_text()
MODULE = "fairlead.verbs.handing_over"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def hand_over() -> Iterator[None]:
    """The page's verb for as long as a test."""
    sys.modules[MODULE] = made(MODULE, blocks("python")[0])
    yield
    del sys.modules[MODULE], REGISTRY["hand_over"]
    arguments.cache_clear()


def made(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
    return module


def command(world: World, number: int, **more: str) -> list[str]:
    """A line of the page with its placeholders filled in."""
    names = {"LEAD": world.joanna.public_id, "USER": world.lena.public_id} | more
    line = re.sub(r"\b(LEAD|USER|TOKEN)\b", lambda found: names[found[1]], blocks("sh")[number])
    return shlex.split(line.replace("\\\n", " "))


def test_its_tests_pass(world: World, hand_over: None) -> None:
    module = made("tests of the page", blocks("python")[1])
    written = [test for name, test in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")]
    assert len(written) == 2
    for test in written:
        test(world)


def test_the_command_line_does_it(world: World, hand_over: None, capsys: pytest.CaptureFixture[str]) -> None:
    program, word, *rest = command(world, 0)
    assert (program, word) == ("fairlead", "do")
    assert do(rest) == 0
    told = capsys.readouterr().out
    assert "Sam Whitlock handed Joanna Weir to Lena Kaur: Lena knows the bakery trade" in told
    assert_handed_over(world)


def test_rest_does_it(world: World, hand_over: None, client: Client) -> None:
    secret = create_token(world.sam.actor("web"), name="curl", scopes=["read", "write"]).secret
    sent = curl(command(world, 1, TOKEN=secret))
    path = sent["url"].removeprefix("http://127.0.0.1:8321")
    answer = client.generic(sent["method"], path, sent["body"], headers=sent["headers"])
    assert answer.status_code == 200, answer.content
    assert json.loads(answer.content)["result"]["owner"]["label"] == "Lena Kaur"
    assert "hand_over" in client.get("/api/v1/openapi.json", headers=sent["headers"]).content.decode()
    assert_handed_over(world)


def test_the_page_asks_and_does_it_and_the_timeline_tells_it(world: World, hand_over: None, client: Client) -> None:
    client.force_login(world.sam)
    address = f"/leads/{world.joanna.public_id}/hand-over"
    assert "Hand over" in client.get(address).content.decode()
    given = {"to": world.lena.public_id, "why": "Lena knows the bakery trade"}
    assert client.post(address, given).status_code == 303
    assert "Lena knows the bakery trade" in client.get(url_of(world.joanna)).content.decode()
    assert_handed_over(world)


def curl(words: list[str]) -> dict[str, Any]:
    """What this curl line sends."""
    headers = [words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H"]
    return {
        "method": words[words.index("-X") + 1],
        "url": next(word for word in words if word.startswith("http")),
        "headers": dict(headers),
        "body": words[words.index("-d") + 1],
    }


def assert_handed_over(world: World) -> None:
    world.joanna.refresh_from_db()
    assert world.joanna.owner == world.lena
