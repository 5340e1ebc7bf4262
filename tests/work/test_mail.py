"""Mail: promised in one place, asked again when it leaves, sent under the same Message-ID however often."""

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.verb import REGISTRY, verb
from fairlead.demo.world import World
from fairlead.models import Person
from fairlead.models.suppression import Answer
from fairlead.verbs.outgoing import message_id, promise_of, send_mail_later
from fairlead.verbs.suppressions import suppress_address
from fairlead.work import mail as _sending  # noqa: F401
from fairlead.work import maildir


@verb("{by} wrote to {person}", may="edit")
def write_mail(by: Actor, person: Person, *, to: str, facts: dict[str, Any]) -> Answer:
    """Promises a mail, as verbs do."""
    change(person, about="Written to")
    return send_mail_later(to, person=person, **{"subject": "Grüße", "text": "Hello", "purpose": "offer"} | facts)


del REGISTRY["write_mail"]
Write = Callable[..., Answer]


@pytest.fixture
def write(world: World) -> Write:
    by = world.admin.actor("web")
    return lambda to="jo@example.com", **facts: write_mail(by, world.priya, to=to, facts=facts)


def work() -> list[tuple[str, str]]:
    for row in claim("one"):
        carry_out(row)
    return list(Outbox.objects.filter(effect="mail").order_by("id").values_list("state", "error"))


def again() -> None:
    """As after a crash between sending and writing down that it was sent."""
    Outbox.objects.exclude(state="cancelled").update(state="waiting", run_at="2020-01-01T00:00:00Z")


def test_a_mail_leaves_as_promised(write: Write) -> None:
    assert write(html="<p>Hello</p>", key="jo:offer").allowed
    write(key="jo:offer")
    assert work() == [("done", "")] and len(mail.outbox) == 1
    sent = mail.outbox[0]
    made = sent.message()
    assert (sent.to, sent.subject, sent.body) == (["jo@example.com"], "Grüße", "Hello")
    assert made["Auto-Submitted"] == "auto-generated"
    row = Outbox.objects.get(key="mail:jo:offer")
    assert made["Message-ID"] == message_id(row) and promise_of(made["Message-ID"]) == row
    assert b"<p>Hello</p>" in made.as_bytes()


def test_the_same_promise_has_the_same_message_id_and_another_has_not(write: Write) -> None:
    assert message_id(Outbox(pk=1, key="a")) == message_id(Outbox(pk=1, key="a")) != message_id(Outbox(pk=1, key="b"))
    write(automatic=False)
    work()
    again()
    work()
    first, second = (each.message() for each in mail.outbox)
    assert first["Message-ID"] == second["Message-ID"] and first["Auto-Submitted"] is None


def test_who_is_not_to_be_contacted_gets_nothing(write: Write, world: World) -> None:
    assert write().allowed
    by = world.admin.actor("web")
    suppress_address(by, address=" JO@example.com ", channel="mail", reason="Asked")
    refused = write()
    assert not refused.allowed and refused.because is not None and refused.because.reason == "Asked"
    assert work() == [("cancelled", "Do not contact: Asked")] and mail.outbox == []
    assert not write_mail(by, world.callum, to="other@example.com", facts={}).allowed
    assert write(purpose="sign_in").allowed
    assert work()[-1] == ("done", "") and len(mail.outbox) == 1


def test_a_secret_is_forgotten_once_it_is_sent(write: Write) -> None:
    write(purpose="invitation", text="https://…?token=secret")
    work()
    assert "secret" not in str(Outbox.objects.get(effect="mail").payload) and "secret" in mail.outbox[0].body


@pytest.mark.parametrize(
    "facts", [{"subject": "Hi\nBcc: all@example.com"}, {"subject": "Hi\r\nX: y"}, {"to": "a@b\nCc: c"}]
)
def test_line_breaks_do_not_become_headers(write: Write, facts: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        write(**facts)
    write()
    Outbox.objects.filter(effect="mail").update(
        payload={"to": "jo@example.com", "subject": "a\nb", "text": "", "purpose": "x"}
    )
    ((state, error),) = work()
    assert state == "failed" and "line break" in error and mail.outbox == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"jo@example.com": (550, b"no such user")}), "failed"),
        (smtplib.SMTPRecipientsRefused({"jo@example.com": (450, b"greylisted")}), "waiting"),
        (smtplib.SMTPDataError(554, b"spam"), "failed"),
        (smtplib.SMTPDataError(451, b"later"), "waiting"),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), "waiting"),
        (ConnectionRefusedError("refused"), "waiting"),
        (TimeoutError("slow"), "waiting"),
    ],
)
def test_refused_for_good_is_given_up_and_the_rest_tried_again(
    write: Write, monkeypatch: pytest.MonkeyPatch, fault: Exception, state: str
) -> None:
    def fail(*_: Any) -> int:
        raise fault

    write()
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        assert work()[0][0] == state
    Outbox.objects.filter(state="waiting").update(run_at="2020-01-01T00:00:00Z")
    assert work()[0][0] == ("failed" if state == "failed" else "done")


def test_without_a_mail_server_mail_is_kept_as_files(write: Write, settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    settings.EMAIL_BACKEND = f"{maildir.__name__}.Folder"
    write()
    work()
    again()
    work()
    (kept,) = (tmp_path / "mail").iterdir()
    assert kept.suffix == ".eml" and b"Hello" in kept.read_bytes()
