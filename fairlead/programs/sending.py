"""How mail leaves: by the environment's server, else by what the settings say; in the demo never."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from smtplib import SMTP, SMTP_SSL
from typing import Any, cast

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from fairlead.core.errors import WrongState
from fairlead.core.outside import Place, place
from fairlead.models import Organisation, Sending

BY_ENVIRONMENT = "fairlead.programs.sending.Server"
FOLDER = "fairlead.work.maildir.Folder"
PATIENCE = 10  # seconds for each answer of a server
LONGEST = 90.0  # seconds for one mail, however slowly the server speaks: well within a lease of the outbox
AWAY = 30.0  # seconds for which a server that could not be reached is not asked, so that nothing else waits for it
# The adapter of each provider, of django-anymail, and what it calls its key.
ADAPTERS = {
    "brevo": ("anymail.backends.brevo.EmailBackend", "api_key"),
    "mailersend": ("anymail.backends.mailersend.EmailBackend", "api_token"),
    "mailgun": ("anymail.backends.mailgun.EmailBackend", "api_key"),
    "postmark": ("anymail.backends.postmark.EmailBackend", "server_token"),
    "resend": ("anymail.backends.resend.EmailBackend", "api_key"),
}
LACKING = "Providers need django-anymail. Install it with: pip install 'fairlead[mail]'."
_away: dict[tuple[str, int], float] = {}


def connection() -> BaseEmailBackend:
    """What mail is handed to now."""
    if is_kept_here():
        return get_connection(FOLDER)
    if settings.EMAIL_BACKEND != FOLDER:  # the environment says it
        return get_connection()
    return by(Sending.ours())


def by(sending: Sending) -> BaseEmailBackend:
    """The connection that these settings make."""
    if sending.provider == Sending.Provider.FILES:
        return get_connection(FOLDER)
    if sending.provider != Sending.Provider.SMTP:
        return _provider(sending)
    found: BaseEmailBackend = Server(
        host=sending.host,
        port=sending.port,
        username=sending.username,
        password=sending.password,
        use_tls=sending.security == "starttls",
        use_ssl=sending.security == "tls",
        timeout=PATIENCE,
        guarded=True,
    )
    return found


def hand_over(mail: EmailMessage) -> None:
    """Send a mail as it is sent now. Providers have return paths of their own, so theirs is not asked to be empty."""
    mail.connection = connection()
    if type(mail.connection).__module__.startswith("anymail"):
        mail.from_email = mail.extra_headers.pop("From", mail.from_email)
    mail.send()


def is_kept_here() -> bool:
    """Nothing leaves the demo, whatever the environment says."""
    return Organisation.ours().demo and settings.EMAIL_BACKEND in {BY_ENVIRONMENT, FOLDER}


def is_by_environment() -> bool:
    return settings.EMAIL_BACKEND == BY_ENVIRONMENT


def sender(sending: Sending | None = None) -> str:
    """Whom mail is from."""
    found = sending or Sending.ours()
    return settings.MAIL_FROM or found.from_address or settings.DEFAULT_FROM_EMAIL


def forget() -> None:
    """Ask servers again that could not be reached."""
    _away.clear()


class Server(EmailBackend):
    """SMTP, at the very address that was looked at. Once a mail is accepted, nothing is raised any more.

    `guarded`: its host was named on a page, so it must be of the open Internet or among FAIRLEAD_PRIVATE_HOSTS.
    """

    def __init__(self, *args: Any, guarded: bool = False, **known: Any) -> None:
        super().__init__(*args, **known)
        self.guarded = guarded
        self.wire: socket.socket | None = None

    @property
    def connection_class(self) -> Any:
        at = place(self.host, self.port) if self.guarded else Place(self.host, self.host, self.port)
        kind = _PinnedTLS if self.use_ssl else _Pinned

        def connect(_host: str, _port: int, **known: Any) -> SMTP:
            return kind(at, self._connected, **known)

        return connect

    def _connected(self, at: Place) -> socket.socket:
        """Another handle of the connection stays here: by it, whatever waits on the first can be cut off."""
        found = at.connect(PATIENCE)
        self.wire = found.dup()
        return found

    def open(self) -> bool | None:
        at = (self.host, self.port)
        if _away.get(at, 0) > time.monotonic():
            raise ConnectionError(f"{self.host} could not be reached a moment ago.")
        try:
            with _cut_off(self):
                return super().open()
        except OSError:
            if self.connection is None:
                _away[at] = time.monotonic() + AWAY
            else:
                self.connection.close()
                self.connection = None
            raise

    def close(self) -> None:
        """What was accepted is sent, however the server takes leave."""
        try:
            with _cut_off(self):
                super().close()
        except Exception:
            self.connection = None
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def _send(self, email_message: EmailMessage) -> bool:
        raw: bytes = cast(Any, email_message.message()).as_bytes(linesep="\r\n")
        given, charset = email_message.from_email, email_message.encoding or settings.DEFAULT_CHARSET
        sender = sanitize_address(given, charset) if given else ""  # empty: the null return path
        recipients = [sanitize_address(each, charset) for each in email_message.recipients()]
        with _cut_off(self):
            cast(SMTP, self.connection).sendmail(sender, recipients, raw)
        return True


class _Pinned(SMTP):
    def __init__(self, at: Place, connected: Callable[[Place], socket.socket], **known: Any) -> None:
        self.at, self.connected = at, connected
        super().__init__(at.host, at.port, **known)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.connected(self.at)


class _PinnedTLS(SMTP_SSL):
    def __init__(self, at: Place, connected: Callable[[Place], socket.socket], **known: Any) -> None:
        self.at, self.connected = at, connected
        super().__init__(at.host, at.port, **known)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return cast(Any, self).context.wrap_socket(self.connected(self.at), server_hostname=self.at.host)  # type: ignore[no-any-return]


@contextmanager
def _cut_off(server: Server) -> Iterator[None]:
    """A server that speaks a sign now and then keeps nobody for ever."""
    timer = threading.Timer(LONGEST, _cut, [server])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(server: Server) -> None:
    with suppress(OSError):
        if server.wire is not None:
            server.wire.shutdown(socket.SHUT_RDWR)


def _provider(sending: Sending) -> BaseEmailBackend:
    adapter, key = ADAPTERS[sending.provider]
    known: dict[str, Any] = {key: sending.password}
    if sending.provider == Sending.Provider.MAILGUN:
        known["sender_domain"] = sending.domain
    try:
        return get_connection(adapter, **known)
    except ImportError:
        raise WrongState(LACKING) from None
