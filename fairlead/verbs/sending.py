"""By which server or provider mail leaves, and what did not leave sent once more."""

from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.outbox import Outbox
from fairlead.core.sealed import seal
from fairlead.core.verb import verb
from fairlead.models import Organisation, Sending
from fairlead.verbs.servers import plain_settings

WHERE = ("provider", "host", "port", "username")
EFFECTS = ("mail", "notice")


class SendingFacts(TypedDict, total=False):
    provider: Literal["files", "smtp", "brevo", "mailersend", "mailgun", "postmark", "resend"]
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    domain: str
    from_address: str
    reply_to: str


@verb("{by} changed how mail is sent", may="organisation.edit", secret=True)
def set_sending(by: Actor, *, secret: str = "", version: int | None = None, **facts: Unpack[SendingFacts]) -> Sending:
    """Say by which server or provider mail leaves. To sign in elsewhere, the password or key is needed again."""
    _one_at_a_time()
    ours, values = Sending.ours(), plain_settings(dict(facts))
    if ours.pk:
        check_version(ours, version, values)
    moved = any(values.get(name, getattr(ours, name)) != getattr(ours, name) for name in WHERE)
    if secret:
        values["secret"] = seal(secret)
    elif moved and ours.secret:
        raise Invalid({"secret": [_("Write the password or key again: it goes to another server or user.")]})
    _demand_whole({name: values.get(name, getattr(ours, name)) for name in (*WHERE, "domain")})
    if not ours.pk:
        return create(Sending, **values)
    change(ours, **values)
    return ours


@verb("{by} sends a mail once more", may="organisation.edit", undo_within=None)
def send_mail_again(by: Actor, *, key: str) -> None:
    """Try a mail again that was given up; it keeps its Message-ID, so that nobody gets it twice."""
    again = Outbox.objects.filter(key=key, effect__in=EFFECTS, state=Outbox.State.FAILED)
    if not again.update(state=Outbox.State.WAITING, attempts=0, run_at=clock.now(), error=""):
        raise WrongState(_("There is no mail with this key that was given up. Nothing was changed."))
    current().step.always = True


def _one_at_a_time() -> None:
    ours = Organisation.ours()
    if ours.pk:
        current().hold([ours])


def _demand_whole(values: dict[str, Any]) -> None:
    if values["provider"] == Sending.Provider.SMTP and not values["host"]:
        raise Invalid({"host": [_("Say which mail server.")]})
    if values["provider"] == Sending.Provider.MAILGUN and not values["domain"]:
        raise Invalid({"domain": [_("Mailgun sends for a domain. Write it.")]})
