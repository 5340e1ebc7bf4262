"""What leaves the house: the one place where mail is promised."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.core.outbox import Outbox, declare, later
from fairlead.models import Company, Person, User, normal
from fairlead.models.suppression import Answer, may_contact

# For three days: mail servers are away for longer than other services, and what was promised is not given up.
MAIL = declare("mail", leaves_house=True, tries=24)
# To a colleague: it does not leave the house, so what it tells of can still be undone.
NOTICE = declare("notice")
# To our own people about their account and their work; no suppression keeps these back.
ACCOUNT = frozenset({"sign_in", "invitation", "security"})
OURSELVES = ACCOUNT | {"notice"}
# What holds a secret, or what a visitor wrote: its text is forgotten once it has left.
FORGOTTEN = OURSELVES | {"confirmation"}


def send_mail_later(
    to: str,
    subject: str,
    text: str,
    *,
    purpose: str,
    html: str = "",
    calendar: str = "",
    method: str = "",
    reply_to: str = "",
    person: Person | None = None,
    company: Company | None = None,
    automatic: bool = True,
    key: str = "",
    at: datetime | None = None,
    more: Mapping[str, Any] | None = None,
) -> Answer:
    """Promise a mail in the running act, unless its receiver is not to be contacted: the answer says why not.

    With a `key` (address + rule + day) it is promised once. `automatic`: nobody wrote it by hand. `calendar`: an
    iCalendar file that is attached; with a `method` a message to the receiver's calendar (RFC 6047). `at`: not before.
    `more`: what else the sender needs to know.
    """
    if not normal.mail(to):
        raise Invalid({"to": [_("%(text)s is not an e-mail address.") % {"text": to}]})
    if len(subject.splitlines()) > 1:
        raise Invalid({"subject": [_("A subject is one line.")]})
    answer = may_mail(to, purpose, person=person, company=company)
    if answer.allowed:
        whom = {"person": person and person.pk, "company": company and company.pk}
        beside = {"calendar": calendar, "method": method, "reply_to": reply_to}
        later(
            NOTICE.name if purpose == "notice" else MAIL.name,
            {"to": to, "subject": subject, "text": text, "html": html, "purpose": purpose, "automatic": automatic}
            | {noun: pk for noun, pk in whom.items() if pk}
            | {name: value for name, value in beside.items() if value}
            | dict(more or {}),
            key=key and f"mail:{key}",
            at=at,
        )
    return answer


def message_id(row: Outbox) -> str:
    """The same for the same promise, whoever sends it and how often; nobody else can make one."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{row.pk}.{_mark(row)}@{address.rpartition('@')[2] or 'localhost'}>"


def promise_of(message_id: str) -> Outbox | None:
    """The mail of ours with this Message-ID, while it is kept; None for any other."""
    found = re.fullmatch(r"<(\d{1,18})\.([0-9a-f]{32})@[^<>]+>", message_id)
    row = Outbox.objects.filter(pk=int(found[1]), effect__in=[MAIL.name, NOTICE.name]).first() if found else None
    return row if found and row is not None and hmac.compare_digest(found[2], _mark(row)) else None


def _mark(row: Outbox) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{row.pk} {row.key}".encode(), hashlib.sha256).hexdigest()[:32]


def tell_colleague(user: User, subject: str, text: str, *, key: str) -> None:
    """Promise a mail to somebody who works here, once for a key."""
    if user.is_active:
        later(NOTICE.name, to_colleague(user, subject, text), key=f"notice:{key}")


def to_colleague(user: User, subject: str, text: str) -> dict[str, Any]:
    """A mail to somebody who works here, as the outbox holds it."""
    facts = {"to": user.email, "subject": " ".join(subject.split())[:200], "text": text, "html": ""}
    return facts | {"purpose": "notice", "automatic": True}


def may_mail(to: str, purpose: str, *, person: Person | None = None, company: Company | None = None) -> Answer:
    """Asked when a mail is promised, and again when it leaves."""
    return Answer(True) if purpose in OURSELVES else may_contact(to, "mail", purpose, person=person, company=company)
