"""Carrying out promised mail: asked once more whether it may leave, then sent under a Message-ID of its own."""

import hashlib
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives

from fairlead.core.outbox import CallOff, GiveUp, Outbox, carries_out
from fairlead.models import Company, Person
from fairlead.verbs.outgoing import FORGOTTEN, MAIL, NOTICE, may_mail


@carries_out(MAIL)
@carries_out(NOTICE)
def send(row: Outbox) -> None:
    """Send one mail. Sent again after a crash it has the same Message-ID, so that the receiver sees it once."""
    _still_allowed(row)
    try:
        message(row).send()
    except BadHeaderError as error:
        raise GiveUp(f"A header with a line break: {error}") from None
    except smtplib.SMTPRecipientsRefused as error:
        _refused(min(code for code, _text in error.recipients.values()), error)
    except smtplib.SMTPDataError as error:
        _refused(error.smtp_code, error)
    if row.payload["purpose"] in FORGOTTEN:
        row.payload = {name: row.payload[name] for name in ("to", "subject", "purpose")}


def message(row: Outbox) -> EmailMultiAlternatives:
    mail = row.payload
    headers = {"Message-ID": message_id(row.key)}
    if mail.get("automatic", True):
        headers["Auto-Submitted"] = "auto-generated"
    reply_to = [mail["reply_to"]] if mail.get("reply_to") else None
    made = EmailMultiAlternatives(mail["subject"], mail["text"], to=[mail["to"]], headers=headers, reply_to=reply_to)
    if mail.get("html"):
        made.attach_alternative(mail["html"], "text/html")
    if mail.get("method"):  # what calendars act on stands beside the text, not behind it
        made.attach_alternative(mail["calendar"], f"text/calendar; method={mail['method']}")
    elif mail.get("calendar"):
        made.attach("event.ics", mail["calendar"], "text/calendar")
    return made


def message_id(key: str) -> str:
    """The same for the same promise, whoever sends it and how often."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{address.rpartition('@')[2] or 'localhost'}>"


def _still_allowed(row: Outbox) -> None:
    person = Person.objects.filter(pk=row.payload.get("person")).first()
    company = Company.objects.filter(pk=row.payload.get("company")).first()
    answer = may_mail(row.payload["to"], row.payload["purpose"], person=person, company=company)
    if not answer.allowed:
        raise CallOff(f"Do not contact: {answer.because.reason if answer.because else ''}")


def _refused(code: int, error: Exception) -> None:
    """A 5xx about this address or this message is for good; anything else may pass (RFC 5321, 4.2.1)."""
    raise GiveUp(str(error)) if code >= 500 else error
