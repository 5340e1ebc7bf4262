"""The pages of imports: from a file dropped to the records and back, asked things, bad files, no scripts needed."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.core import upload
from fairlead.core.outbox import carry_out, claim
from fairlead.demo.world import World
from fairlead.models import Import, Opportunity, Person, Run
from fairlead.programs.runs import LEASE

CSV = "First Name,Last Name,Email,Hobby\nAnn,Lee,ann@x.example,tea\nBob,Ray,bob@x.example,\n,,,chess\n"


@pytest.fixture(autouse=True)
def data(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    return tmp_path


@pytest.fixture
def sam(world: World) -> Client:
    client = Client()
    client.force_login(world.sam)
    return client


def dropped(client: Client, text: str | bytes, name: str = "people.csv") -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return client.post("/imports", {"upload": SimpleUploadedFile(name, raw)})


def form(**changed: str) -> dict[str, str]:
    """What the form of the file above sends when nothing is changed."""
    usual = {"noun": "person", "encoding": "utf-8", "separator": ",", "header": "1", "dates": "", "decimal": "."}
    usual |= {"c1": "First name", "c2": "Last name", "c3": "E-mail", "c4": "Leave out"}
    return usual | {"mode": "create", "match": "1", "match_mail": "on", "unknown": "create"} | changed


def page(client: Client, at: str) -> str:
    answer = client.get(at)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_file_is_dropped_tried_imported_seen_and_taken_back(sam: Client, world: World) -> None:
    at = dropped(sam, CSV)["Location"]
    shown = page(sam, at)
    assert "ann@x.example" in shown and 'value="E-mail"' in shown and "By its name" in shown and "Not known" in shown
    assert sam.post(at, form(c4="notes", act="try"))["Location"] == at
    shown = page(sam, at)
    assert "2 of 3 rows would be brought in" in shown and "There is no name, e-mail address" in shown
    assert "Ann Lee" in page(sam, f"{at}?rows=new") and not Person.objects.filter(name="Ann Lee").exists()
    sam.post(at, form(c4="Notes", act="start"))
    sam.post(at, form(c4="Notes", act="start"))
    assert Person.objects.get(name="Ann Lee").about == "tea" and Run.objects.filter(kind="import").count() == 1
    into = Import.objects.get()
    shown = page(sam, at)
    assert "Take the import back" in shown and f"/people?import={into.public_id}" in shown
    people = page(sam, f"/people?import={into.public_id}")
    assert "Ann Lee" in people and "Import is people.csv" in people and world.priya.name not in people
    rejected = sam.get(f"{at}/rejected.csv")
    assert b"chess" in b"".join(rejected.streaming_content) and rejected["Content-Disposition"].startswith("attachment")
    assert "people.csv" in page(sam, "/imports")
    sam.post(f"{at}/take-back")
    assert not Person.objects.filter(name__in=["Ann Lee", "Bob Ray"]).exists()
    assert "Taken back." in page(sam, at)


def test_a_changed_plan_is_tried_before_it_begins(sam: Client, world: World) -> None:
    at = dropped(sam, CSV)["Location"]
    sam.post(at, form(act="try"))
    sam.post(at, form(c4="Tags", act="start"))
    assert not Run.objects.filter(kind="import").exists() and Import.objects.get().tried["rows"] == 3
    assert sam.post(at, form(c4="Nonsense", act="try")).status_code == 422
    wrong = sam.post(at, form(c4="Nonsense", header="x", act="try"))
    assert wrong.status_code == 422 and b"number of a row" in wrong.content
    sam.post(at, form(c4="Tags", noun="company", act="read"))
    assert Import.objects.get().kind == "company" and "Say which column is the company" in page(sam, at)


def test_the_order_of_days_is_asked_for(sam: Client, world: World) -> None:
    at = dropped(sam, "Name,Email,Created Date\nAnn Lee,ann@x.example,03/04/2024\n")["Location"]
    assert "Does the day or the month come first in Created Date?" in page(sam, at)
    plan = form(c1="Name", c2="E-mail", c3="Created")
    del plan["c4"], plan["dates"]
    assert sam.post(at, plan | {"act": "try"}).status_code == 422 and not Run.objects.exists()
    assert sam.post(at, plan | {"act": "try", "dates": "mdy"}).status_code == 303
    assert Import.objects.get().tried["rows"] == 1


def test_long_work_goes_on_as_a_run(sam: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.web.pages.imports.FEW_BYTES", 10)
    monkeypatch.setattr("fairlead.web.pages.imports.FEW_ROWS", 0)
    at = dropped(sam, CSV)["Location"]
    for act, words in (("try", "2 of 3 rows"), ("start", "Take the import back")):
        assert "runs" in sam.post(at, form(act=act)).cookies
        assert f'hx-get="{at}"' in (shown := page(sam, at)) and "Waiting." in shown and "/cancel" in shown
        for row in claim("worker", lease=LEASE, long=True):
            carry_out(row, LEASE)
        assert "hx-get" not in page(sam, at).partition('id="import"')[2][:200] and words in page(sam, at)
    sam.post(f"{at}/take-back")
    sam.post(f"{at}/cancel")
    assert Run.objects.latest("pk").state == "cancelled" and "Take the import back" in page(sam, at)


def test_pasted_rows_and_saved_mappings(sam: Client, world: World) -> None:
    at = sam.post("/imports", {"text": CSV.replace(",", "\t")})["Location"]
    assert "Tab" in page(sam, at) and "ann@x.example" in page(sam, at)
    sam.post(at, form(separator="\\t", c4="Tags", act="read"))
    assert sam.post(f"{at}/save", {"name": " "}).status_code == 422
    sam.post(f"{at}/save", {"name": "Fair"})
    second = dropped(sam, CSV)["Location"]
    shown = page(sam, second)
    assert "Columns as saved in “Fair”" in shown and 'value="Tags"' in shown
    mapping = Import.objects.latest("pk").mapping
    assert mapping is not None and "Fair" in page(sam, "/imports")
    third = dropped(sam, "Hobby,Email\nchess,z@x.example\n")["Location"]
    sam.post(f"{third}/use", {"mapping": mapping.public_id})
    assert 'value="Tags"' in page(sam, third)
    sam.post(f"/imports/mappings/{mapping.public_id}/archive")
    sam.post(f"{third}/discard")
    assert "Fair" not in page(sam, "/imports").partition("Saved mappings")[2]


def test_bad_files_leave_nothing(sam: Client, world: World, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(upload.LIMITS, "create_import", 30_000_000)
    large = dropped(sam, b"a,b\n" + b"x" * 30_000_001)
    assert large.status_code == 422 and b"larger than 28 MB" in large.content
    for raw, words in ((b"", b"empty"), (b"<html><body>", b"web page"), (b"MZ\x90", b"program")):
        answer = dropped(sam, raw)
        assert answer.status_code == 422 and words in answer.content
    assert b"Choose a file first" in sam.post("/imports", {"text": " "}).content
    assert [path for path in data.rglob("*") if path.is_file()] == [] and not Import.objects.exists()


def test_others_find_no_such_import(sam: Client, world: World) -> None:
    at = dropped(sam, CSV)["Location"]
    lena, mira = Client(), Client()
    lena.force_login(world.lena)
    assert lena.get(at).status_code == 404 and lena.get(f"{at}/rejected.csv").status_code == 404
    assert lena.post(f"{at}/discard").status_code == 404 and b"people.csv" not in lena.get("/imports").content
    mira.force_login(world.admin)
    assert b"Everybody else" in mira.get("/imports").content
    assert sam.post(f"{at}/burn").status_code == 404 and Client().get("/imports").status_code == 302


def test_sales_are_imported_with_the_stages_they_lack(world: World) -> None:
    admin = Client()
    admin.force_login(world.admin)
    at = dropped(admin, "Deal Name,Stage,Amount,Account\nDesks,Engaging,500,Quist\nChairs,Won,70,Quist\n", "deals.csv")[
        "Location"
    ]
    sent = {"noun": "opportunity", "c1": "Opportunity", "c2": "Stage", "c3": "Amount", "c4": "Company", "match": "1"}
    assert "Stages, reasons and choices that are not there" in page(admin, at)
    admin.post(at, form(**sent, unknown="refuse", act="try"))
    assert "There is no stage “Engaging” in use." in page(admin, f"{at}?rows=rejected")
    admin.post(at, form(**sent, act="try"))
    admin.post(at, form(**sent, act="start"))
    assert set(Opportunity.objects.filter(company__name="Quist").values_list("title", "state", "stage__name")) == {
        ("Desks", "open", "Engaging"),
        ("Chairs", "won", "Close"),
    }
    shown = page(admin, f"/opportunities?import={Import.objects.get().public_id}&state=open")
    assert "Desks" in shown and "Import is deals.csv" in shown
    admin.post(f"{at}/take-back")
    assert not Opportunity.objects.filter(company__name="Quist").exists()
