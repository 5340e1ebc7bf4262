"""Imports by program: the whole story over REST, by an assistant, and what the command line shares with them."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from fairlead.__main__ import main
from fairlead.core.outbox import carry_out, claim
from fairlead.demo.world import World
from fairlead.mcp.tools import call
from fairlead.models import Import, Person, User
from fairlead.programs.runs import LEASE
from fairlead.verbs.import_files import save_mapping
from tests.doors.api import BASE, Api

CSV = "First Name,Last Name,Email,Created Date,Hobby\nAnn,Lee,ann@x.example,03/04/2024,tea\n,,,,chess\n"


@pytest.fixture(autouse=True)
def data(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    return tmp_path


def worked_off() -> None:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)


def sent(api: Api, text: str = CSV, **more: Any) -> Any:
    form = {"upload": SimpleUploadedFile("people.csv", text.encode())} | more
    return api.client.post(f"{BASE}/imports", form, headers=api.headers)


def fetched(api: Api, path: str) -> bytes:
    return b"".join(api.client.get(f"{BASE}{path}", headers=api.headers).streaming_content)  # type: ignore[arg-type]


def post(api: Api, path: str, facts: Any = None) -> Any:
    return api.send("POST", path, json.dumps(facts or {}))


def test_the_story_over_rest(sam: Api, world: World) -> None:
    answer = sent(sam)
    found = answer.json()["result"]
    at = f"/imports/{found['id']}"
    assert (answer.status_code, answer["Location"]) == (201, f"{BASE}{at}")
    assert [each["means"] for each in found["found"]["columns"]][:3] == ["first_name", "last_name", "mail"]
    assert "stored_as" not in found and found["found"]["unclear"] == ["Created Date"]
    refused = post(sam, f"{at}/try")
    assert refused.status_code == 422 and list(refused.json()["errors"]) == ["dates"]
    wishes = {"dates": "dmy", "columns": {"Hobby": "message"}, "mode": "create_and_update"}
    assert sam.send("PATCH", at, json.dumps(wishes)).json()["result"]["mode"] == "create_and_update"
    assert sam.send("PATCH", at, json.dumps({"mode": "destroy"})).status_code == 422
    assert post(sam, f"{at}/try").json()["result"]["state"] == "waiting"
    worked_off()
    assert sam.get(at)["tried"]["counts"] == {"new": 1, "update": 0, "duplicate": 0, "rejected": 1}
    rejected = sam.get(f"{at}/rows?outcome=rejected")
    assert rejected["items"][0]["row"] == 2 and rejected["next"] is None
    assert sam.get(f"{at}/rows?outcome=new&limit=1")["items"][0]["name"] == "Ann Lee"
    for bad in ("outcome=odd", "start=x", "limit=100000", "start=-1"):
        sam.get(f"{at}/rows?{bad}", 400)
    run, second = (post(sam, f"{at}/start").json()["result"]["id"] for _turn in range(2))
    worked_off()
    assert run == second and sam.get(f"/runs/{run}")["state"] == "done"
    assert sam.get(at)["counts"] == {"made": 1, "updated": 0, "there": 0, "refused": 1}
    lines = csv.reader(fetched(sam, f"{at}/rejected").decode("utf-8-sig").splitlines())
    assert [line[4] for line in lines] == ["Hobby", "chess"]
    listed = sam.get(f"/people?import={found['id']}")["items"]
    assert [each["name"] for each in listed] == ["Ann Lee"] and listed[0]["about"] == "tea"
    post(sam, f"{at}/take-back")
    worked_off()
    assert sam.get(at)["state"] == "back" and not Person.objects.filter(name="Ann Lee").exists()
    assert sam.get("/people?import=zzzzzzzzzz")["items"] == []


def test_others_find_nothing(sam: Api, world: World) -> None:
    at = f"/imports/{sent(sam).json()['result']['id']}"
    lena = Api(User.objects.get(pk=world.lena.pk))
    for path in (at, f"{at}/rows", f"{at}/rejected"):
        lena.get(path, 404)
    assert post(lena, f"{at}/start").status_code == 404 and lena.get("/imports")["items"] == []


def test_an_assistant_brings_in_a_file(sam: Api, world: World) -> None:
    by = sam.token.actor("mcp")
    text = CSV.replace(",Created Date", "").replace(",03/04/2024", "").replace(",,,,chess", ",,,chess")
    file = {"name": "people.csv", "base64": base64.b64encode(text.encode()).decode()}
    made = call("create_import", by, {"upload": file})["structuredContent"]["result"]
    call("start_import", by, {"into": made["id"]})
    worked_off()
    assert Import.objects.get().counts["made"] == 1 and Person.objects.filter(name="Ann Lee").exists()


def test_the_command_line_shares_it(world: World, data: Path, capsys: Any) -> None:
    path = data / "people.csv"
    path.write_text(CSV)
    who = ["--by", world.sam.email, "--json"]
    assert main(["import", str(path), *who]) == 2
    assert "can be read both ways" in capsys.readouterr().out
    assert main(["import", str(path), "--dates", "dmy", *who]) == 0
    into = Import.objects.get()
    assert (into.state, into.counts["made"], into.counts["refused"]) == ("done", 1, 1)
    assert main(["import", "--undo", into.public_id, *who]) == 0
    assert Import.objects.get().state == "back"


def test_the_command_line_knows_saved_mappings(sam: Api, world: World, data: Path, capsys: Any) -> None:
    made = Import.objects.get(public_id=sent(sam).json()["result"]["id"])
    sam.send("PATCH", f"/imports/{made.public_id}", json.dumps({"dates": "dmy", "columns": {"Hobby": "message"}}))
    save_mapping(world.sam.actor("web"), Import.objects.get(pk=made.pk), name="Fair")
    path = data / "people.csv"
    path.write_text(CSV)
    assert main(["import", str(path), "--mapping", "fair", "--by", world.sam.email]) == 0
    assert Person.objects.get(name="Ann Lee").about == "tea"
    assert main(["import", str(path), "--mapping", "none", "--by", world.sam.email]) == 2
