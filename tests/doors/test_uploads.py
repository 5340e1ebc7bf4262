"""Files through the doors: streamed, kept once attached, refused when too large or a program, never forged."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from fairlead.cli.do import main
from fairlead.core import upload
from fairlead.core.errors import Refused
from fairlead.demo.world import World
from fairlead.models import File
from tests.doors.api import BASE, Api


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> Path:
    settings.FILES = tmp_path / "files"
    return settings.FILES


def attach(api: Api, world: World, name: str, content: bytes, *, key: str = "", **more: Any) -> Any:
    form = {"upload": SimpleUploadedFile(name, content, content_type="text/html")} | more
    place = f"{BASE}/people/{world.priya.public_id}/attach-file"
    return api.client.post(place, form, headers=api.headers | {"Idempotency-Key": key})


def lying(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


def test_attached(sam: Api, world: World, files: Path) -> None:
    """Stored whole under a random name; name, size and hash are answered, the place is not."""
    answer = attach(sam, world, "../../etc/Quote\u202e 45.pdf", b"%PDF-1.7 quote")
    found = answer.json()["result"]
    assert (answer.status_code, found["name"], found["size"]) == (200, "Quote 45.pdf", 14)
    assert found["media_type"] == "application/pdf" and "stored_as" not in found
    kept = File.objects.get(public_id=found["id"])
    assert upload.stored(kept.stored_as).read_bytes() == b"%PDF-1.7 quote" and kept.stored_as not in str(found)
    assert lying(files) == [upload.stored(kept.stored_as)]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("run.exe", b"x", 415, "wrong_type"),
        ("quote.pdf.JS", b"x", 415, "wrong_type"),
        ("quote.pdf", b"MZ\x90", 415, "wrong_type"),
        ("quote.pdf", b"\x7fELF", 415, "wrong_type"),
        ("big.pdf", b"x" * (upload.LIMIT + 1), 413, "too_large"),
    ],
)
def test_refused_and_nothing_left(
    name: str, content: bytes, status: int, code: str, sam: Api, world: World, files: Path
) -> None:
    answer = attach(sam, world, name, content)
    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, ["upload"])
    assert lying(files) == [] and not File.objects.filter(person=world.priya).exists()


def test_not_kept_without_a_record(sam: Api, world: World, files: Path) -> None:
    """A refused verb, an unknown record, a file that nobody asked for: gone with the request."""
    place = f"{BASE}/people/zzzzzzzzzz/attach-file"
    for where, form in ((place, {"upload": SimpleUploadedFile("a.pdf", b"x")}), (f"{BASE}/people", {"name": "x"})):
        answer = sam.client.post(where, form, headers=sam.headers)
        assert answer.status_code in {404, 415}
    assert attach(sam, world, "a.pdf", b"x", title="no such argument").status_code == 422
    assert lying(files) == []


@pytest.mark.parametrize("forged", ["/etc/passwd", {"stored_as": "x", "name": "x"}, None, 1])
def test_json_cannot_pass_for_a_file(forged: object, sam: Api, world: World) -> None:
    refused = sam.post(f"/people/{world.priya.public_id}/attach-file", {"upload": forged}, 422)
    assert refused["errors"] == {"upload": ["Send a file."]}


def test_the_same_file_with_the_same_key(sam: Api, world: World, files: Path) -> None:
    first, again = (attach(sam, world, "a.pdf", b"same", key="k") for _ in range(2))
    assert first.json() == again.json() and len(lying(files)) == 1
    assert attach(sam, world, "a.pdf", b"other", key="k").json()["code"] == "key_reused"


def test_from_the_command_line(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "Offer.txt"
    path.write_text("An offer")
    place = f"person:{world.priya.public_id}"
    assert main(["attach-file", place, "--upload", str(path)]) == 0
    assert "attached Offer.txt to Priya Raman" in capsys.readouterr().out
    assert main(["attach-file", place, "--upload", str(tmp_path / "gone")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_names_are_made_plain_and_what_is_left_is_swept(files: Path) -> None:
    """Types that a browser would run are never told to it; only old leftovers are swept."""
    assert upload.receive([b"<svg/>"], "a.svg").media_type == "application/octet-stream"
    assert upload.receive([b"x"], "C:\\temp\\b\x00.txt").name == "b.txt"
    assert upload.receive([b"x"], "...").name == "file"
    assert len(upload.receive([b"x"], "y" * 400 + ".txt").name) <= 255
    assert upload.sweep() == 0 and len(lying(files)) == 4
    with pytest.raises(Refused):
        upload.receive([b"x"], "a.exe")
