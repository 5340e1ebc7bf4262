"""A mail server that refuses, is slow or dies anywhere: no mail is lost, and none is sent twice but in one window."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from django.test import Client

from fairlead.core.errors import Invalid, WrongState
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.sealed import seal
from fairlead.demo.world import World
from fairlead.models import MailTemplate, Response, Sending
from fairlead.programs import sending
from fairlead.verbs.leads import create_lead
from fairlead.verbs.responses import respond_automatically
from fairlead.verbs.sending import send_mail_again, set_sending
from fairlead.work import mail as _sending  # noqa: F401
from tests.inbox.arrivals import SYSTEM
from tests.work.smtp import Server

GIVEN_UP = ("receiver_never", "data_never")
TRIED_AGAIN = (
    "greeting",
    "sender_later",
    "sender_never",
    "receiver_later",
    "data_later",
    "dies_before_data",
    "dies_in_data",
    "silent",
    "dripping",
)
# Taken, whatever happened after it: nothing is sent again.
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive. "
    "Found inactive addresses: refused@new.example. Inactive recipients are ones that have generated a hard bounce.",
}
TAKEN = ("dies_after_taking", "odd_leave", "angry_leave")
# The one window: the server has it, and nobody can know.
WINDOW = ("dies_after_data", "silent_after_data")


IS_KEPT_HERE = sending.is_kept_here


@pytest.fixture
def ready(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the house say how mail is sent; it is no demo here."""
    settings.EMAIL_BACKEND = sending.FOLDER
    settings.PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    monkeypatch.setattr(sending, "PATIENCE", 0.4)
    monkeypatch.setattr(sending, "LONGEST", 0.6)
    monkeypatch.setattr(sending, "is_kept_here", lambda: False)
    sending.forget()


def by(server: Server, **facts: Any) -> None:
    known: dict[str, Any] = {"provider": "smtp", "host": "127.0.0.1", "port": server.port, "security": "none"}
    set_sending(SYSTEM, **known | facts)


def work() -> tuple[str, str]:
    """What waits is tried once, at once."""
    Outbox.objects.filter(effect="mail", state="waiting").update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    sending.forget()
    for row in claim("one"):
        carry_out(row)
    row = Outbox.objects.filter(effect="mail").latest("pk")
    return row.state, row.error


@pytest.fixture
def answer(ready: None) -> Response:
    lead = create_lead(SYSTEM, name="Ann Lee", email="ann@new.example")
    return respond_automatically(SYSTEM, lead, template=MailTemplate.objects.get(name="Thank you"))


@pytest.mark.parametrize("fault", [*GIVEN_UP, *TRIED_AGAIN, *TAKEN, *WINDOW])
def test_no_answer_is_lost_and_none_comes_twice(answer: Response, fault: str) -> None:
    with Server(fault) as server:
        by(server)
        state, error = work()
        answer.refresh_from_db()
        if fault in GIVEN_UP:
            assert (state, answer.state) == ("failed", "failed") and server.kept == []
            assert "no such user" in answer.reason or "spam" in answer.reason
            send_mail_again(SYSTEM, key=Outbox.objects.filter(effect="mail").latest("pk").key)
        elif fault in TAKEN:
            assert (state, error) == ("done", "")
        else:
            assert state == "waiting" and error and answer.state == "promised"
        state, _error = work()
        work()
        answer.refresh_from_db()
        assert (state, answer.state) == ("done", "sent")
        assert len(server.kept) == (2 if fault in WINDOW else 1) and len(set(server.ids)) == 1
        sender, message = server.kept[-1]
        assert sender == "" and message["Auto-Submitted"] == "auto-replied"


def test_a_server_that_is_away_is_not_asked_for_each_mail(answer: Response, world: World) -> None:
    with Server("silent", "silent") as server:
        by(server)
        Outbox.objects.exclude(effect="mail").delete()
        for number in range(3):
            lead = create_lead(SYSTEM, email=f"{number}@new.example")
            respond_automatically(SYSTEM, lead, template=MailTemplate.objects.get(name="Thank you"))
        for row in claim("one"):
            carry_out(row)
        waiting = Outbox.objects.filter(effect="mail")
        assert [row.state for row in waiting] == ["waiting"] * 4 and server.connections == 1
        assert "could not be reached a moment ago" in waiting.latest("pk").error


def test_nothing_leaves_the_demo(answer: Response, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(sending, "is_kept_here", IS_KEPT_HERE)
    with Server() as server:
        by(server)
        settings.EMAIL_BACKEND = sending.BY_ENVIRONMENT
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        assert work() == ("done", "") and server.connections == 0


def test_the_environment_wins(answer: Response, settings: Any) -> None:
    with Server() as other, Server() as server:
        by(other)
        settings.EMAIL_BACKEND = sending.BY_ENVIRONMENT
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        assert work() == ("done", "") and (other.connections, len(server.kept)) == (0, 1)


def test_a_try_explains_what_it_saw(ready: None, world: World, client: Client, settings: Any) -> None:
    client.force_login(world.admin)

    def tried() -> str:
        return " ".join(client.post("/settings/mail/test", {"to": "iris@northgate.example"}).content.decode().split())

    login = base64.b64encode(b"\0iris\0s3cret").decode()
    with Server(users={login: ""}) as server:
        facts = {"provider": "smtp", "host": "127.0.0.1", "port": server.port, "security": "none", "username": "iris"}
        assert client.post("/settings/mail", facts | {"secret": "wrong"}).status_code == 303
        assert "It refused the user name or password: 535 wrong password" in tried()
        assert client.post("/settings/mail", facts | {"username": "other"}).status_code == 422  # and no password
        client.post("/settings/mail", facts | {"secret": "s3cret"})
        assert "s3cret" not in client.get("/settings/mail").content.decode()
        said = tried()
        assert "iris was let in" in said and "Accepted: 250 taken as 17" in said
        assert "is no domain of the Internet" in said
        set_sending(SYSTEM, from_address="us@north.example")
        assert "No name server answered, so nothing is known of north.example" in tried()
        server.script = ["receiver_never"]
        assert "It refused the receiver: 550 no such user" in tried()
        server.script = ["silent"]
        assert "did not answer within" in tried()
        client.post("/settings/mail", facts | {"security": "starttls"})
        assert "does not offer this" in tried()
    sending.forget()
    assert "takes no connections" in tried()
    settings.PRIVATE_HOSTS = frozenset()
    assert "within your own network" in tried()
    set_sending(SYSTEM, provider="smtp", host="no-such.invalid", secret="x")
    assert "There is no host named" in tried()


def test_providers_are_asked_by_their_adapters(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(self: Any, method: str, url: str, **known: Any) -> Any:
        asked.append((url, known))
        found = requests.Response()
        found.status_code = 422 if "refused" in str(known) else 200
        said = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "ann@new.example"}
        found._content = json.dumps(said if found.status_code == 200 else INACTIVE).encode()
        return found

    monkeypatch.setattr(requests.Session, "request", answer)
    set_sending(SYSTEM, provider="postmark", secret="key", from_address="Northgate <hello@northgate.example>")
    states = []
    for name in ("ann", "refused"):
        lead = create_lead(SYSTEM, email=f"{name}@new.example")
        made = respond_automatically(SYSTEM, lead, template=MailTemplate.objects.get(name="Thank you"))
        work()
        made.refresh_from_db()
        states.append(made.state)
    url, known = asked[0]
    assert url.startswith("https://api.postmarkapp.com/") and "hello@northgate.example" in str(known)
    assert "auto-replied" in str(known) and states == ["sent", "failed"]
    for provider in sending.ADAPTERS:
        made_by = sending.by(Sending(provider=provider, secret=seal("k"), domain="x.example"))
        assert type(made_by).__module__ == f"anymail.backends.{provider}"


def test_the_settings_ask_for_what_is_needed(world: World) -> None:
    with pytest.raises(Invalid, match="which mail server"):
        set_sending(SYSTEM, provider="smtp")
    with pytest.raises(Invalid, match="for a domain"):
        set_sending(SYSTEM, provider="mailgun", secret="k")
    with pytest.raises(Invalid, match="like hello@"):
        set_sending(SYSTEM, provider="files", from_address="nobody")
    made = set_sending(SYSTEM, provider="files", from_address="Northgate <hello@northgate.example>")
    assert sending.sender() == "Northgate <hello@northgate.example>" and Sending.objects.count() == 1
    assert set_sending(SYSTEM, provider="smtp", host="Mail.example.com ", secret="s") == made
    assert Sending.ours().host == "mail.example.com" and Sending.ours().password == "s"


def test_outgoing_mail_is_shown_and_sent_once_more(answer: Response, world: World, client: Client) -> None:
    client.force_login(world.admin)
    with Server("receiver_never") as server:
        by(server)
        work()
        listed = client.get("/settings/mail/outgoing?state=failed").content.decode()
        assert "Thank you for writing to Northgate IT" in listed and "no such user" in listed
        row = Outbox.objects.filter(effect="mail").latest("pk")
        at = f"/settings/mail/outgoing/{row.pk}"
        assert "Hello Ann," in client.get(at).content.decode()
        assert "sandbox" in client.get(f"{at}/html")["Content-Security-Policy"]
        assert client.post(f"{at}/again").status_code == 303 and work()[0] == "done"
        with pytest.raises(WrongState):
            send_mail_again(SYSTEM, key=row.key)
    Outbox.objects.filter(pk=row.pk).update(payload={"to": "a@b.example", "subject": "S", "purpose": "sign_in"})
    assert "for its receiver alone" in client.get(at).content.decode()
    assert client.get(f"{at}/html").status_code == 404
