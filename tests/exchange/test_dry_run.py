"""What columns mean, and what a dry run says about every row, through the command as well."""

import json
from pathlib import Path

import pytest

from fairlead.__main__ import main
from fairlead.core.actor import system
from fairlead.core.errors import Invalid
from fairlead.demo.world import World
from fairlead.exchange.imports.countries import country_code
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.exchange.imports.trial import Trial, told
from fairlead.exchange.mapping.words import meant, secret
from fairlead.models import Event, Person, names

BY = system("test")


def trial(tmp_path: Path, text: str, wishes: Wishes | None = None) -> tuple[Trial, list[dict]]:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    planned = plan(BY, path, wishes)
    return planned, [told(verdict) | {"facts": verdict.draft.facts} for verdict in planned.verdicts(path)]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("FirstName", "first_name"), ("E-mail 1 - Value", "mail"), ("Vorname", "first_name"), ("PLZ", "postal_code"),
        ("Phone 2", "phone"), ("Mailing Zip/Postal Code", ""), ("Associated Company", "company"),
        ("E-mail Adresse", "mail"),
        ("Create Date", "created_at"), ("Rating__c", "rating"), ("Organization Name", "company"), ("氏名", "name"),
        ("HasOptedOutOfEmail", "mail_opt_out"), ("Prénom", "first_name"), ("Connected On", "connected_on"), ("Foo", ""),
    ],
)  # fmt: skip
def test_names_of_columns_elsewhere(name: str, meaning: str) -> None:
    assert meant(name) == meaning


def test_columns_that_hold_secrets_are_left_out_unless_chosen(world: World, tmp_path: Path) -> None:
    assert [secret(each) for each in ("Passwort", "User Password", "Credit card number", "SSN", "Passage")] == [
        "password", "password", "card", "national_id", "",
    ]  # fmt: skip
    text = "Name,Password,SSN\nAnn,secret1,123\n"
    planned, rows = trial(tmp_path, text)
    assert planned.guessed.secrets == {1: "password", 2: "national_id"}
    assert "secret1" not in json.dumps(rows)
    _chosen, rows = trial(tmp_path, text, Wishes(columns={"SSN": "message"}))
    assert rows[0]["facts"]["message"] == "123"
    with pytest.raises(Invalid, match="no column"):
        trial(tmp_path, text, Wishes(columns={"Nope": "name"}))


def test_what_becomes_of_every_row(world: World, tmp_path: Path) -> None:
    address = world.priya.mails.all()[0].address
    text = (
        "First Name,Last Name,Email,Phone,Country,Birthday\n"
        f"Priya,Anyhow,{address.upper()},,,\n"
        "Ann,Lee,ann@x.example,(020) 7946 0182,Deutschland,1980-02-01\n"
        "ANN,LEE,Ann@X.example,,,\n"
        "Bob,Ray,ann@x.example,,,\n"
        ",,,,,\n"
        ",,,,Germany,\n"
        "Cy,Dee,not an address,,Atlantis,someday\n"
    )
    planned, rows = trial(tmp_path, text)
    assert planned.guessed.noun == "people"
    assert [row["outcome"] for row in rows] == ["duplicate", "new", "duplicate", "rejected", "rejected", "new"]
    assert rows[1]["facts"]["name"] == "Ann Lee" and rows[1]["facts"]["country"] == "DE"
    assert rows[2]["reasons"] == ["The same as row 2 (Ann@X.example)."]
    assert rows[3]["reasons"] == ["ann@x.example is the address of Ann Lee in row 2."]
    assert rows[4]["reasons"] == ["There is no name, e-mail address or phone number in this row."]
    assert len(rows[5]["reasons"]) == 3 and rows[5]["facts"]["odd_mails"] == ["not an address"]
    updating, rows = trial(tmp_path, text, Wishes(mode="update"))
    assert [row["outcome"] for row in rows[:2]] == ["update", "rejected"]
    assert updating.counts == {"update": 1, "duplicate": 1, "rejected": 4}


def test_leads_with_ids_of_their_own_may_share_an_address(world: World, tmp_path: Path) -> None:
    rows = ("00Q1,Ann Lee,a@x.example,New", "00Q2,Ann Lee,a@x.example,New", "00Q1,Ann Lee,b@x.example,New")
    text = "\n".join(["Id,Name,Email,Lead Status", *rows])
    planned, found = trial(tmp_path, text)
    assert planned.guessed.noun == "leads"
    assert [row["outcome"] for row in found] == ["new", "new", "duplicate"]
    assert found[1]["reasons"] == ["May be the same as row 1 (a@x.example)."]


def test_a_file_that_names_nobody_asks_for_a_column(world: World, tmp_path: Path) -> None:
    planned, _rows = trial(tmp_path, "Foo,Bar\n1,2\n")
    assert planned.drafting.missing() == "Say which column is the name, the e-mail address or the phone number."
    chosen, rows = trial(tmp_path, "Foo,Bar\n1,2\n", Wishes(columns={"Foo": "name"}))
    assert (chosen.drafting.missing(), rows[0]["name"]) == ("", "1")


def test_names_are_proposed_never_forced() -> None:
    assert names.split("Lee, Ann B., Jr.") == names.Parts("Ann", "B.", "Lee", "", "Jr.", "")
    assert names.split("Dr. Ludwig van Beethoven").last == "van Beethoven"
    assert names.split("Dhabaleswar K (DK) Panda").nickname == "DK"
    assert names.split("Michio Yamaguchi, AIA, CSI") == names.Parts("Michio", "", "Yamaguchi", "", "AIA CSI", "")
    assert names.split("Garcia Lopez, JM").first == "JM"
    abroad = names.split("アルベルト・アインシュタイン")
    assert abroad.last == "アインシュタイン" and names.joined(abroad) == "アルベルト・アインシュタイン"
    assert (names.split("Madonna").first, names.call_name("Madonna"), names.call_name("Ann Lee")) == (
        "Madonna",
        "",
        "Ann",
    )
    assert names.joined(names.Parts("一郎", "", "安藤")) == "安藤一郎"


def test_countries_as_people_write_them() -> None:
    written = ("de", "Deutschland", "Allemagne", "U.S.A.", "日本", "Great Britain", "Atlantis")
    assert [country_code(each) for each in written] == ["DE", "DE", "DE", "US", "JP", "GB", ""]


def test_the_command_changes_nothing(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fair.csv"
    path.write_text("Name;E-Mail;Passwort\nAnn Lee;a@x.example;hush\n;;\n", encoding="utf-8")
    before = (Person.objects.count(), Event.objects.count())
    assert main(["import", str(path), "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"new": 1, "update": 0, "duplicate": 0, "rejected": 0}
    assert [column["means"] for column in said["columns"]] == ["name", "mail", ""]
    assert main(["import", str(path), "--dry-run", "--as", "leads"]) == 0
    told_so = capsys.readouterr().out
    assert "read as leads. Nothing was changed." in told_so and "it holds a secret (password)" in told_so
    assert (Person.objects.count(), Event.objects.count()) == before
    path.write_bytes(b"%PDF-1.4")
    assert main(["import", str(path), "--dry-run"]) == 2
    assert "This is a PDF file" in capsys.readouterr().err
