"""Automatic answers: once, in the lead's language, with what they promise, and to nobody who must not get one."""

import json
import re
import threading
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Activity, Form, Lead, MailTemplate, Notice, Organisation, Response, TrialCode, TrialPool
from fairlead.models.response import after_quiet_hours
from fairlead.verbs.forms import edit_form
from fairlead.verbs.leads import create_lead
from fairlead.verbs.letters import form_link
from fairlead.verbs.mail_templates import archive_mail_template, edit_mail_template
from fairlead.verbs.organisation import edit_organisation
from fairlead.verbs.responses import respond_automatically
from fairlead.verbs.suppressions import suppress_address
from fairlead.verbs.trials import add_trial_codes, create_trial_pool
from fairlead.work import mail as _sending  # noqa: F401
from fairlead.work import trials as _asking  # noqa: F401
from tests.inbox.arrivals import SYSTEM, arrived, processed


@pytest.fixture
def lead(world: World) -> Lead:
    return create_lead(SYSTEM, name="Ana Gil", email="ana@new.example", language="es", message="Hola")


def template(name: str = "Thank you") -> MailTemplate:
    return MailTemplate.objects.get(name=name)


def posted() -> list[Any]:
    """The mails that leave now."""
    mail.outbox.clear()
    while rows := claim("test", most=50):
        for row in rows:
            carry_out(row)
    return list(mail.outbox)


def test_a_lead_is_answered_once_in_its_language_by_a_robot_that_says_so(lead: Lead) -> None:
    made = respond_automatically(SYSTEM, lead, template=template())
    assert respond_automatically(SYSTEM, lead, template=template()) == made
    again = respond_automatically(SYSTEM, lead, template=template("Backup trial"))
    assert (again.state, again.reason) == ("withheld", "This address was answered today.")
    (sent,) = posted()
    assert (sent.to, sent.subject, sent.from_email) == (["ana@new.example"], "Gracias por escribir a Northgate IT", "")
    assert sent.body.startswith("Hola Ana,\n")
    headers = {name: sent.message()[name] for name in ("Auto-Submitted", "Precedence", "X-Auto-Response-Suppress")}
    assert headers == {
        "Auto-Submitted": "auto-replied",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
    }
    assert "fairlead@" in sent.message()["From"]
    made.refresh_from_db()
    lead.refresh_from_db()
    entry = Activity.objects.get(lead=lead)
    assert (made.state, entry.automatic, entry.kind, entry.direction) == ("sent", True, "mail", "out")
    assert lead.responded_at is None and lead.last_contact_at is None
    Outbox.objects.filter(key=f"mail:response:{made.key}").update(state="waiting", run_at="2020-01-01T00:00:00Z")
    assert posted() == [] and Activity.objects.filter(lead=lead).count() == 1
    with clock.at(clock.now() + timedelta(days=1)):
        assert respond_automatically(SYSTEM, lead, template=template("Backup trial")).state == "promised"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "no e-mail address"),
        ("no mail", "no e-mail address"),
        ("noreply@shop.example", "takes no answers"),
        ("MAILER-DAEMON@shop.example", "mail system"),
        ("users-request@lists.example", "list"),
        ("owner-users@lists.example", "list"),
        ("sam@northgate.example", "address of ours"),
        ("stop@new.example", "Do not contact: Asked"),
    ],
)
def test_who_must_not_be_answered_is_not(world: World, address: str, reason: str) -> None:
    suppress_address(SYSTEM, address="Stop@new.example", channel="mail", reason="Asked")
    lead = create_lead(SYSTEM, name="X", email=address)
    made = respond_automatically(SYSTEM, lead, template=template())
    assert made.state == "withheld" and reason in made.reason and posted() == []


def test_what_changes_before_it_leaves_is_heeded(lead: Lead, world: World) -> None:
    made = respond_automatically(SYSTEM, lead, template=template())
    suppress_address(SYSTEM, address="ana@new.example", channel="mail", reason="Asked")
    assert posted() == []
    made.refresh_from_db()
    assert (made.state, made.reason) == ("failed", "Do not contact: Asked")
    archive_mail_template(SYSTEM, template())
    other = create_lead(SYSTEM, name="Y", email="y@new.example")
    assert respond_automatically(SYSTEM, other, template=template()).reason == "The template is archived."


def test_an_answer_that_has_not_left_is_taken_back(lead: Lead, world: World) -> None:
    by = world.admin.actor("web")
    respond_automatically(by, lead, template=template())
    act = last()
    assert act is not None
    undo(by, act=str(act.id))  # type: ignore[arg-type]
    assert posted() == [] and not Response.objects.filter(lead=lead).exists()


def test_quiet_hours_are_those_of_the_recipient(lead: Lead, world: World) -> None:
    ours = Organisation.ours()
    edit_organisation(world.admin.actor("web"), ours, quiet_from=time(21), quiet_until=time(7))
    ours.refresh_from_db()
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    ends = {"": (25, 7), "JP": (24, 22), "DE": (25, 6), "US": (25, 7)}  # many clocks in the US: ours
    for country, (day, hour) in ends.items():
        end = after_quiet_hours(late, country, ours)
        assert (end.day, end.hour) == (day, hour), country
    assert after_quiet_hours(datetime(2026, 11, 25, 6, 59, tzinfo=UTC), "", ours).hour == 7
    assert after_quiet_hours(datetime(2026, 11, 25, 7, tzinfo=UTC), "", ours).minute == 0
    with clock.at(late):
        made = respond_automatically(SYSTEM, lead, template=template())
        assert posted() == [] and made.due_at == datetime(2026, 11, 25, 7, tzinfo=UTC)
    with clock.at(late + timedelta(hours=9)):
        assert len(posted()) == 1


def test_codes_are_given_once_and_awaited(lead: Lead, world: World) -> None:
    trial, pool = template("Backup trial"), TrialPool.objects.get()
    left = pool.left
    respond_automatically(SYSTEM, lead, template=trial)
    (sent,) = [each for each in posted() if each.to == ["ana@new.example"]]
    code = TrialCode.objects.get(lead=lead).code
    assert code in sent.body and pool.left == left - 1
    empty = create_trial_pool(SYSTEM, name="Empty")
    edit_mail_template(SYSTEM, trial, pool=empty)
    second = create_lead(world.sam.actor("web"), name="Ben", email="ben@new.example")
    third = create_lead(SYSTEM, name="Cy", email="cy@new.example")
    waiting = [respond_automatically(SYSTEM, each, template=trial) for each in (second, third)]
    assert [each.state for each in waiting] == ["waiting", "waiting"] and "No codes are left" in waiting[0].reason
    assert Notice.objects.filter(user=world.sam, kind="waits", lead=second).exists()
    mails = posted()
    assert [each.to for each in mails if "0 codes left" in each.subject] == [[world.admin.email]]
    add_trial_codes(SYSTEM, empty, codes=["E-1"])
    assert ["E-1" in each.body for each in posted() if each.to == ["ben@new.example"]] == [True]
    add_trial_codes(SYSTEM, empty, codes=["E-2", "E-3"])
    assert ["E-2" in each.body for each in posted() if each.to == ["cy@new.example"]] == [True]
    with clock.at(clock.now() + timedelta(days=2)):
        respond_automatically(SYSTEM, second, template=trial)
        assert ["E-1" in each.body for each in posted() if each.to == ["ben@new.example"]] == [True]


class Service(BaseHTTPRequestHandler):
    """Gives out logins; what it is asked is kept."""

    asked: list[Any] = []
    answers: list[tuple[int, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), json.loads(body)))
        status, said = self.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Silent."""


def test_a_web_service_makes_access(lead: Lead, settings: Any) -> None:
    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Service.asked, Service.answers = [], [(503, b""), (200, b'{"access": "https://t.example/x7"}')]
    at = f"http://127.0.0.1:{server.server_port}/new"
    pool = create_trial_pool(SYSTEM, name="Service", address=at, signing_key="whsec_c2VjcmV0")
    trial = template("Backup trial")
    edit_mail_template(SYSTEM, trial, pool=pool)
    made = respond_automatically(SYSTEM, lead, template=trial)
    assert posted() == [] and Service.asked == []  # within one's own network: refused
    assert Outbox.objects.get(effect="trial_access").state == "failed"
    settings.PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    Outbox.objects.filter(effect="trial_access").update(state="waiting", attempts=0, run_at="2020-01-01T00:00:00Z")
    assert posted() == []
    Outbox.objects.filter(effect="trial_access").update(run_at="2020-01-01T00:00:00Z")
    (sent,) = posted()
    server.shutdown()
    server.server_close()
    made.refresh_from_db()
    assert "https://t.example/x7" in sent.body and made.state == "sent"
    (first, asked), (second, _again) = Service.asked
    assert first["webhook-id"] == second["webhook-id"] and first["webhook-signature"].startswith("v1,")
    assert asked["data"]["lead"] == lead.public_id


def test_a_personal_link_completes_the_same_lead(lead: Lead, world: World) -> None:
    form = Form.objects.get(name="Backup trial")
    mark = form_link(form, lead).partition("?for=")[2]
    filled = {"name": "Other", "email": "other@new.example", "company_name": "Gil SA", "message": "2 TB", "_for": mark}
    kept = processed(form.endpoint, filled | stamped(form))
    assert (kept.state, kept.lead) == ("processed", lead)
    lead.refresh_from_db()
    assert (lead.name, lead.email, lead.company_name, lead.message) == ("Ana Gil", "ana@new.example", "Gil SA", "Hola")
    assert "2 TB" in Activity.objects.get(lead=lead, direction="in").text
    stranger = processed(form.endpoint, filled | {"_for": mark[:-2] + "xx"} | stamped(form))
    assert stranger.lead != lead


def stamped(form: Form) -> dict[str, str]:
    from fairlead.reading.stamps import stamp

    return stamp(form.address, clock.now() - timedelta(minutes=1))


def test_a_form_answers_by_its_template_instead_of_its_own_text(world: World) -> None:
    form = Form.objects.get(name="Contact us")
    edit_form(SYSTEM, form, template=template())
    fields = {"name": "Ann Lee", "email": "ann@new.example", "message": "Hello", "_lang": "de"}
    kept = processed(form.endpoint, fields | stamped(form))
    (sent,) = [each for each in posted() if each.to == ["ann@new.example"]]
    assert sent.subject == "Danke für Ihre Nachricht an Northgate IT" and "Guten Tag Ann Lee" in sent.body
    assert Response.objects.get(submission=kept).state == "sent"
    for number in range(3):  # who writes a hundred times a day is answered once
        processed(form.endpoint, fields | {"message": f"{number}"} | stamped(form))
    assert [each for each in posted() if each.to == ["ann@new.example"]] == []


PERSON = "From: Ann Lee <ann@new.example>\nTo: sales@us.example\nSubject: Laptops\nMessage-ID: <1@new.example>\n"
TEXT = "\n\nWe need laptops.\n"
REPORT = 'Content-Type: multipart/report; report-type={0}; boundary="b"\n\n--b\n\nIt was not delivered.\n--b--\n'
# 19 kinds of mail that no person wrote, or whose sender asks for no automatic answer.
AUTOMATIC = {
    "vacation": PERSON + "Auto-Submitted: auto-replied" + TEXT,
    "vacation that says which": PERSON + "Auto-Submitted: Auto-Replied (vacation); owner-email=a@b" + TEXT,
    "notification": PERSON + "Auto-Submitted: auto-generated" + TEXT,
    "Sieve notification": PERSON + "Auto-Submitted: auto-notified; owner-email=a@b" + TEXT,
    "bounce": PERSON + "Return-Path: <>\n" + REPORT.format("delivery-status"),
    "delay": PERSON + REPORT.format("delivery-status"),
    "read receipt": PERSON + REPORT.format("disposition-notification"),
    "complaint": PERSON + REPORT.format("feedback-report"),
    "mailer daemon": PERSON.replace("ann@", "MAILER-DAEMON@") + TEXT,
    "postmaster": PERSON.replace("ann@", "postmaster@") + TEXT,
    "variable return path": PERSON.replace("ann@", "bounces+17=x@") + TEXT,
    "no return path": PERSON + "Return-Path: <>" + TEXT,
    "bulk": PERSON + "Precedence: bulk" + TEXT,
    "junk": PERSON + "Precedence: junk" + TEXT,
    "list": PERSON + "List-Id: <users.lists.example>\nList-Post: <mailto:users@lists.example>" + TEXT,
    "newsletter": PERSON + "List-Unsubscribe: <https://news.example/u>" + TEXT,
    "older autoresponder": PERSON + "X-Autoreply: yes\nPrecedence: auto_reply" + TEXT,
    "no-reply": PERSON.replace("ann@", "do-not-reply@") + TEXT,
    "Exchange": PERSON + "X-Auto-Response-Suppress: All" + TEXT,
}


@pytest.mark.parametrize("kind", [*AUTOMATIC, "our own answer", "person"])
def test_mail_never_goes_round(world: World, kind: str) -> None:
    """Whatever comes back to an answer of ours is not answered; a person is, once."""
    raw = AUTOMATIC.get(kind, PERSON + TEXT).encode()
    if kind == "our own answer":
        respond_automatically(SYSTEM, create_lead(SYSTEM, email="x@new.example"), template=template())
        (answer,) = [each for each in posted() if each.to == ["x@new.example"]]
        raw = answer.message().as_bytes()
    at = Form.objects.get(name="Backup trial").endpoint
    kept = [_mailed(at, raw, number) for number in range(2)]
    if kind == "our own answer":  # from our address, or with a header that says what it is
        assert re.search(r"ours|one of us|automatic", kept[0].reason)
    answers = [each for each in posted() if each.to == ["ann@new.example"]]
    assert len(AUTOMATIC) == 19 and len(answers) == (1 if kind == "person" else 0)
    assert [each.lead is not None for each in kept] == [kind in {"person", "Exchange"}] * 2
    if answers:
        assert answers[0].message()["In-Reply-To"] == "<1@new.example>"


def _mailed(at: Any, raw: bytes, number: int) -> Any:
    """Read from a mailbox, and answered as a rule would."""
    from fairlead.verbs.submissions import process_submission

    headers = {"Mailbox": "none", "Idempotency-Key": f"{number}"}
    kept = process_submission(SYSTEM, arrived(at, raw, "message/rfc822", headers=headers))
    if kept.lead is not None:
        respond_automatically(SYSTEM, kept.lead, template=template(), submission=kept)
    return kept
