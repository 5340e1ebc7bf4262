"""The command line: who acts, what is typed, what is answered."""

import json

import pytest

from fairlead.cli.do import main
from fairlead.demo.world import World
from fairlead.models import Event, Person


def test_add_as_the_product_and_as_a_user(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name the product acts for the stated cause; with one, that user with that user's rights."""
    assert main(["create-person", "--name", "Åsa Öberg", "--mails", "a@x.example", "--mails", "b@x.example"]) == 0
    out = capsys.readouterr().out
    person = Person.objects.get(name="Åsa Öberg")
    event = Event.objects.order_by("-id")[0]
    assert (event.by_kind, event.by_cause, event.door) == ("system", "command line", "cli")
    assert "Fairlead added Åsa Öberg" in out and f"person {person.public_id}" in out and f"--act {event.act}" in out
    assert [each.address for each in person.mails.all()] == ["a@x.example", "b@x.example"]
    assert main(["undo", "--act", str(event.act)]) == 0
    assert not Person.objects.filter(pk=person.pk).exists()
    assert main(["create-source", "--name", "Podcast", "--by", "sam@northgate.example"]) == 2
    assert "Your role does not allow this" in capsys.readouterr().err


def test_answers_as_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["edit_person", world.priya.public_id, "--title", "CIO", "--address", '{"city": "Leeds"}', "--json"]) == 0
    )
    done = json.loads(capsys.readouterr().out)
    assert (done["verb"], done["changed"], done["result"]["title"]) == ("edit_person", True, "CIO")
    assert main(["edit-person", world.priya.public_id, "--version", "x", "--json"]) == 2
    refused = json.loads(capsys.readouterr().out)
    assert (refused["code"], list(refused["errors"])) == ("invalid", ["version"])


def test_values_as_text(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Dates, amounts and ids are read as such; an empty text takes a link away, and stays a text where text goes."""
    opportunity = world.managed_it.public_id
    assert (
        main(["edit-opportunity", opportunity, "--amount", "1234.50", "--close-on", "2031-01-07", "--person", ""]) == 0
    )
    changed = type(world.managed_it).objects.get(pk=world.managed_it.pk)
    assert (str(changed.amount), str(changed.close_on), changed.person_id) == ("1234.50", "2031-01-07", None)
    assert main(["edit-person", world.priya.public_id, "--title", ""]) == 0
    assert Person.objects.get(pk=world.priya.pk).title == ""
    assert main(["edit-person", world.priya.public_id, "--address", "{"]) == 2
    assert "--address: Write this as a JSON object." in capsys.readouterr().err


def test_what_is_wrong_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["create-person"], "--name: This is needed."),
        (["create-persn"], "Near it: create-person"),
        (["create-person", "--name"], "expected one argument"),
        (["complete-task"], "required"),
        (["complete-task", "zzz"], "No task at this address."),
        (["add-task", "zzz", "--title", "x"], "noun:id"),
        (["create-person", "--name", "x", "--by", "nobody@x.example"], "no active user"),
        (["add-task", f"person:{world.priya.public_id}", "--title", "x"], "Say who is to do it."),
        (["create-token", "--name", "x"], "A token belongs to a user"),
        (["undo", "--act", "x"], "--act:"),
    ):
        assert main(arguments) == 2
        assert words in capsys.readouterr().err


def test_a_secret_is_shown_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create-token", "--name", "sync", "--scopes", "read", "--by", "sam@northgate.example"]) == 0
    assert "secret: fl_" in capsys.readouterr().out


def test_the_list_of_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0 and main(["--help"]) == 0
    assert "log-call" in capsys.readouterr().out
