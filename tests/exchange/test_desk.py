"""A file on its way in: found out, corrected, tried, brought in as a run, gone on with, and taken back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotAllowed, Refused, WrongState
from fairlead.core.outbox import carry_out, claim
from fairlead.core.upload import receive, stored
from fairlead.demo.world import World
from fairlead.exchange.imports.carrying import rejected_file, rows_told, sweep
from fairlead.models import Import, ImportMapping, Person, Run
from fairlead.programs import runs
from fairlead.programs.runs import LEASE
from fairlead.verbs.import_files import (
    archive_mapping,
    create_import,
    drop_import,
    edit_import,
    save_mapping,
    start_import,
    take_back_import,
    try_import,
)
from fairlead.verbs.people import edit_person
from fairlead.verbs.runs import cancel_run

PEOPLE = (
    "First Name,Last Name,Email,Password,Hobby\n"
    "Ann,Lee,ann@x.example,secret,tea\nBob,Ray,bob@x.example,,\nNo,Mail,no address,,\n,,,,chess\n"
)


@pytest.fixture(autouse=True)
def data(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    return tmp_path


@pytest.fixture
def sam(world: World) -> Actor:
    return world.sam.actor("web")


def uploaded(by: Actor, text: str | bytes, name: str = "people.csv", **facts: Any) -> Import:
    raw = text.encode() if isinstance(text, str) else text
    return create_import(by, upload=receive([raw], name, "create_import"), **facts)


def worked_off(run: Run) -> Run:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)
    run.refresh_from_db()
    return run


def again(into: Import) -> Import:
    return Import.objects.select_related("run").get(pk=into.pk)


def means(into: Import) -> dict[str, str]:
    return {each["name"]: each["means"] for each in into.found["columns"]}


def test_from_the_file_to_the_records_and_back(sam: Actor, world: World) -> None:
    into = uploaded(sam, PEOPLE)
    assert means(into) == {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Email": "mail",
        "Password": "",
        "Hobby": "",
    }
    mail, password = into.found["columns"][2:4]
    assert mail["samples"][0] == "ann@x.example" and (password["secret"], password["samples"]) == ("password", [])
    assert (into.kind, into.found["encoding"], into.found["separator"], into.state) == ("person", "utf-8", ",", "draft")
    edit_import(sam, into, columns={"Hobby": "message"})
    assert worked_off(try_import(sam, into)).state == "done"
    into = again(into)
    assert into.tried["counts"] == {"new": 3, "update": 0, "duplicate": 0, "rejected": 1}
    assert [each["name"] for each in rows_told(into, "new", 1, 10)] == ["Bob Ray", "No Mail"]
    run = start_import(sam, into)
    assert start_import(sam, again(into)) == run, "asked for in two tabs it is one run"
    assert worked_off(run).text == "3 added, 0 updated, 0 there already, 1 rejected."
    into = again(into)
    ann = Person.objects.get(name="Ann Lee")
    assert (into.state, ann.about, ann.owner_id) == ("done", "tea", sam.user_id)
    assert "chess" in (text := rejected_file(into).read_text("utf-8-sig")) and "There is no name" in text
    edit_person(sam, ann, title="Buyer")
    assert worked_off(take_back_import(sam, into)).text == "The import is taken back. 1 changed since and stayed."
    into = again(into)
    assert into.state == "back" and "Ann Lee" in into.kept[0]
    assert Person.objects.filter(name__in=["Ann Lee", "Bob Ray", "No Mail"]).get() == ann


def test_days_that_can_be_read_both_ways_are_asked_for(sam: Actor, world: World) -> None:
    into = uploaded(sam, "Name,Email,Created Date\nAnn,ann@x.example,03/04/2024\nBob,bob@x.example,05/06/2024\n")
    assert into.found["unclear"] == ["Created Date"]
    for verb in (try_import, start_import):
        with pytest.raises(Invalid, match="day or the month comes first in “Created Date”"):
            verb(sam, into)
    edit_import(sam, into, dates="dmy")
    assert again(into).found["unclear"] == [] and try_import(sam, again(into)).kind == "try"
    proven = uploaded(sam, "Name,Email,Created Date\nAnn,ann@x.example,23/04/2024\nBob,bob@x.example,05/06/2024\n")
    assert proven.found["unclear"] == [] and proven.found["columns"][2]["dates"] == "dmy"


def test_a_saved_mapping_is_used_by_the_next_file_with_its_header(sam: Actor, world: World) -> None:
    first = uploaded(sam, PEOPLE)
    edit_import(sam, first, columns={"Hobby": "tags", "#4": "message"}, mode="create_and_update", match=["phone"])
    saved = save_mapping(sam, again(first), name="From the fair")
    second = uploaded(sam, "hobby,Email,last name,First Name,Password\nchess,z@x.example,Zed,Zoe,x\n")
    assert second.mapping == saved and second.mode == "create_and_update"
    assert means(second)["hobby"] == "tags" and means(second)["Password"] == "message"
    lena = world.lena.actor("web")
    assert uploaded(lena, PEOPLE).mapping is None, "it is personal"
    save_mapping(sam, again(first), name="from the fair", shared="everyone")
    assert uploaded(lena, PEOPLE).mapping == saved and ImportMapping.objects.count() == 1
    archive_mapping(sam, ImportMapping.objects.get())
    assert uploaded(sam, PEOPLE).mapping is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!doctype html><html><body>Login</body></html>", "This is a web page"),
        (b"\x00" * 5000, "full of zero bytes"),
        (b"%PDF-1.7", "This is a PDF file"),
        (b"PK\x03\x04" + b"x" * 100, "This workbook is damaged"),
        (b"\n\n\n", "nothing in this file but blank rows"),
        (",".join(f"c{n}" for n in range(100_000)).encode() + b"\n1\n", "This file has 100,000 columns"),
    ],
)
def test_what_is_no_table_is_named_and_not_kept(
    content: bytes, words: str, sam: Actor, world: World, data: Path
) -> None:
    upload = receive([content], "people.csv", "create_import")
    with pytest.raises(Refused, match=words):
        create_import(sam, upload=upload)
    upload.let_go()
    assert [path for path in data.rglob("*") if path.is_file()] == [] and not Import.objects.exists()


def test_a_cell_too_long_and_a_zero_byte_reject_their_rows_alone(sam: Actor, world: World) -> None:
    into = uploaded(sam, f"Name,Email\nAnn,ann@x.example\n{'x' * 4_000_000},b@x.example\nN\x00ul,n@x.example\n")
    run = worked_off(start_import(sam, into))
    assert (run.state, run.text) == ("done", "1 added, 0 updated, 0 there already, 2 rejected.")
    assert "longer than" in rejected_file(again(into)).read_text("utf-8-sig")


def test_cancelled_it_keeps_what_is_in_and_goes_on(sam: Actor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.exchange.imports.bring_in.BATCH", 5)
    monkeypatch.setattr(runs, "EVERY", 0)
    into = uploaded(sam, "Name,Email\n" + "".join(f"Person {n},p{n}@x.example\n" for n in range(12)) + ",\n")
    run = start_import(sam, into)
    at = runs.Running.at

    def cancelling(self: Any, done: int, *args: Any, **more: Any) -> None:
        if done == 5:
            cancel_run(sam, Run.objects.get(pk=self.run.pk))
        at(self, done, *args, **more)

    monkeypatch.setattr(runs.Running, "at", cancelling)
    assert worked_off(run).state == "cancelled" and "is kept" in run.text
    assert Person.objects.filter(name__startswith="Person ").count() == 5 and again(into).state == "begun"
    monkeypatch.setattr(runs.Running, "at", at)
    second = start_import(sam, again(into))
    assert second != run and worked_off(second).text == "12 added, 0 updated, 0 there already, 0 rejected."
    assert Person.objects.filter(name__startswith="Person ").count() == 12
    with pytest.raises(WrongState, match="has begun"):
        edit_import(sam, again(into), mode="update")


def test_what_is_not_allowed_or_not_there(sam: Actor, world: World, data: Path) -> None:
    into = uploaded(sam, PEOPLE)
    with pytest.raises(Invalid, match="There is no column “Nope”"):
        edit_import(sam, into, columns={"Nope": "name"})
    with pytest.raises(Invalid, match="No column can mean “nonsense”"):
        edit_import(sam, into, columns={"Hobby": "nonsense"})
    with pytest.raises(Invalid, match="Nobody knows the encoding"):
        edit_import(sam, into, encoding="klingon")
    with pytest.raises(WrongState, match="nothing to take back"):
        take_back_import(sam, into)
    assert not Import.objects.visible_to(world.lena.actor("web")).filter(pk=into.pk).exists()
    edit_import(sam, into, columns=dict.fromkeys(means(into), ""))
    with pytest.raises(Invalid, match="Say which column is the name"):
        start_import(sam, again(into))
    drop_import(sam, again(into))
    with pytest.raises(WrongState, match="not kept any more"):
        try_import(sam, again(into))
    reader = Actor(kind="user", door="web", label="x", user_id=world.sam.pk, grants={"*": {"see": "all"}})
    with pytest.raises(NotAllowed, match="does not allow imports"):
        uploaded(reader, PEOPLE)
    assert stored(into.stored_as).is_file() and sweep() == 1 and not stored(into.stored_as).exists()


def test_files_left_alone_are_removed(sam: Actor, world: World) -> None:
    left, done = uploaded(sam, PEOPLE), uploaded(sam, PEOPLE.replace("Ann", "Amy"))
    worked_off(start_import(sam, done))
    assert sweep() == 0
    with clock.at(clock.now() + timedelta(days=8)):
        assert sweep() == 1
    assert again(left).archived_at is not None and not stored(left.stored_as).exists()
    assert stored(done.stored_as).exists() and rejected_file(again(done)).exists()
    with clock.at(clock.now() + timedelta(days=91)):
        assert sweep() == 1
    assert not again(done).folder.exists() and again(done).state == "done"
