"""Every verb of the registry stands on every door, without a line of its own in any of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from fairlead.api.openapi import document
from fairlead.cli.do import main, overview
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change
from fairlead.core.record import nouns
from fairlead.core.schema import subjects
from fairlead.core.verb import REGISTRY, verb
from fairlead.demo.world import World
from fairlead.mcp.tools import call, offered
from fairlead.models import Person
from tests.doors.api import BASE, Api

VERBS = sorted(REGISTRY)


def addresses(verb_name: str) -> list[tuple[str, str]]:
    """Where the document says this verb is, as (method, path)."""
    return [
        (method, path)
        for path, item in document()["paths"].items()
        for method in ("post", "patch")
        if item.get(method, {}).get("x-verb") == verb_name
    ]


def test_on_rest(iris: Api, world: World) -> None:
    """One address per noun it acts on, and each takes the call: what comes back is the verb's own answer."""
    for name in VERBS:
        found = addresses(name)
        assert len(found) == max(1, len(subjects(REGISTRY[name]))), name
        for method, path in found:
            noun = next((n for n, model in nouns().items() if model.plural() == path.split("/")[3]), "")
            record = nouns()[noun].objects.visible_to(world.admin.actor("api")).first() if "{id}" in path else None
            place = path.removeprefix(BASE).replace("{id}", record.public_id if record else "zzzzzzzzzz")
            answer = iris.send(method.upper(), place, '{"no such argument": 1}')
            assert (answer.status_code, answer.json()["code"]) in {(422, "invalid"), (404, "not_found")}, path
            if record or "{id}" not in path:
                assert answer.json()["errors"]["no such argument"] == ["There is no argument of this name."], path


def test_on_the_command_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Its help tells its arguments; a call that lacks or misnames something is refused in words, never with a trace."""
    listed = "\n".join(overview())
    for name in VERBS:
        assert name.replace("_", "-") in listed
        with pytest.raises(SystemExit) as left:
            main([name.replace("_", "-"), "--help"])
        assert left.value.code == 0 and "--by EMAIL" in capsys.readouterr().out
        record = [f"{subjects(REGISTRY[name])[0]}:zzzzzzzzzz"] if subjects(REGISTRY[name]) else []
        assert main([name, *record, "--no-such-argument", "1"]) == 2
        assert "no-such-argument" in capsys.readouterr().err
        assert main([name, *record, "--json"]) in {0, 2}, name


def test_for_assistants(world: World) -> None:
    """Its tool takes the call: what comes back is the verb's own answer. Verbs about secrets take none."""
    for name in VERBS:
        result = call(name, system("test"), {"no such argument": 1})
        words = "no such argument: There is no argument of this name."
        words = "which no assistant gets" if REGISTRY[name].secret else words
        assert result["isError"] and words in result["content"][0]["text"], name


def test_no_two_verbs_share_an_address() -> None:
    found = Counter(where for name in VERBS for where in addresses(name))
    assert found and max(found.values()) == 1
    assert set(VERBS) == {name for name in VERBS if addresses(name)}


@pytest.fixture
def praise() -> Iterator[None]:
    @verb("{by} praised {person}", may="edit")
    def praise_person(by: Actor, person: Person, *, word: str = "well done") -> Person:
        """Praise somebody."""
        change(person, about=word)
        return person

    yield
    del REGISTRY["praise_person"]


def test_a_new_verb_appears_on_every_door(
    praise: None, sam: Api, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert addresses("praise_person") == [("post", f"{BASE}/people/{{id}}/praise")]
    done = sam.post(f"/people/{world.priya.public_id}/praise", {"word": "splendid"})
    assert (done["verb"], done["changed"], done["result"]["about"]) == ("praise_person", True, "splendid")
    assert "praise_person" in [tool["name"] for tool in offered(world.sam.actor("mcp"))]
    assert main(["praise-person", world.priya.public_id]) == 0
    assert "Fairlead praised Priya Raman" in capsys.readouterr().out
