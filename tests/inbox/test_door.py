"""What is posted to an endpoint's address: taken, answered as its sender expects, and kept exactly once."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client

from fairlead.core.spool import Reader, Spool
from fairlead.demo.world import World
from fairlead.inbox import door, known, pace
from fairlead.models import Lead, Submission
from fairlead.verbs.endpoints import close_endpoint, create_endpoint
from fairlead.work import intake
from tests.inbox.arrivals import FORM, SYSTEM, ours

HTML = {"Accept": "text/html,*/*"}
ANN = {"name": "Ann Lee", "email": "ann@new.example"}


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Path]:
    settings.SPOOL = tmp_path / "spool"
    monkeypatch.setattr(door, "SPOOL", Spool(settings.SPOOL))
    monkeypatch.setattr(intake, "_reader", Reader(settings.SPOOL))
    known.forget()
    pace.refill()
    yield settings.SPOOL


@pytest.fixture
def address(world: World) -> str:
    return made()


def made(name: str = "Contact form", **facts: Any) -> str:
    return f"/in/{create_endpoint(SYSTEM, name=name, **facts).address}"


def drained() -> list[Submission]:
    while intake.turn():
        pass
    return list(ours())


def test_a_form_is_taken_and_its_visitor_thanked(client: Client, address: str) -> None:
    answer = client.post(address, ANN, headers=HTML)
    assert answer.status_code == 202 and b"Your message has arrived" in answer.content
    assert [each.state for each in drained()] == ["processed"]
    assert Lead.objects.filter(email="ann@new.example", name="Ann Lee").count() == 1


def test_a_program_is_told_that_it_arrived(client: Client, address: str) -> None:
    answer = client.post(address, ANN, content_type="application/json")
    assert answer.status_code == 202 and answer.headers["Access-Control-Allow-Origin"] == "*"
    assert drained()[0].arrival == answer.json()["id"]
    asked = client.options(address, headers={"Origin": "https://www.example.com"})
    assert asked.status_code == 204 and "Content-Type" in asked.headers["Access-Control-Allow-Headers"]


def test_a_salesforce_form_goes_on_only_to_hosts_that_were_named(client: Client, world: World) -> None:
    at = made(kind="salesforce", return_hosts=["www.example.org"])
    fields = {"oid": "00DF00000006tAk", "last_name": "Lee", "email": "ann@new.example"}
    in_parts = client.post(at, fields | {"retURL": "https://www.example.org/thanks"}, headers=HTML)
    assert in_parts.status_code == 202  # files may be in it: it is not looked into here
    for url, onward in {
        "https://www.example.org/thanks": True,
        "https://evil.example/": False,
        "https://www.example.org@evil.example/": False,
        "//evil.example": False,
        "javascript:alert(1)": False,
        "https://www.example.org\\@evil.example/": False,
    }.items():
        answer = posted(client, at, fields | {"retURL": url})
        assert (answer.status_code == 303) is onward, url
        assert answer.headers.get("Location", url) == url
    assert {each.state for each in drained()} == {"processed"}
    assert Lead.objects.filter(email="ann@new.example").count() == 1


def test_an_address_that_is_none_and_one_that_is_closed(client: Client, world: World) -> None:
    assert client.post("/in/nothing", ANN).status_code == 404
    made_now = create_endpoint(SYSTEM, name="Closed")
    close_endpoint(SYSTEM, made_now.endpoint)
    assert client.post(f"/in/{made_now.address}", ANN).status_code == 410
    assert drained() == []


def test_it_is_taken_while_the_database_is_away(client: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_address: str) -> None:
        raise OperationalError("no database")

    with monkeypatch.context() as outage:
        outage.setattr(known.Endpoint, "at", away)
        assert posted(client, address, ANN).status_code == 202
        assert ours().count() == 0
    assert [each.state for each in drained()] == ["processed"]


def test_what_is_handed_over_twice_is_kept_once(client: Client, address: str, spool: Path) -> None:
    posted(client, address, ANN)
    records = next(Reader(spool).batches(10, 1))
    intake.take(records)
    intake.take(records)
    assert [each.state for each in drained()] == ["processed"]
    assert list(spool.glob("*.spool")) == []


def test_what_cannot_be_kept_is_set_aside_and_holds_nothing_up(client: Client, address: str, spool: Path) -> None:
    door.SPOOL.append(b"no JSON at all")
    posted(client, address, ANN)
    assert [each.state for each in drained()] == ["processed"]
    assert len(list(spool.glob("*.torn"))) == 1


def test_a_fault_while_processing_is_kept_and_holds_nothing_up(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(client, address, ANN)
    posted(client, address, {"email": "second@new.example"})
    real = intake.process_submission

    def clumsy(by: Any, submission: Submission) -> Submission:
        if b"ann" in submission.body:
            raise LookupError("a bug")
        return real(by, submission)

    monkeypatch.setattr(intake, "process_submission", clumsy)
    assert [(each.state, each.reason) for each in drained()] == [("failed", "LookupError: a bug"), ("processed", "")]


def test_a_full_disk_is_said(client: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_record: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(door.SPOOL, "append", full)
    answer = posted(client, address, ANN)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "60"


def test_a_sender_that_comes_too_often_waits(client: Client, world: World, settings: Any) -> None:
    settings.INTAKE_RATE = 1
    one, other = made("One"), made("Other")
    statuses = [posted(client, one, ANN).status_code for _ in range(12)]
    assert statuses.count(202) == 10 and statuses[-1] == 429
    assert posted(client, other, ANN).status_code == 202


HOSTILE = {
    "too many fields": ("&".join(f"f{n}=1" for n in range(100_000)).encode(), FORM, "1,000 fields"),
    "deep JSON": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "application/json", "nested too deeply"),
    "broken JSON": (b'{"a": ', "application/json", "broken"),
    "wrong content type": (b'{"email": "w@new.example", "name": "W"}', "text/plain", ""),
    "form called JSON": (b"email=w@new.example&name=W", "application/json", ""),
    "NUL": (b"email=w%40new.example&name=A%00B", FORM, ""),
    "surrogates": (b'{"email": "w@new.example", "name": "\\ud800 W"}', "application/json", ""),
    "a huge number": (b'{"email": "w@new.example", "n": ' + b"9" * 10_000 + b"}", "application/json", "broken"),
    "empty": (b"", FORM, "empty"),
    "parts without end": (b"--x\r\n" * 100_000, "multipart/form-data; boundary=x", "1,000 fields"),
    "bytes": (bytes(range(256)) * 100, "application/octet-stream", "broken|neither|no e-mail"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bodies_are_taken_and_answered(client: Client, address: str, what: str) -> None:
    body, content_type, reason = HOSTILE[what]
    assert client.generic("POST", address, body, content_type).status_code == 202
    (found,) = drained()
    assert found.body == body
    if reason:
        assert found.state == "unusable" and any(each in found.reason for each in reason.split("|"))
    else:
        assert found.state == "processed" and found.lead is not None and "\x00" not in found.lead.name


def test_a_bomb_is_not_unpacked(client: Client, address: str) -> None:
    packed = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b"email=w@new.example&x=" + b"A" * 50_000_000)
    assert client.generic("POST", address, bomb, FORM, headers=packed).status_code == 202
    small = gzip.compress(b"email=w@new.example")
    assert client.generic("POST", address, small, FORM, headers=packed).status_code == 202
    assert [(each.state, each.reason) for each in drained()] == [
        ("unusable", "Unpacked it is larger than 2 MB."),
        ("processed", ""),
    ]
    assert client.generic("POST", address, b"a=" + b"x" * 2_200_000, FORM).status_code == 413


KEY = "the key of the provider"


def signatures(kind: str, body: bytes, url: str) -> dict[str, str]:
    digest = hmac.new(KEY.encode(), body, hashlib.sha256)
    moment = str(int(time.time() * 1000))
    whole = hmac.new(KEY.encode(), b"POST" + url.encode() + body + moment.encode(), hashlib.sha256)
    return {
        "typeform": {"Typeform-Signature": "sha256=" + base64.b64encode(digest.digest()).decode()},
        "meta": {"X-Hub-Signature-256": "sha256=" + digest.hexdigest()},
        "formstack": {"X-FS-Signature": "sha256=" + digest.hexdigest()},
        "hubspot": {
            "X-HubSpot-Signature-v3": base64.b64encode(whole.digest()).decode(),
            "X-HubSpot-Request-Timestamp": moment,
        },
    }[kind]


@pytest.mark.parametrize("kind", ["typeform", "meta", "formstack", "hubspot"])
def test_a_signature_that_does_not_fit_is_refused_and_kept(client: Client, world: World, kind: Any) -> None:
    at, body = made(kind=kind, signing_key=KEY), json.dumps(ANN).encode()
    right = signatures(kind, body, known.url(at.removeprefix("/in/")))
    for headers, fits in ((right, True), ({}, False), ({name: f"{value}x" for name, value in right.items()}, False)):
        answer = client.generic("POST", at, body, "application/json", headers=headers)
        assert (answer.status_code in {200, 202}) is fits and (fits or answer.status_code == 401)
    assert [each.state for each in drained()] == ["processed", "failed", "failed"]


@pytest.mark.parametrize(("kind", "name"), [("google", "google_key"), ("wufoo", "HandshakeKey")])
def test_a_key_inside_is_compared_and_not_kept(client: Client, world: World, kind: Any, name: str) -> None:
    at = made(kind=kind, signing_key=KEY)
    for given, fits in ((KEY, True), ("wrong", False)):
        answer = client.post(at, ANN | {name: given}, content_type="application/json")
        assert (answer.status_code in {200, 202}) is fits
    posted(client, at, {"email": "f@new.example", name: KEY})
    found = drained()
    assert [each.state for each in found] == ["processed", "failed", "processed"]
    assert not any(KEY.encode() in each.body or b"wrong" in each.body for each in found)
    assert not any(KEY.replace(" ", "+").encode() in each.body for each in found)


def test_meta_is_told_that_the_address_is_ours(client: Client, world: World) -> None:
    at = made(kind="meta")
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158", "hub.verify_token": at.removeprefix("/in/")}
    assert client.get(at, asked).content == b"1158"
    assert client.get(at, asked | {"hub.verify_token": "x"}).content != b"1158"


def posted(client: Client, at: str, fields: dict[str, str]) -> Any:
    return client.generic("POST", at, urlencode(fields), FORM, headers=HTML)
