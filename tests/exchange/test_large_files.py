"""Large files: read by other processes, written in bulk, and found like anything else."""

import errno
import io
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import phonenumbers
import pytest
from django.db import connection
from email_validator import EmailNotValidError, validate_email

from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.exchange.imports import pieces
from fairlead.exchange.imports.bring_in import begin, bring_in
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.exchange.imports.seen import Seen
from fairlead.exchange.reading import Choices, Unreadable, look, sheets, workbook
from fairlead.exchange.reading import rows as lines_of
from fairlead.exchange.tables import Xlsx
from fairlead.models import Company, ExactKey, Person, SearchRow, plain
from fairlead.models.index import reindex
from fairlead.models.search import search
from fairlead.verbs.import_records import undo_import

BY = system("test")
HEAD = "Id,First Name,Last Name,Email,Phone,Mobile,Company,City,Tags,Lead Source\n"


def rows(count: int) -> str:
    return HEAD + "".join(
        f"A{n},Søren{n},Müller-{n % 7},p{n}@firm{n % 5}.example,020 7946 {n:04},+44 7700 900{n % 1000:03},"
        f"Acme Ärzte {n % 9},Leeds,vip,Fair\n"
        for n in range(count)
    )


def looked_up_by() -> dict[str, Any]:
    found: dict[str, Any] = {
        "keys": sorted(ExactKey.objects.values_list("noun", "record_id", "kind", "value")),
        "texts": sorted(SearchRow.objects.values_list("noun", "record_id", "text", "contact", "linked")),
    }
    if connection.vendor == "postgresql":
        found["terms"] = sorted(SearchRow.objects.values_list("noun", "record_id", "terms"))
    return found


@pytest.mark.processes
def test_other_processes_read_what_this_one_would(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.csv"
    path.write_text(rows(2_300) + "A1,Again,One,,,,,,,\n,,,no mail,,,,,,\nTotal,2302,,,,,,,,\n", encoding="utf-8")

    def tried() -> list[tuple[Any, ...]]:
        trial = plan(BY, path, Wishes(noun="people"))
        found = [(each.draft.number, each.draft.facts, each.outcome, [*each.reasons]) for each in trial.verdicts(path)]
        return [*found, (trial.left_out, trial.counts)]

    alone = tried()
    monkeypatch.setattr(pieces, "LARGE", 0)
    assert tried() == alone and alone[-1][1] == {"new": 2_300, "duplicate": 1, "rejected": 1}
    trial = plan(BY, path, Wishes(noun="people"))
    outcome = bring_in(BY, begin(BY, trial, path.name), trial, path)
    assert outcome.counts == {"made": 2_300, "there": 1, "updated": 0, "refused": 1}


def test_many_rows_are_written_at_once_and_found_at_once(world: World, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(rows(120), encoding="utf-8")
    before, people = looked_up_by(), Person.objects.count()
    trial = plan(BY, path, Wishes(noun="people"))
    into = begin(BY, trial, path.name)
    outcome = bring_in(BY, into, trial, path)
    assert outcome.counts["made"] == 120 and Person.objects.count() == people + 120
    after = looked_up_by()
    reindex(Person, Person.objects.values_list("pk", flat=True))
    reindex(Company, Company.objects.values_list("pk", flat=True))
    assert looked_up_by() == after
    assert [str(each) for each in search(BY, "søren77")] == ["Søren77 Müller-0"]
    assert {str(each) for each in search(BY, "p77@firm2", kinds=["person"])} == {"Søren77 Müller-0"}
    assert len(search(BY, "0077 ärzte", kinds=["person"])) == 1 == len(search(BY, "mueller-0 0077", kinds=["person"]))
    assert not undo_import(BY, into).kept and looked_up_by() == before and Person.objects.count() == people


def test_the_short_way_to_a_normal_form_ends_where_the_long_one_does() -> None:
    dice, quick = random.Random(5), 0
    for _turn in range(4_000):
        region = dice.choice(["GB", "DE", "US", "IT", "FR", "MX", "RU", "AR", "BR", ""])
        text = dice.choice(["+44", "+39 0", "0", "00", "8", "1", "+1 ", "(0", "49", "+4930"]) + "".join(
            dice.choice("0123456789 -.)") for _ in range(dice.randrange(5, 14))
        )
        found = plain.phone(text, region)
        quick += found is not None
        assert found is None or found == long_phone(text, region), (text, region)
    for _turn in range(2_000):
        text = "".join(dice.choice("aZ9._+-") for _ in range(dice.randrange(1, 6))) + dice.choice(
            [
                "@x.example",
                "@a-b.co.uk",
                "@a--b.com",
                "@-a.com",
                "@x.test",
                "@x.localhost",
                "@xn--p1ai.com",
                "@1.2",
                "@a.b-",
            ]
        )
        mail = plain.mail(text)
        quick += bool(mail)
        assert not mail or mail == long_mail(text), text
    assert quick > 2_000


def test_what_was_seen_is_known_by_row() -> None:
    seen = Seen()
    for row in range(1, 10_000):
        seen.add(
            row, f"Name {row}", f"A{row}" if row % 2 else "", [("id", f"A{row}"), ("mail", f"{row // 2}@x.example")]
        )
    assert seen.row(("id", "A77")) == 77 and seen.told(77) == ("Name 77", "A77") and seen.told(78) == ("Name 78", "")
    assert seen.row(("mail", "50@x.example")) == 100 and seen.row(("id", "B1")) == 0


def long_phone(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if possible else ""


def long_mail(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        return ""


def test_a_workbook_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Looking at it, trying it and bringing it in read the rows that were written out, until it is forgotten."""
    settings.DATA = tmp_path / "data"
    path, unpacked, unpack = tmp_path / "book.xlsx", list[str](), sheets._unpack
    book = Xlsx(path, "People", tmp_path)
    for line in (["Name", "Email", "Phone"], ["Ann", "ann@x.example"], ["Bo", "bo@x.example", "1"]):
        book.write(line)
    book.close()
    monkeypatch.setattr(sheets, "_unpack", lambda *what: (unpacked.append(what[1]), unpack(*what)))
    found = look(path)
    assert [line.cells for line in lines_of(path, found)] == [["Ann", "ann@x.example", ""], ["Bo", "bo@x.example", "1"]]
    assert look(path, Choices(sheet="People")).names == ["Name", "Email", "Phone"] and unpacked == [""]
    sheets.forget_rows(path)
    assert not list((tmp_path / "data/.sheets").iterdir())
    assert look(path).sheets == ["People"] and unpacked == ["", ""]
    monkeypatch.setattr(sheets, "KEPT", -1)
    assert sheets.sweep_rows() == 2 and not list((tmp_path / "data/.sheets").iterdir())


@pytest.mark.parametrize(("why", "text"), [(errno.ENOSPC, "no room on the disk"), (errno.EFBIG, "too large")])
def test_rows_that_cannot_be_written_out(
    why: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DATA, refusal = tmp_path / "data", io.StringIO()
    monkeypatch.setattr(refusal, "write", Mock(side_effect=OSError(why, "")))
    monkeypatch.setattr(sys, "stdout", refusal)
    code = workbook._write_all([], None)
    assert text in sheets._refusal(code).text
    monkeypatch.setattr(sheets.subprocess, "run", lambda *_args, **_facts: SimpleNamespace(returncode=code))
    (tmp_path / "book.xlsx").touch()
    with pytest.raises(Unreadable, match=text):
        list(sheets.sheet_rows(tmp_path / "book.xlsx"))
    assert not list((tmp_path / "data/.sheets").iterdir())
