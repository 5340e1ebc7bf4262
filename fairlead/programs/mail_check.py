"""Trying how mail is sent, one step after the other, and saying what was seen at each."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import make_msgid, parseaddr
from typing import Any, cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from fairlead.core.errors import Refused
from fairlead.core.outside import NotOutside, place
from fairlead.models import Organisation, Sending
from fairlead.programs import sending as ways
from fairlead.programs.sender_domain import Advice, advice


@dataclass(frozen=True)
class Seen:
    """One step: whether it went well, and what was seen."""

    name: str
    well: bool
    text: str


def check(to: str) -> list[Seen]:
    """Send a mail to this address as it would be sent now; ends with the first step that fails."""
    if ways.is_kept_here():
        return [_handed_over(to, _("The demo keeps it: nothing leaves. It stands among the outgoing mail."))]
    ours = Sending.ours()
    if settings.EMAIL_BACKEND == ways.FOLDER and ours.provider == Sending.Provider.FILES:
        return [_handed_over(to, _("It is kept as a file in the data folder: nothing leaves."))]
    if settings.EMAIL_BACKEND == ways.FOLDER and ours.provider != Sending.Provider.SMTP:
        return [_handed_over(to, _("%(provider)s accepted it.") % {"provider": ours})]
    server = ways.connection()
    if not isinstance(server, ways.Server):
        return [_handed_over(to, _("It was handed over."))]
    return _by_server(server, to)


def advised() -> list[Advice]:
    """What the domain of the sender says of itself; nothing where no mail leaves."""
    ours = Sending.ours()
    if ways.is_by_environment():
        ours = Sending(provider=Sending.Provider.SMTP, host=settings.EMAIL_HOST, from_address=ours.from_address)
    if ways.is_kept_here() or ours.provider == Sending.Provider.FILES:
        return []
    return advice(ways.sender(ours), ours)


def _by_server(server: ways.Server, to: str) -> list[Seen]:
    ways.forget()
    look = _Look(server, to)
    steps: list[tuple[str, Callable[[], str]]] = [(_("Name"), look.find), (_("Connection"), look.connect)]
    if server.use_tls or server.use_ssl:
        steps.append((_("Encryption"), look.encrypt))
    if server.username:
        steps.append((_("Sign-in"), look.sign_in))
    seen: list[Seen] = []
    try:
        for name, step in [*steps, (_("Mail"), look.send)]:
            seen.append(_tried(name, step, server))
            if not seen[-1].well:
                break
    finally:
        look.leave()
    return seen


class _Look:
    """The conversation with a mail server, step by step."""

    def __init__(self, server: ways.Server, to: str) -> None:
        self.server, self.to = server, to
        self.smtp: Any = None

    def find(self) -> str:
        if not self.server.guarded:
            return _("%(host)s, port %(port)s, as the environment says.") % self._where()
        at = place(self.server.host, self.server.port)
        return _("%(host)s is %(address)s.") % {"host": at.host, "address": at.address}

    def connect(self) -> str:
        known = {"context": self.server.ssl_context} if self.server.use_ssl else {}
        self.smtp = self.server.connection_class(self.server.host, self.server.port, timeout=ways.PATIENCE, **known)
        self.smtp.ehlo_or_helo_if_needed()
        return _("It answers on port %(port)s.") % self._where()

    def encrypt(self) -> str:
        if not self.server.use_ssl:
            self.smtp.starttls(context=self.server.ssl_context)
            self.smtp.ehlo_or_helo_if_needed()
        return _("%(version)s, and its certificate is good.") % {"version": self.smtp.sock.version()}

    def sign_in(self) -> str:
        self.smtp.login(self.server.username, self.server.password)
        return _("%(user)s was let in.") % {"user": self.server.username}

    def send(self) -> str:
        made = letter(self.to)
        code, said = self.smtp.mail(parseaddr(made.from_email)[1])
        if code != 250:
            # an exception, nothing is sent
            # nosemgrep
            raise smtplib.SMTPSenderRefused(code, said, made.from_email)
        code, said = self.smtp.rcpt(self.to)
        if code not in (250, 251):
            # an exception
            # nosemgrep
            raise smtplib.SMTPRecipientsRefused({self.to: (code, said)})
        code, said = self.smtp.data(cast(Any, made.message()).as_bytes(linesep="\r\n"))
        if code != 250:
            # an exception
            # nosemgrep
            raise smtplib.SMTPDataError(code, said)
        return _("Accepted: %(code)s %(said)s") % {"code": code, "said": _plain(said)}

    def leave(self) -> None:
        if self.smtp is not None:
            self.smtp.close()

    def _where(self) -> dict[str, Any]:
        return {"host": self.server.host, "port": self.server.port}


def letter(to: str) -> EmailMessage:
    """The mail that tries it."""
    organisation = Organisation.ours().name
    text = _("This mail tries how %(organisation)s sends mail. It has arrived, so it works.")
    made = EmailMessage(
        _("A try of %(organisation)s") % {"organisation": organisation},
        text % {"organisation": organisation} + f"\n\n{settings.BASE_URL}/settings/mail\n",
        ways.sender(),
        [to],
    )
    made.extra_headers = {"Auto-Submitted": "auto-generated", "Message-ID": make_msgid(domain="fairlead.invalid")}
    return made


def _handed_over(to: str, well: str) -> Seen:
    def step() -> str:
        made = letter(to)
        ways.hand_over(made)
        return well

    return _tried(_("Mail"), step, None)


def _tried(name: str, step: Callable[[], str], server: ways.Server | None) -> Seen:
    try:
        return Seen(name, True, step())
    except Exception as error:  # whatever it is, it is explained
        return Seen(name, False, explained(error, server))


def explained(error: Exception, server: ways.Server | None) -> str:
    """What went wrong, and what to look at."""
    if isinstance(error, (NotOutside, Refused)):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        said = {"said": error.verify_message}
        return _("Its certificate is not good: %(said)s. Look whether the host is named as in the certificate.") % said
    if isinstance(error, ssl.SSLError):
        return _("It does not speak TLS on this port. Try the other kind of encryption, or another port.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("It does not offer this: %(said)s") % {"said": error}
    if isinstance(error, smtplib.SMTPAuthenticationError):
        facts = {"code": error.smtp_code, "said": _plain(error.smtp_error)}
        return _("It refused the user name or password: %(code)s %(said)s") % facts
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _("It refused the receiver: %(code)s %(said)s") % {"code": code, "said": _plain(text)}
    if isinstance(error, smtplib.SMTPResponseException):
        return _("It answered: %(code)s %(said)s") % {"code": error.smtp_code, "said": _plain(error.smtp_error)}
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("It did not answer within %(most)s seconds. A firewall may keep it away.") % {"most": ways.PATIENCE}
    if isinstance(error, ConnectionRefusedError):
        return _("It takes no connections on port %(port)s.") % {"port": server.port if server else ""}
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("It broke the connection off. It may want the other kind of encryption.")
    return f"{type(error).__name__}: {error}"[:300]


def _plain(said: Any) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:300]
