"""Mailboxes: where mails are read that become inquiries."""

from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.sealed import seal
from fairlead.core.verb import verb
from fairlead.models import Endpoint, Mailbox, MailboxProgress, Team
from fairlead.verbs.naming import free_name
from fairlead.verbs.servers import plain_settings

Security = Literal["tls", "starttls", "none"]
# What says which messages there are: when it changes, the reading begins anew.
WHERE = ("host", "port", "username", "folder")


class MailboxFacts(TypedDict, total=False):
    port: int
    security: Security
    folder: str
    team: Team | None


class MailboxEdits(MailboxFacts, total=False):
    host: str
    username: str
    endpoint: Endpoint


@verb("{by} connected the mailbox {it}", may="organisation.edit", secret=True)
def create_mailbox(
    by: Actor, *, name: str, host: str, username: str, password: str, endpoint: Endpoint, **facts: Unpack[MailboxFacts]
) -> Mailbox:
    """Read a mailbox by IMAP: what arrives there from now on becomes inquiries, as the endpoint says."""
    values: dict[str, Any] = {"host": host, "username": username, "endpoint": endpoint, **facts}
    return create(
        Mailbox, name=free_name(name, Mailbox.objects.all()), password=seal(password), **plain_settings(values)
    )


@verb("{by} edited the mailbox {mailbox}", may="organisation.edit", secret=True)
def edit_mailbox(
    by: Actor,
    mailbox: Mailbox,
    *,
    name: str | None = None,
    password: str = "",
    version: int | None = None,
    **facts: Unpack[MailboxEdits],
) -> Mailbox:
    """Change where a mailbox is, or what becomes of its mails. To sign in elsewhere, the password is needed again."""
    values = plain_settings(dict(facts)) | (
        {"name": free_name(name, Mailbox.objects.all(), mailbox)} if name is not None else {}
    )
    check_version(mailbox, version, values)
    moved = {each for each in WHERE if values.get(each, getattr(mailbox, each)) != getattr(mailbox, each)}
    if moved & {"host", "port", "username"} and not password:
        raise Invalid({"password": [_("Write the password again: it goes to another server or user.")]})
    if password and password != mailbox.secret:
        values["password"] = seal(password)
    change(mailbox, **values)
    if moved:
        MailboxProgress.objects.filter(mailbox=mailbox).delete()
    elif password:
        MailboxProgress.objects.filter(mailbox=mailbox).update(next_at=None, failures=0)
    return mailbox


@verb("{by} stopped reading the mailbox {mailbox}", may="organisation.edit")
def close_mailbox(by: Actor, mailbox: Mailbox) -> Mailbox:
    """Read this mailbox no more; what has arrived stays."""
    if mailbox.is_open:
        change(mailbox, archived_at=clock.now())
    return mailbox


@verb("{by} reads the mailbox {mailbox} again", may="organisation.edit")
def open_mailbox(by: Actor, mailbox: Mailbox) -> Mailbox:
    """Read this mailbox again, from where the reading ended."""
    change(mailbox, archived_at=None)
    return mailbox
