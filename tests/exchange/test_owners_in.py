"""Owners that a file names: found by mail address or name; those nobody knows here, as its importer says."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from fairlead.core.actor import Actor, system
from fairlead.core.upload import receive
from fairlead.demo.world import World
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.models import Import, Lead, Person, Task
from fairlead.verbs.import_files import create_import, edit_import, try_import
from fairlead.verbs.import_records import import_records
from fairlead.verbs.roles import create_role
from fairlead.verbs.users import invite_user
from tests.exchange.test_bring_in import brought
from tests.exchange.test_round_trip import worked_off


def leads(world: World) -> str:
    return (
        "Name,Email,Lead Status,Owner,Owner Email\n"
        f"Ann,ann@x.example,New,{world.mira.name.upper()},\n"
        f"Bob,bob@x.example,New,{world.mira.name},gone@x.example\n"
        "Cy,cy@x.example,New,Eve Gone,\n"
        "Dee,dee@x.example,New,,\n"
    )


def owners() -> dict[str, Any]:
    return dict(Lead.objects.filter(email__endswith="@x.example").values_list("name", "owner__name"))


@pytest.mark.parametrize("unknown", ["mine", "nobody", "refuse"])
def test_rows_of_owners_whom_nobody_knows(unknown: Any, world: World, tmp_path: Path) -> None:
    sam = world.sam.actor("web")
    wishes = Wishes("leads", unknown_owner=unknown)
    path = tmp_path / "file.csv"
    path.write_text(leads(world))
    dry = {each.draft.label: each for each in plan(sam, path, wishes).verdicts(path)}
    outcome = brought(tmp_path, leads(world), wishes, sam)
    wanted: dict[str, Any] = {"Ann": world.mira.name, "Bob": world.mira.name, "Dee": world.sam.name}
    wanted |= {"mine": {"Cy": world.sam.name}, "nobody": {"Cy": None}, "refuse": {}}[unknown]
    assert owners() == wanted
    reasons = ["Nobody here is called “Eve Gone”."]
    assert [reason for _draft, reason in outcome.rejected] == (reasons if unknown == "refuse" else [])
    said = {"mine": [*reasons, "It becomes yours."], "nobody": [*reasons, "Nobody will own it."], "refuse": reasons}
    assert (dry["Cy"].outcome, [*dry["Cy"].reasons]) == ("rejected" if unknown == "refuse" else "new", said[unknown])
    assert {dry[name].outcome for name in ("Ann", "Bob", "Dee")} == {"new"} and not dry["Bob"].reasons
    again = brought(tmp_path, leads(world), Wishes("leads", mode="create_and_update", unknown_owner=unknown), sam)
    assert again.counts["made"] == 0 and owners() == wanted, "nobody loses what they own"


def test_a_task_is_somebodys(world: World) -> None:
    rows: Any = [{"row": 1, "title": "Ring", "mails": [world.priya.mails.all()[0].address], "owner": "Eve Gone"}]
    for unknown, made in (("nobody", 0), ("refuse", 0), ("mine", 1)):
        by: Any = world.sam.actor("api")
        done = import_records(by, noun="task", rows=rows, unknown_owner=unknown)  # type: ignore[arg-type]
        assert (done["made"], len(done["refused"])) == (made, 1 - made)
    assert Task.objects.get(title="Ring").assignee == world.sam


def test_who_may_not_give_records_to_others_gives_none_by_a_file(world: World) -> None:
    rights: Any = {"*": {"see": "all", "create": "all", "edit": "all", "undo": "own"}}
    role = create_role(system("test"), name="Typist", grants=rights)
    typist = invite_user(system("test"), name="Ty Pist", email="ty@x.example", role=role).actor("api")
    rows: Any = [{"row": 1, "name": "Ann Lee", "owner": world.mira.name}, {"row": 2, "name": "Bo", "owner": "Ty Pist"}]
    done = import_records(typist, noun="person", rows=rows, unknown_owner="refuse")
    assert [each["reason"] for each in done["refused"]] == [f"You may not give records to “{world.mira.name}”."]
    assert Person.objects.get(name="Bo").owner_id == typist.user_id and done["made"] == 1
    rows = [{"row": 1, "name": "Priya R.", "record": world.priya.public_id, "owner": "Ty Pist"}]
    done = import_records(typist, noun="person", rows=rows, mode="update")
    assert [each["reason"] for each in done["refused"]] == ["You may not give this record to others."]
    assert Person.objects.get(pk=world.priya.pk).name == world.priya.name


def test_a_name_that_two_have_says_nothing(world: World) -> None:
    invite_user(system("test"), name=world.mira.name, email="other@x.example", role=world.mira.role)
    rows: Any = [
        {"row": 1, "name": "Ann Lee", "owner": world.mira.name},
        {"row": 2, "name": "Bo", "owner": "Other@x.example"},
    ]
    done = import_records(system("test"), noun="person", rows=rows, unknown_owner="refuse")
    assert [each["row"] for each in done["refused"]] == [1]
    assert Person.objects.get(name="Bo").owner.email == "other@x.example"  # type: ignore[union-attr]


def test_the_dry_run_counts_them(world: World, tmp_path: Path, settings: LazySettings) -> None:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    sam: Actor = world.sam.actor("web")
    into = create_import(sam, upload=receive([leads(world).encode()], "leads.csv", "create_import"))
    edit_import(sam, into, unknown_owner="refuse")
    worked_off(try_import(sam, Import.objects.get(pk=into.pk)))
    tried = Import.objects.get(pk=into.pk).tried
    assert tried["strangers"] == [["Eve Gone", 1]] and tried["counts"]["rejected"] == 1
