"""Carrying out promised mail: asked once more whether it may leave, then sent under a Message-ID of its own."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.mail import BadHeaderError, EmailMultiAlternatives

from fairlead.core.actor import system
from fairlead.core.outbox import CallOff, GiveUp, Outbox, carries_out
from fairlead.core.upload import stored
from fairlead.models import Company, Person, Response, Sending
from fairlead.programs.sending import hand_over, sender
from fairlead.reading.bounces import is_gone, status_in
from fairlead.verbs.bounces import came_back
from fairlead.verbs.letters import leaving_link
from fairlead.verbs.outgoing import FORGOTTEN, MAIL, NOTICE, may_mail, message_id
from fairlead.verbs.responses import note_response_failed, note_response_sent

SYSTEM = system("mail")
# An automatic answer asks for none in return (RFC 3834; the others are what mail programs besides it look at).
NO_ANSWER = {"Auto-Submitted": "auto-replied", "Precedence": "bulk", "X-Auto-Response-Suppress": "All"}


@carries_out(MAIL)
@carries_out(NOTICE)
def send(row: Outbox) -> None:
    """Send one mail. Sent again after a crash it has the same Message-ID, so that the receiver sees it once."""
    response = _response(row)
    if response is not None and response.state == Response.State.SENT:
        return  # it had left, and only that was not written down here
    with _told(row, response):
        _still_allowed(row)
        _hand_over(message(row), row)
    if response is not None:
        note_response_sent(SYSTEM, response)
    if row.payload["purpose"] in FORGOTTEN:
        row.payload = {name: row.payload[name] for name in ("to", "subject", "purpose")}


def message(row: Outbox) -> EmailMultiAlternatives:
    mail = row.payload
    ours = Sending.ours()
    answers_to = mail.get("reply_to") or ours.reply_to
    reply_to = [answers_to] if answers_to else None
    made = EmailMultiAlternatives(
        mail["subject"], mail["text"], sender(ours), to=[mail["to"]], headers=_headers(row), reply_to=reply_to
    )
    if mail.get("html"):
        made.attach_alternative(mail["html"], "text/html")
    if mail.get("method"):  # what calendars act on stands beside the text, not behind it
        made.attach_alternative(mail["calendar"], f"text/calendar; method={mail['method']}")
    elif mail.get("calendar"):
        made.attach("event.ics", mail["calendar"], "text/calendar")
    for file in mail.get("files", ()):
        try:
            made.attach(file["name"], stored(file["stored_as"]).read_bytes(), file["media_type"])
        except FileNotFoundError:
            raise GiveUp(f"{file['name']} is not in the store. A restored backup may lack it.") from None
    if mail.get("response"):
        made.from_email = ""  # the null return path: what bounces comes back to nobody (RFC 3834, 3.3)
    return made


def _headers(row: Outbox) -> dict[str, str]:
    mail, headers = row.payload, {"Message-ID": message_id(row)}
    if mail.get("response"):
        headers |= NO_ANSWER | {"From": sender()}
    elif mail.get("automatic", True):
        headers["Auto-Submitted"] = "auto-generated"
    if mail.get("leaves_in"):
        headers |= _way_out(mail["to"], mail["leaves_in"])
    if mail.get("answers"):
        headers |= {"In-Reply-To": mail["answers"], "References": mail["answers"]}
    return headers


def _way_out(address: str, language: str) -> dict[str, str]:
    """How its receiver has no more of these, in one click of the mail program (RFC 8058, which asks for https)."""
    link = leaving_link(address, language)
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link.startswith("https:") else {}
    return {"List-Unsubscribe": f"<{link}>"} | one_click


def _hand_over(made: EmailMultiAlternatives, row: Outbox) -> None:
    try:
        hand_over(made)
    except BadHeaderError as error:
        raise GiveUp(f"A header with a line break: {error}") from None
    except smtplib.SMTPRecipientsRefused as error:
        code, text = min(error.recipients.values())
        said = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        if code >= 500 and is_gone(status := status_in(said)):
            came_back(SYSTEM, row, status, said)
        _refused(code, error)
    except smtplib.SMTPDataError as error:
        _refused(error.smtp_code, error)
    except Exception as error:
        # a provider that will not have this mail, or not this receiver
        if getattr(error, "status_code", 0) in {400, 422} or type(error).__name__ == "AnymailRecipientsRefused":
            raise GiveUp(str(error)[:500]) from None
        raise


@contextmanager
def _told(row: Outbox, response: Response | None) -> Iterator[None]:
    """What keeps an automatic answer from arriving is written down with it."""
    try:
        yield
    except (GiveUp, CallOff) as reason:
        if response is not None:
            note_response_failed(SYSTEM, response, reason=str(reason))
        raise
    except Exception as error:
        if response is not None and row.attempts >= MAIL.tries:
            note_response_failed(SYSTEM, response, reason=str(error))
        raise


def _response(row: Outbox) -> Response | None:
    found = Response.objects.filter(public_id=row.payload.get("response", ""))
    return found.select_related("lead__owner", "template").first() if row.payload.get("response") else None


def _still_allowed(row: Outbox) -> None:
    person = Person.objects.filter(pk=row.payload.get("person")).first()
    company = Company.objects.filter(pk=row.payload.get("company")).first()
    answer = may_mail(row.payload["to"], row.payload["purpose"], person=person, company=company)
    if not answer.allowed:
        raise CallOff(f"Do not contact: {answer.because.reason if answer.because else ''}")


def _refused(code: int, error: Exception) -> None:
    """A 5xx about this address or this message is for good; anything else may pass (RFC 5321, 4.2.1)."""
    raise GiveUp(str(error)) if code >= 500 else error
