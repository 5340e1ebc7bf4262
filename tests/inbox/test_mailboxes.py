"""Mail to lead: a mailbox read from a real server, each message once, robots never, whatever the connection does."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock, outside
from fairlead.core.errors import Invalid
from fairlead.core.outbox import Outbox
from fairlead.demo.world import World
from fairlead.models import Event, Lead, Mailbox, MailboxProgress, Submission
from fairlead.programs import mailboxes
from fairlead.programs.mailboxes import Trouble, fetch, look
from fairlead.reading.message import letter, visible
from fairlead.verbs.endpoints import edit_endpoint
from fairlead.verbs.mailboxes import close_mailbox, create_mailbox, edit_mailbox
from fairlead.work import intake
from fairlead.work.mailboxes import read_mailboxes, visit
from tests.inbox.arrivals import SYSTEM, endpoint, ours
from tests.inbox.imap import Server


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with Server() as found:
        yield found


@pytest.fixture
def mailbox(world: World, server: Server) -> Mailbox:
    """One that was visited before anything arrived."""
    made = connected(server, team=world.sam.teams.first())
    server.put(mail(text="Long ago"))
    assert fetch(made) == 0  # what was there before stays what it was
    return made


def connected(server: Server, **facts: Any) -> Mailbox:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "sales@us.example",
    }
    at = endpoint("Sales mail", lead_type="inquiry")
    return create_mailbox(SYSTEM, name="Sales", password="secret", endpoint=at, **given | facts)


def mail(text: str = "We need 12 laptops", **headers: str) -> bytes:
    made = EmailMessage()
    given = {"From": "Ann Lee <ann@new.example>", "To": "sales@us.example", "Subject": "Laptops", **headers}
    for name, value in given.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def drained() -> list[Submission]:
    while intake.turn():
        pass
    return list(ours())


def test_a_mail_becomes_a_lead_once(world: World, mailbox: Mailbox, server: Server) -> None:
    server.put(mail(Message_ID="<1@new.example>"), mail(Message_ID="<1@new.example>"))
    assert (fetch(mailbox), fetch(mailbox)) == (1, 0)
    kept = drained()
    assert [each.state for each in kept] == ["processed"] and kept[0].body == server.mails[2]
    lead = Lead.objects.get(email="ann@new.example")
    assert (lead.name, lead.interest, lead.message) == ("Ann Lee", "Laptops", "We need 12 laptops")
    assert (lead.team, lead.owner, lead.lead_type) == (world.sam.teams.first(), None, "inquiry")
    server.put(mail("Still interested?"))
    assert fetch(mailbox) == 1 and drained()[-1].lead == lead  # it joins the open lead
    assert all("EXAMINE" in each or "SELECT" not in each for each in server.asked)


def test_a_connection_that_is_lost_loses_nothing(mailbox: Mailbox, server: Server) -> None:
    server.put(*(mail(Message_ID=f"<{number}@new.example>", From=f"p{number}@new.example") for number in range(4)))
    server.cut_at, server.cuts = 4, 1
    assert fetch(mailbox) == 0 and len(drained()) == 2
    progress = mailbox.progress
    assert "failed" in progress.problem and progress.failures == 1 and progress.uid == 3
    assert fetch(mailbox) == 0  # it waits a while
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert fetch(mailbox) == 2
    assert len(drained()) == 4 and mailbox.progress.problem == ""
    assert Lead.objects.filter(email__regex="^p[0-3]@new").count() == 4


def test_messages_numbered_anew_are_known_by_their_ids(mailbox: Mailbox, server: Server) -> None:
    server.put(mail(Message_ID="<1@new.example>"), mail("No id"))
    assert fetch(mailbox) == 2
    server.validity, server.mails = 9, {100: server.mails[3], 101: server.mails[2]}
    server.put(mail(Message_ID="<3@new.example>"))
    assert fetch(mailbox) == 1 and fetch(mailbox) == 0
    assert len(drained()) == 3 and mailbox.progress.validity == 9
    assert any("SINCE" in each for each in server.asked)


def test_a_huge_mail_is_kept_by_its_beginning(
    mailbox: Mailbox, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "WHOLE", 5000)
    monkeypatch.setattr(mailboxes, "BEGINNING", 2000)
    server.put(mail("Hello there\n" + "x" * 9000))
    assert fetch(mailbox) == 1
    kept = drained()[0]
    assert len(kept.body) == 2000 and int(kept.headers["Whole-Size"]) > 9000 and kept.state == "processed"
    server.put(mail("y" * 9000))
    server.claims = 10
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert fetch(mailbox) == 0 and "too large" in mailbox.progress.problem


ROBOTS = {
    "null sender": mail(Return_Path="<>"),
    "automatic": mail(Auto_Submitted="auto-replied"),
    "generated": mail(Auto_Submitted='auto-generated; owner-email="x@y.example"'),
    "daemon": mail(From="Mail Delivery System <MAILER-DAEMON@new.example>"),
    "vacation": mail(X_Autoreply="yes"),
    "list": mail(List_Id="<news.new.example>"),
    "newsletter": mail(List_Unsubscribe="<mailto:x@new.example>"),
    "bulk": mail(Precedence="bulk"),
    "no-reply": mail(From="noreply@new.example"),
    "ours": mail(From="Sam <SAM@northgate.example>"),
    "ourselves": mail(From="sales@us.example"),
    "report": b"From: a@new.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n",
    "nobody": b"Subject: Hello\r\n\r\nHello",
}


def test_robots_bounces_lists_and_ourselves_never_become_leads(mailbox: Mailbox, server: Server) -> None:
    before = Lead.objects.count()
    server.put(*ROBOTS.values())
    assert fetch(mailbox) == len(ROBOTS)
    kept = {kind: (each.state, bool(each.reason)) for kind, each in zip(ROBOTS, drained(), strict=True)}
    assert kept == dict.fromkeys(ROBOTS, ("unusable", True)) and Lead.objects.count() == before


PEOPLE = {
    "said not to be automatic": mail(Auto_Submitted="no"),
    "a form's mail": mail(From="noreply@site.example", Reply_To="Ann Lee <ann@new.example>"),
    "priority": mail(Precedence="first-class", X_Priority="1"),
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_are_not_taken_for_robots(mailbox: Mailbox, server: Server, kind: str) -> None:
    server.put(PEOPLE[kind])
    assert fetch(mailbox) == 1 and [each.state for each in drained()] == ["processed"]
    assert Lead.objects.filter(email="ann@new.example").exists()


BROKEN = {
    "charset": b"From: x@new.example\r\nContent-Type: text/plain; charset=nothing\r\n\r\nGr\xfc\xdfe",
    "base64": b"From: x@new.example\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff%%%not base64",
    "boundary": b"From: x@new.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello",
    "header": b"From: =?utf-8?b?//8?= <x@new.example>\r\nSubject: =?x?q?=FF?=\r\n\r\nHello\x00",
    "bytes": b"From: Gr\xfc\xdfe <x@new.example>\r\nSubject: \xff\xfe\r\nMessage-ID: <\xff>\r\n\r\n\xff",
    "nested": b"From: x@new.example\r\n"
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(3000)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_mails_are_kept_and_hold_nothing_up(mailbox: Mailbox, server: Server, kind: str) -> None:
    server.put(BROKEN[kind], mail())
    assert fetch(mailbox) == 2
    first, second = drained()
    assert first.body == BROKEN[kind] and second.state == "processed"
    assert first.state in {"processed", "unusable"} and (kind == "nested" or first.state == "processed")


def test_what_is_read_of_a_mail() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "=?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <j@new.example>", "Größe"
    made.set_content("<style>p{}</style><p>Hello &amp; <b>you</b></p><script>x()</script><p>Bye</p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Größe.pdf")
    found = letter(made.as_bytes())
    assert (found.name, found.sender, found.subject) == ("Jürgen Groß", "j@new.example", "Größe")
    assert found.text == "Hello & you\n\nBye" and found.attachments == ["Größe.pdf"]
    assert visible("<p>a<p>b<br>c<div hidden>") == "a\nb\nc" and letter(b"").robot == ""


@pytest.mark.parametrize("kind", ["calls", "typeform"])
def test_a_mail_to_the_address_of_a_form_is_read_as_a_mail(world: World, server: Server, kind: Any) -> None:
    made = connected(server)
    edit_endpoint(SYSTEM, made.endpoint, kind=kind)
    fetch(made)
    server.put(mail())
    assert fetch(made) == 1 and [each.state for each in drained()] == ["processed"]


def test_a_look_says_what_it_sees(mailbox: Mailbox, server: Server, settings: Any) -> None:
    assert "INBOX was opened. There is 1 message;" in look(mailbox)
    for facts, said in (
        ({"folder": "Other"}, "There is no folder named Other."),
        ({"password": "wrong"}, "refused the user name or the password of sales@us.example: wrong password"),
        ({"security": "tls", "password": "secret"}, "does not speak TLS on port"),
        ({"security": "starttls"}, "failed"),
        ({"security": "none", "host": "imap.nowhere.invalid", "password": "secret"}, "only hosts are read"),
        ({"security": "tls", "host": "imap.nowhere.invalid"}, "There is no host named imap.nowhere.invalid."),
        ({"host": "127.0.0.1", "port": 1, "password": "secret"}, "Nothing answers at 127.0.0.1 on port 1."),
    ):
        with pytest.raises(Trouble, match=said.replace("(", "\\(")):
            look(edit_mailbox(SYSTEM, mailbox, **facts))  # type: ignore[arg-type]
    settings.PRIVATE_HOSTS = frozenset()
    with pytest.raises(Trouble, match="lies within your own network"):
        look(mailbox)


def test_a_folder_beyond_ascii(world: World, server: Server) -> None:
    server.folders = ('Entw&APw-rfe &- \\"mehr\\"',)
    assert "was opened" in look(connected(server, folder='Entwürfe & "mehr"'))


WITHIN = (
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::127.0.0.1", "fe80::1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "2001:0:7f00:1::1", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", WITHIN)
def test_addresses_within_the_house_are_none_of_the_outside(address: str) -> None:
    assert not outside.is_outside(ipaddress.ip_address(address))
    assert outside.is_outside(ipaddress.ip_address("93.184.216.34")) and outside.is_outside(
        ipaddress.ip_address("2606:2800:220:1::1")
    )


def test_the_worker_visits_each_mailbox_and_one_at_a_time(mailbox: Mailbox, server: Server) -> None:
    server.put(mail())
    read_mailboxes()
    read_mailboxes()
    row = Outbox.objects.get(effect="fetch_mail")
    visit(row)
    assert len(drained()) == 1
    close_mailbox(SYSTEM, mailbox)
    Outbox.objects.all().delete()
    read_mailboxes()
    assert not Outbox.objects.filter(effect="fetch_mail").exists()
    visit(row)


def test_its_password_is_nowhere(world: World, mailbox: Mailbox, server: Server) -> None:
    assert mailbox.secret == "secret" and "secret" not in mailbox.password
    assert "secret" not in str(list(Event.objects.filter(verb="create_mailbox").values()))
    with pytest.raises(Invalid):
        edit_mailbox(SYSTEM, mailbox, host="evil.example")
    with pytest.raises(Invalid):
        edit_mailbox(SYSTEM, mailbox, folder="INBOX\r\nDELETE")
    edit_mailbox(SYSTEM, mailbox, host="localhost", password="secret")
    assert not MailboxProgress.objects.filter(mailbox=mailbox).exists()


def test_the_pages(world: World, server: Server) -> None:
    client, at = Client(), endpoint("Sales mail")
    client.force_login(world.admin)
    given = {"name": "Sales", "host": "127.0.0.1", "port": server.port, "security": "none", "folder": "INBOX"}
    given |= {"username": "sales@us.example", "password": "s3cr3t!", "endpoint": at.public_id, "team": ""}
    assert client.post("/settings/mailboxes", given | {"port": "x"}).status_code == 422
    page = client.post("/settings/mailboxes", given, follow=True).content.decode()
    made = Mailbox.objects.get()
    url = f"/settings/mailboxes/{made.public_id}"
    assert "Sales is connected." in page and "s3cr3t!" not in page
    assert "refused the user name" in client.post(f"{url}/test").content.decode()
    server.password = "s3cr3t!"
    assert "This works" in client.post(f"{url}/test").content.decode()
    assert "saved" in client.post(url, given | {"password": "", "name": "Mails"}, follow=True).content.decode()
    assert Mailbox.objects.get().secret == "s3cr3t!"
    assert (
        "Write the password again" in client.post(url, given | {"password": "", "host": "x.example"}).content.decode()
    )
    assert "not read any more" in client.post(f"{url}/close", follow=True).content.decode()
    assert "is read again" in client.post(f"{url}/open", follow=True).content.decode()
    assert "Mails" in client.get("/settings/mailboxes").content.decode()
