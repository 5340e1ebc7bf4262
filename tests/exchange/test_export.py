"""Exports: exactly the rows and columns that the list shows and the role lets out, safe to open, read back the same."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from babel import Locale
from django.test import Client
from python_calamine import CalamineWorkbook

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.changes import change, create
from fairlead.core.errors import BadRequest, NotAllowed
from fairlead.core.outbox import carry_out, claim
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.exchange import tables
from fairlead.exchange.tables import LONGEST, Csv, Xlsx, dialect
from fairlead.models import Event, ExternalId, Lead, Person, Role, Run, User
from fairlead.programs.runs import LEASE, sweep
from fairlead.verbs.custom import create_field
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.runs import export_list
from fairlead.verbs.suppressions import suppress
from fairlead.verbs.users import change_role
from tests.core.conftest import aside

BOSS = system("test")
HOSTILE = ["=1+1", "+44 20 7946 0000", "-2", "@SUM(A1)", "\t=1", " =1", "＝1", "https://example.com/", "mailto:a@b.c"]


def worked_off() -> None:
    """What the worker does beside the outbox."""
    while rows := claim("worker", most=1, lease=LEASE, long=True):
        carry_out(rows[0], LEASE)


def exported(user: User, **asks: Any) -> Run:
    run = export_list(user.actor("web"), **asks)
    worked_off()
    run.refresh_from_db()
    return run


def lines(run: Run, separator: str = ",") -> list[list[str]]:
    assert run.state == "done", run.text
    return list(csv.reader(io.StringIO(run.path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=separator))


def sheet(run: Run) -> list[list[Any]]:
    assert run.state == "done", run.text
    return CalamineWorkbook.from_path(str(run.path)).get_sheet_by_index(0).to_python()


def limit(user: Any, **nouns: Any) -> None:
    with writing():
        role = Role.objects.create(name="Narrow", grants={"*": {}, "organisation": {"see": "all"}} | nouns)
    change_role(BOSS, user, role=role)


def test_a_page_is_exported_as_it_stands(world: World) -> None:
    run = exported(world.mira, noun="person", query="q=peverell&sort=-name", columns="shown", as_page=True)
    head, *rows = lines(run)
    assert head == ["Name", "Company", "Phone", "Last contact", "Next step", "Owner"]
    people = Person.objects.filter(company=world.peverell).order_by("-name")
    assert [row[0] for row in rows] == [each.name for each in people] and len(rows) > 1
    assert {row[1] for row in rows} == {"Peverell Logistics"}
    assert run.text == f"{len(rows)} people exported." and run.rows == len(rows)


def test_all_fields_have_ids_by_which_they_can_be_updated(world: World) -> None:
    _outside(BOSS, person=world.priya)
    suppress(world.sam.actor("web"), world.priya, reason="Asked")
    (row,) = [dict(zip(head, each, strict=True)) for head, *rest in [lines(exported(world.mira, noun="person"))]
              for each in rest if each[0] == world.priya.public_id]  # fmt: skip
    assert row["name"] == "Priya Raman" and row["company.id"] == world.peverell.public_id
    assert row["company"] == "Peverell Logistics" and row["owner.id"] == world.priya.owner.public_id
    assert row["external_ids"] == "legacy:4711" and row["do_not_contact"] == "any way"
    assert row["mail"].startswith(world.priya.mails.first().address)


def test_opportunities_in_excel_have_numbers_and_days(world: World) -> None:
    run = exported(world.mira, noun="opportunity", format="xlsx", columns="shown", as_page=True, query="q=managed+45")
    head, row = sheet(run)
    assert head[:5] == ["Title", "Customer", "Stage", "Value", "Currency"]
    sale = dict(zip(head, row, strict=True))
    assert sale["Value"] == float(world.managed_it.amount) and sale["Close date"] == world.managed_it.close_on
    assert run.file_name.endswith(".xlsx") and run.path.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("noun", ["person", "company", "lead", "opportunity", "task"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_noun_in_both_formats(world: World, noun: str, kind: str) -> None:
    run = exported(world.mira, noun=noun, format=kind)
    table = lines(run) if kind == "csv" else sheet(run)
    assert table[0][0] == "id" and len(table) - 1 == run.rows > 0
    assert len({row[0] for row in table[1:]}) == run.rows


def test_no_cell_is_a_formula_or_a_link(world: World) -> None:
    for text in HOSTILE:
        create_person(world.sam.actor("web"), name=text, about=f'{text}"\r\n;,')
    table = lines(exported(world.mira, noun="person", query="sort=-created_at"))
    name, about = table[0].index("name"), table[0].index("about")
    assert {row[name].removeprefix("'") for row in table} >= set(HOSTILE)
    cells = [cell.lstrip(" ") for row in table for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))] == []
    assert any(row[about].endswith('"\r\n;,') for row in table)
    run = exported(world.mira, noun="person", format="xlsx")
    assert {row[name] for row in sheet(run)} >= set(HOSTILE)
    inside = _inside(run.path)
    assert "<f>" not in inside and "<hyperlink" not in inside


def test_hostile_heads_and_texts_do_no_harm(tmp_path: Path) -> None:
    texts = ["=cmd|' /C calc'!A0", "a\x00b", "\ud800x", "😀" * 20_000, "x" * 40_000, "\u202egnp.exe", "\x07", "_x0041_"]
    book = Xlsx(tmp_path / "a.xlsx", "a/b:c*[d]?" * 5, tmp_path)
    form = Csv(tmp_path / "a.csv", dialect("auto", Locale("en"), True))
    for table in (book, form):
        table.write(texts)
        table.write(texts)
        table.close()
    head, row = CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert head == row and row[0] == texts[0] and row[1] == "a\ufffdb" and row[2] == "\ufffdx"
    assert len(row[3].encode("utf-16-le")) // 2 <= LONGEST and row[3].endswith("😀…")
    assert len(row[4]) == LONGEST and row[5] == texts[5] and book.cut == 4
    again = next(csv.reader((tmp_path / "a.csv").open(encoding="utf-8-sig", newline="")))
    assert again[0] == "'" + texts[0] and again[3] == texts[3] and again[4] == texts[4]
    assert form.cut == 0


def test_the_separator_follows_the_language(world: World) -> None:
    _locale(BOSS, world.mira, "de-DE")
    table = lines(exported(world.mira, noun="opportunity", query="q=managed+45"), ";")
    assert table[1][table[0].index("amount")] == "38400,00"
    assert lines(exported(world.mira, noun="opportunity", separator="tab", mark=False), "\t")[0][0] == "id"
    assert exported(world.mira, noun="opportunity", mark=False).path.read_bytes()[:3] != b"\xef\xbb\xbf"


def test_only_what_the_role_lets_out_and_shows(world: World) -> None:
    with pytest.raises(NotAllowed):
        export_list(world.sam.actor("web"), noun="person")
    limit(world.sam, person={"see": "all", "export": "own"}, private={"see": "none"}, company={"see": "none"})
    table = lines(exported(User.objects.get(pk=world.sam.pk), noun="person"))
    owned = Person.objects.filter(owner=world.sam, archived_at=None).values_list("public_id", flat=True)
    assert {row[0] for row in table[1:]} == set(owned)
    assert not {"mail", "phone", "city"} & set(table[0])
    assert {row[table[0].index("company")] for row in table[1:]} == {""}


def test_rights_are_those_of_when_it_runs(world: World) -> None:
    run = export_list(world.mira.actor("web"), noun="person")
    limit(world.mira, person={"see": "all"})
    worked_off()
    run.refresh_from_db()
    assert run.state == "done" and run.rows == 0


def test_it_stands_in_the_audit_with_who_what_and_how_many(world: World) -> None:
    exported(world.mira, noun="person", query="q=peverell", columns="shown", as_page=True)
    event = Event.objects.get(verb="note_export")
    assert event.by_user == world.mira and event.door == "web" and event.by_label == "Mira Holt"
    assert event.labels["what"].endswith(" people") and event.labels["which"] == "Contains “peverell”"


def test_queries_that_cannot_be_read_are_refused_at_once(world: World) -> None:
    mira = world.mira.actor("web")
    for query in ("nonsense=1", "sort=nonsense", "name=%00", "&".join(["a=1"] * 300), "x" * 30_000):
        for as_page in (False, True):
            with pytest.raises(Exception) as refusal:
                export_list(mira, noun="person", query=query, as_page=as_page)
            assert getattr(refusal.value, "status", 500) in {400, 422}, query
    with pytest.raises(BadRequest):
        export_list(mira, noun="task", as_page=True)
    assert not Run.objects.exists()


def test_a_sheet_holds_only_so_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.exchange.export.MOST_ROWS", 3)
    run = exported(world.mira, noun="person", format="xlsx")
    assert run.state == "failed" and "Choose CSV" in run.text and not run.path.exists()


def test_what_was_cancelled_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = export_list(world.mira.actor("web"), noun="person", format="xlsx")
    monkeypatch.setattr("fairlead.programs.runs.EVERY", 0)
    monkeypatch.setattr("fairlead.exchange.export.PIECE", 5)
    real = tables.Xlsx.write

    def write(self: Xlsx, line: Any) -> None:
        real(self, line)
        with writing():
            Run.objects.filter(pk=run.pk).update(cancel_asked=True)

    monkeypatch.setattr(tables.Xlsx, "write", write)
    worked_off()
    run.refresh_from_db()
    assert run.state == "cancelled" and not run.has_file
    assert list(run.path.parent.glob(f"{run.public_id}*")) == [] and not Event.objects.filter(verb="note_export")


def test_files_go_after_a_week(world: World) -> None:
    sweep()  # what other tests left
    run = exported(world.mira, noun="person")
    assert run.has_file and sweep() == 0
    with clock.at(clock.now() + timedelta(days=8)):
        assert not run.has_file and sweep() >= 1
    assert not run.path.exists()


def test_the_form_hands_out_a_short_list_at_once_and_twice_is_one_run(world: World) -> None:
    mira, sam = Client(), Client()
    mira.force_login(world.mira)
    sam.force_login(world.sam)
    assert sam.get("/people/export").status_code == 403
    page = mira.get("/people/export?q=peverell")
    assert page.status_code == 200 and b"Contains" in page.content
    form = {"query": "q=peverell", "format": "csv", "columns": "shown", "separator": "auto", "mark": "on", "once": "a"}
    first, second = mira.post("/people/export", form), mira.post("/people/export", form)
    assert first.status_code == 303 and first["Location"] == second["Location"] and Run.objects.count() == 1
    answer = mira.get(first["Location"])
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert b"Priya Raman" in b"".join(answer)
    assert sam.get(first["Location"]).status_code == 404
    ada = Client()
    ada.force_login(_administrator(world))
    assert ada.get(first["Location"].removesuffix("/file")).status_code == 200
    assert ada.get(first["Location"]).status_code == 404
    assert mira.post("/people/export", form | {"query": "nonsense=1"}).status_code == 400
    assert mira.post("/people/export", form | {"format": "exe"}).status_code == 422


def test_rows_are_those_of_one_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One added or gone while it is written is neither doubled nor does it stop the rest."""
    monkeypatch.setattr("fairlead.exchange.export.PIECE", 3)
    gone = Lead.objects.filter(archived_at=None).order_by("pk").first()
    assert gone is not None
    real = tables.Csv.write
    done: list[bool] = []

    def write(self: Csv, line: Any) -> None:
        real(self, line)
        if not done:
            done.append(True)
            with writing():
                Lead.objects.filter(pk=gone.pk).update(name="Changed meanwhile")

    monkeypatch.setattr(tables.Csv, "write", write)
    table = lines(exported(world.mira, noun="lead"))
    ids = [row[0] for row in table[1:]]
    assert len(ids) == len(set(ids)) == Lead.objects.filter(archived_at=None).count()


@aside("{by} linked {person}", may="organisation.edit")
def _outside(by: Any, *, person: Person) -> ExternalId:
    return create(ExternalId, person=person, system="legacy", value="4711")


@aside("{by} moved {user}", may="organisation.edit")
def _locale(by: Any, user: User, locale: str) -> User:
    change(user, locale=locale)
    return user


def _administrator(world: World) -> User:
    found = User.objects.filter(role__name="Administrator").first()
    assert found is not None
    return found


def _inside(path: Path) -> str:
    with ZipFile(path) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets"))


def test_custom_fields_are_columns_and_sort(world: World) -> None:
    boss = _administrator(world).actor("web")
    create_field(boss, noun="person", key="shoe", name="=Shoe", kind="number", filterable=True)
    edit_person(world.mira.actor("web"), world.priya, custom={"shoe": 38})
    table = lines(exported(world.mira, noun="person", query="sort=-x.shoe"))
    assert table[1][0] == world.priya.public_id and table[1][table[0].index("x.shoe")] == "38"
    asks = {"query": "sort=-x.shoe&columns=x.shoe", "columns": "shown", "as_page": True}
    assert lines(exported(world.mira, noun="person", **asks))[:2] == [["Name", "'=Shoe"], ["Priya Raman", "38"]]
