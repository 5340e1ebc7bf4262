"""Files on records: attached, handed out harmlessly, refused in words, put away and brought back."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.core import upload
from fairlead.demo.world import World
from fairlead.models import File
from fairlead.web.addresses import url_of
from tests.web.test_records import give_role, limit, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def attach(client: Client, record: Any, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content, "text/html")
    return client.post(f"/{record.plural()}/{record.public_id}/files", {"upload": file}, follow=True)


def test_attached_and_handed_out_as_an_attachment(world: World, sam: Client) -> None:
    answer = attach(sam, world.priya, "Angebot größer.html", b"<script>alert(1)</script>")
    assert "Angebot größer.html attached." in text_of(answer)
    file = File.objects.get(person=world.priya)
    assert (file.size, file.media_type, file.by_user) == (25, "application/octet-stream", world.sam)
    got = sam.get(f"/files/{file.public_id}")
    assert b"".join(got.streaming_content) == b"<script>alert(1)</script>"
    assert got["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in got["Content-Security-Policy"] and got["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("run.exe", b"text", 415, "end with .exe are not kept"),
        ("notes.txt", b"MZ\x90\x00program", 415, "This is a program"),
        ("big.txt", b"x" * 2000, 413, "larger than"),
    ],
)
def test_refused_in_words(
    world: World, sam: Client, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, status: int, words: str
) -> None:
    monkeypatch.setattr(upload, "LIMIT", 1000)
    answer = attach(sam, world.priya, name, content)
    assert answer.status_code == status and words in text_of(answer)
    assert not File.objects.filter(person=world.priya).exists()


def test_without_a_file(world: World, sam: Client) -> None:
    answer = sam.post(f"/people/{world.priya.public_id}/files", {})
    assert answer.status_code == 422 and "Choose a file first." in text_of(answer)


def test_put_away_and_brought_back(world: World, sam: Client) -> None:
    attach(sam, world.lukasz, "plan.txt", b"plan")
    file = File.objects.get(person=world.lukasz)
    page = sam.post(
        f"/files/{file.public_id}/archive", follow=True, HTTP_REFERER=f"http://testserver{url_of(world.lukasz)}"
    )
    assert f"/files/{file.public_id}" not in page.content.decode()
    undo = re.findall(r'formaction="(/acts/[\w-]+/undo)"', page.content.decode())
    toast = re.findall(r'class="toast".*?formaction="(/acts/[\w-]+/undo)"', page.content.decode(), flags=re.S)
    assert toast and toast[-1] in undo
    sam.post(toast[-1])
    assert f"/files/{file.public_id}" in sam.get(url_of(world.lukasz)).content.decode()


def test_as_the_record_may_be_seen_so_its_files(world: World, sam: Client) -> None:
    attach(sam, world.priya, "plan.txt", b"plan")
    file = File.objects.get(person=world.priya)
    limit(world.noah, person="own", file="own")
    assert signed_in(world.noah).get(f"/files/{file.public_id}").status_code == 404
    give_role(world.noah, "Read-only")
    noah = signed_in(world.noah)
    assert noah.get(f"/files/{file.public_id}").status_code == 200
    assert attach(noah, world.priya, "more.txt", b"x").status_code == 403
    assert File.objects.filter(person=world.priya).count() == 1


def test_a_file_that_is_not_in_the_store(world: World, sam: Client) -> None:
    attach(sam, world.priya, "plan.txt", b"plan")
    file = File.objects.get(person=world.priya)
    upload.stored(file.stored_as).unlink()
    answer = sam.get(f"/files/{file.public_id}")
    assert answer.status_code == 404 and "not in the store" in text_of(answer)
