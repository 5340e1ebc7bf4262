"""An export edited in a spreadsheet and brought in again; custom fields of files, with the choices they lack."""

from pathlib import Path
from typing import Any

import pytest
import python_calamine as calamine
from django.conf import LazySettings

from fairlead.core.actor import Actor, system
from fairlead.core.errors import Refused
from fairlead.core.outbox import carry_out, claim
from fairlead.core.upload import receive
from fairlead.demo.world import World
from fairlead.exchange.imports.carrying import rejected_file
from fairlead.exchange.tables import Csv, Dialect, Xlsx
from fairlead.models import (
    Company,
    CustomField,
    Event,
    ExactKey,
    Import,
    Lead,
    MailAddress,
    Opportunity,
    Person,
    PhoneNumber,
    PostalAddress,
    Run,
    Task,
)
from fairlead.programs.runs import LEASE
from fairlead.verbs.custom import create_field
from fairlead.verbs.import_files import create_import, edit_import, start_import, take_back_import, try_import
from fairlead.verbs.import_reach import edited
from fairlead.verbs.import_records import import_records
from fairlead.verbs.people import edit_person
from fairlead.verbs.runs import export_list

NOUNS: dict[str, Any] = {"person": Person, "company": Company, "lead": Lead, "opportunity": Opportunity, "task": Task}


@pytest.fixture(autouse=True)
def data(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    return tmp_path


def worked_off(run: Run) -> Run:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)
    run.refresh_from_db()
    assert run.state == "done", run.text
    return run


def exported(by: Actor, noun: Any, kind: Any = "xlsx") -> list[list[Any]]:
    run = worked_off(export_list(by, noun=noun, format=kind, columns="all", separator="comma"))
    if kind == "csv":
        import csv

        return list(csv.reader(run.path.read_text("utf-8-sig").splitlines()))
    return calamine.load_workbook(str(run.path)).get_sheet_by_index(0).to_python()


def written(lines: list[list[Any]], path: Path) -> Path:
    table: Any = Xlsx(path, "People", path.parent) if path.suffix == ".xlsx" else Csv(path, Dialect())
    for line in lines:
        table.write(line)
    table.close()
    return path


def brought(by: Actor, path: Path, **wishes: Any) -> Import:
    into = create_import(by, upload=receive([path.read_bytes()], path.name, "create_import"))
    if wishes:
        into = edit_import(by, into, **wishes)
    worked_off(start_import(by, into))
    return Import.objects.get(pk=into.pk)


def state(noun: str) -> list[Any]:
    """What every record says, but for what counts changes."""
    fields = [each.attname for each in NOUNS[noun]._meta.concrete_fields if each.name not in ("version", "updated_at")]
    return list(NOUNS[noun]._base_manager.order_by("pk").values_list(*fields))


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("kind", ["csv", pytest.param("xlsx", marks=pytest.mark.load)])
def test_what_was_not_edited_stays_as_it_was(noun: str, kind: str, world: World, data: Path) -> None:
    """As CSV; as XLSX, which the next test reads too, in the load tests."""
    by = world.admin.actor("web")
    before, lines = state(noun), exported(by, noun, kind)
    into = brought(by, written(lines, data / f"again.{kind}"), noun=noun, mode="update")
    assert into.found["columns"][0]["means"] == "record"
    assert (into.counts["updated"], into.counts["refused"], state(noun)) == (0, 0, before)


def test_only_what_was_edited_changes_and_goes_back(world: World, data: Path) -> None:
    by = world.admin.actor("web")
    create_field(system("test"), noun="person", name="Shoe size", kind="number")
    edit_person(by, world.priya, about="Old words", custom={"shoe_size": "42"})
    before, lines = state("person"), exported(by, "person")
    head = lines[0]
    mine = next(line for line in lines if line[0] == world.priya.public_id)
    for name, value in (("name", "Priya R."), ("about", "New words"), ("x.shoe_size", "43"), ("title", "Boss")):
        mine[head.index(name)] = value
    into = brought(by, written([head, *lines[1:]], data / "edited.xlsx"), mode="update")
    priya = Person.objects.get(pk=world.priya.pk)
    assert into.counts["updated"] == 1 and (priya.name, priya.about, priya.title) == ("Priya R.", "New words", "Boss")
    assert priya.custom == {"shoe_size": 43_000_000} and priya.company_id == world.priya.company_id
    told = Event.objects.filter(act__in=into.batches.values("act"))
    changed = {name for event in told for change in event.changes if change[0] == "person" for name in change[3]}
    assert changed == {"name", "about", "title", "x.shoe_size"}
    worked_off(take_back_import(by, into))
    assert state("person") == before


def reach() -> list[Any]:
    """All addresses, numbers and what records are found by."""
    found = [sorted(model.objects.values_list()) for model in (MailAddress, PhoneNumber, PostalAddress)]
    return [*found, sorted(ExactKey.objects.values_list("kind", "value", "noun", "record_id"))]


def test_an_edited_address_takes_the_place_of_what_it_was_and_loses_no_other(world: World, data: Path) -> None:
    by = world.admin.actor("web")
    place: Any = {"street": "1 Old Road", "city": "Leeds", "country": "GB"}
    mails, phones = ["priya@old.example", "home@priya.example"], ["+44 113 496 0001", "+44 113 496 0002", "lobby 9"]
    edit_person(by, world.priya, mails=mails, phones=phones, address=place)
    lines = exported(by, "person")
    edit_person(by, world.priya, mails=[*mails, "came@later.example"])
    before, head = reach(), lines[0]
    mine = next(line for line in lines if line[0] == world.priya.public_id)
    mine[head.index("mail")] = "priya@new.example; home@priya.example"
    mine[head.index("phone")] = "+44 113 496 0001; +44 113 496 0099; lobby 9; +44 113 496 0003"
    mine[head.index("city")] = "York"
    into = brought(by, written([head, *lines[1:]], data / "edited.xlsx"), mode="update")
    priya = Person.objects.get(pk=world.priya.pk)
    assert into.counts["updated"] == 1
    wanted = ["priya@new.example", "home@priya.example", "came@later.example"]
    assert [each.address for each in priya.mails.all()] == wanted
    wanted = ["+44 113 496 0001", "+44 113 496 0099", "lobby 9", "+44 113 496 0003"]
    assert [each.typed for each in priya.phones.all()] == wanted
    assert [str(each) for each in priya.addresses.all()] == ["1 Old Road, York, GB"]
    found = set(ExactKey.objects.filter(noun="person", record_id=priya.pk).values_list("value", flat=True))
    assert {"priya@new.example", "+441134960099"} <= found and "priya@old.example" not in found
    worked_off(take_back_import(by, into))
    assert reach() == before


@pytest.mark.parametrize(
    ("held", "said", "became"),
    [
        (["a"], ["b"], [(0, 0)]),
        (["a", "b"], ["c"], []),  # one was taken out and one edited, and nobody can tell which
        (["a", "b"], ["b", "a"], []),
        (["a"], ["b", "c"], [(0, 0)]),
        (["a", "b", "c"], ["a", "d"], []),
        (["a", "b"], ["a", "c", "d"], [(1, 1)]),
        ([], ["a"], []),
    ],
)
def test_what_became_of_what(held: list[str], said: list[str], became: list[tuple[int, int]]) -> None:
    assert list(edited(held, said)) == became


def test_custom_fields_of_a_file(world: World, data: Path) -> None:
    by = system("test")
    create_field(by, noun="person", name="Tier", kind="choice", choices=["Gold", "Silver"])
    create_field(by, noun="person", name="Since", kind="date")
    create_field(by, noun="person", name="Weight", kind="number")
    lines = [["Name", "Tier", "Since", "Weight", "VIP code"], ["Ann Lee", "gold", "24/02/2024", "1.234,5", "a"]]
    lines += [["Bob Ray", "Bronze", "", "", ""], ["Cy Dee", "", "", "heavy", ""], ["Dan Ott", "", "25/02/2024", "", ""]]
    path, admin = written(lines, data / "custom.csv"), world.admin.actor("web")
    into = brought(admin, path, decimal=",")
    assert {each["name"]: each["means"] for each in into.found["columns"]}["Tier"] == "x.tier"
    assert Person.objects.get(name="Ann Lee").custom == {"tier": "gold", "since": "2024-02-24", "weight": 1_234_500_000}
    reasons = rejected_file(into).read_text("utf-8-sig")
    assert into.counts["refused"] == 2 and "“Bronze” is no choice of Tier." in reasons
    assert "Weight cannot be “heavy”." in reasons
    second = create_import(admin, upload=receive([path.read_bytes()], path.name))
    edit_import(admin, second, decimal=",", unknown="create")
    worked_off(try_import(admin, second))
    assert Import.objects.get(pk=second.pk).tried["counts"]["rejected"] == 1
    worked_off(start_import(admin, Import.objects.get(pk=second.pk)))
    tier = CustomField.objects.get(key="tier")
    assert [each["name"] for each in tier.choices] == ["Gold", "Silver", "Bronze"]
    assert tier.choice_name(Person.objects.get(name="Bob Ray").custom["tier"]) == "Bronze"


def test_rows_of_programs_with_custom_values(world: World) -> None:
    create_field(system("test"), noun="person", name="Tier", kind="choice", choices=["Gold"])
    rows: Any = [
        {"row": 1, "name": "Ann Lee", "custom": {"tier": "Gold"}},
        {"row": 2, "name": "Bob Ray", "custom": {"tier": "Lead"}},
        {"row": 3, "name": "Cy Dee", "custom": {"nope": "x"}},
        {"row": 4, "name": "Priya R.", "record": world.priya.public_id},
        {"row": 5, "name": "Nobody", "record": "zzzzzzzzzz"},
    ]
    done = import_records(world.admin.actor("api"), noun="person", rows=rows, mode="update")
    assert done["updated"] == 1 and {each["row"] for each in done["refused"]} == {1, 2, 3, 5}
    sam = world.sam.actor("api")
    made = import_records(sam, noun="person", rows=rows[:3], mode="create", unknown="create")
    assert made["made"] == 1 and [each["row"] for each in made["refused"]] == [2, 3]
    with pytest.raises(Refused):
        import_records(sam, noun="person", rows=[], mode="create")
