"""Mailboxes in the worker: each is read every minute, beside what is urgent."""

import uuid

from fairlead.core.outbox import OPEN, Outbox, carries_out, declare
from fairlead.models import Mailbox
from fairlead.programs.mailboxes import fetch
from fairlead.work.schedule import every

FETCH = declare("fetch_mail", tries=3, long=True)


@every("* * * * *")
def read_mailboxes() -> None:
    """Promise a visit to each mailbox that has none before it."""
    waiting = Outbox.objects.filter(effect=FETCH.name, state__in=OPEN).values_list("payload__mailbox", flat=True)
    for mailbox in Mailbox.objects.live().exclude(public_id__in=set(waiting)):
        key = f"{FETCH.name}:{uuid.uuid4().hex}"
        Outbox.objects.create(act=uuid.uuid4(), effect=FETCH.name, key=key, payload={"mailbox": mailbox.public_id})


@carries_out(FETCH)
def visit(row: Outbox) -> None:
    mailbox = Mailbox.objects.live().filter(public_id=row.payload["mailbox"]).first()
    if mailbox is not None:
        fetch(mailbox)
