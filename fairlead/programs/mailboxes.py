"""Reading a mailbox by IMAP: nothing in it is changed, each message is taken once, unchanged, into the vault."""

import base64
import hashlib
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import clock, outside
from fairlead.core.actor import system
from fairlead.models import Mailbox, MailboxProgress, Submission
from fairlead.reading.message import KIND, message_id
from fairlead.verbs.submissions import Arrival, receive_submissions

SYSTEM = system("mailboxes")
TIMEOUT = 20.0  # seconds in which a server says something
DEADLINE = 120.0  # seconds for one visit
MOST = 200  # messages in one visit
WHOLE = 10 * 1024 * 1024  # bytes of a message that are kept whole
BEGINNING = 512 * 1024  # bytes that are kept of a larger one
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=1)


class Trouble(Exception):
    """Why a mailbox cannot be read, for people."""


@dataclass(frozen=True)
class Seen:
    """What a visit saw of a folder: how its messages are numbered, which comes next, how many there are."""

    validity: int
    next_uid: int
    messages: int


def look(mailbox: Mailbox) -> str:
    """What one sees there, in words; raises Trouble."""
    with _opened(mailbox) as (_imap, seen):
        there = ngettext("There is %(number)s message", "There are %(number)s messages", seen.messages)
        text = _("Signed in, and %(folder)s was opened. %(there)s; what arrives from now on becomes inquiries.")
        words = {"folder": mailbox.folder, "there": there % {"number": seen.messages}}
        return text % words


def fetch(mailbox: Mailbox) -> int:
    """Take what has arrived since the last visit; how many messages that were. Why not is kept with the mailbox."""
    progress = mailbox.progress
    if progress.next_at and progress.next_at > clock.now():
        return 0
    try:
        with _opened(mailbox) as (imap, seen):
            taken = _take(mailbox, progress, imap, seen)
    except Trouble as trouble:
        wait = min(FIRST_WAIT * 2 ** min(progress.failures, 10), LONGEST_WAIT)
        _note(progress, problem=str(trouble)[:300], failures=progress.failures + 1, next_at=clock.now() + wait)
        return 0
    _note(progress, problem="", failures=0, next_at=None)
    return taken


def _take(mailbox: Mailbox, progress: MailboxProgress, imap: "Imap", seen: Seen) -> int:
    if progress.validity is None:  # the first visit: what was there before stays what it was
        _note(progress, validity=seen.validity, uid=seen.next_uid - 1)
        return 0
    if progress.validity == seen.validity:
        uids = _uids(imap, f"UID {progress.uid + 1}:*", progress.uid)
    else:  # numbered anew: messages are known by their ids, and those of before the last visit were taken
        since = (progress.looked_at or clock.now()) - timedelta(days=1)
        uids = _uids(imap, f"SINCE {since.day}-{MONTHS[since.month - 1]}-{since.year}", 0)
        _note(progress, validity=seen.validity, uid=0)
    taken = 0
    for uid in uids[:MOST]:
        taken += _keep(mailbox, seen.validity, uid, *_message(imap, uid))
        _note(progress, uid=uid)
    return taken


def _uids(imap: "Imap", question: str, after: int) -> list[int]:
    found = _answer(*imap.uid("SEARCH", question))
    text = b" ".join(part for part in found if isinstance(part, bytes))
    return sorted(uid for uid in {int(each) for each in text.split() if each.isdigit()} if uid > after)


def _message(imap: "Imap", uid: int) -> tuple[bytes, int]:
    """A message, or the beginning of a large one, and how large it is; empty when it is gone meanwhile."""
    about = _answer(*imap.uid("FETCH", str(uid), "(RFC822.SIZE)"))
    text = b" ".join(part for part in about if isinstance(part, bytes))
    found = re.search(rb"RFC822\.SIZE (\d+)", text)
    size = int(found[1]) if found else 0
    piece = "BODY.PEEK[]" if size <= WHOLE else f"BODY.PEEK[]<0.{BEGINNING}>"
    parts = _answer(*imap.uid("FETCH", str(uid), f"({piece})"))
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b""), size


def _keep(mailbox: Mailbox, validity: int, uid: int, raw: bytes, size: int) -> int:
    """Put a message into the vault, unless it is there by its number or by its id."""
    key = message_id(raw) or f"bytes:{hashlib.sha256(raw).hexdigest()}"
    key = key if len(key) <= 190 else f"id:{hashlib.sha256(key.encode()).hexdigest()}"
    if not raw or Submission.objects.filter(endpoint=mailbox.endpoint, key=key).exists():
        return 0
    headers = {"Idempotency-Key": key, "Mailbox": mailbox.public_id}
    if size > WHOLE:
        headers["Whole-Size"] = str(size)
    arrival: Arrival = {
        "body": base64.b64encode(raw).decode(),
        "arrival": f"m{mailbox.public_id}.{validity}.{uid}",
        "content_type": KIND,
        "headers": headers,
        "received_at": clock.now(),
    }
    return len(receive_submissions(SYSTEM, mailbox.endpoint, arrivals=[arrival]))


def _note(progress: MailboxProgress, **values: Any) -> None:
    for name, value in values.items():
        setattr(progress, name, value)
    progress.looked_at = clock.now()
    progress.save()


# --- the connection ----------------------------------------------------------------------------------------------


class Imap(imaplib.IMAP4):
    """To the address that was looked at, under the name of its host; no answer is larger than a message may be."""

    def __init__(self, place: outside.Place, context: ssl.SSLContext | None) -> None:
        self.place, self.context = place, context
        super().__init__(place.host, place.port, TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        found = self.place.connect(timeout or TIMEOUT)
        return self.context.wrap_socket(found, server_hostname=self.place.host) if self.context else found

    def read(self, size: int) -> bytes:
        if size > WHOLE + BEGINNING:
            raise self.abort("an answer that is too large")
        return super().read(size)


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[tuple[Imap, Seen]]:
    """Signed in, with the folder open for reading alone; whatever goes wrong is raised as Trouble."""
    imap: Imap | None = None
    over = threading.Event()
    try:
        imap = _connected(mailbox)
        timer = threading.Timer(DEADLINE, _cut, [imap, over])
        timer.daemon = True
        timer.start()
        try:
            _sign_in(imap, mailbox)
            yield imap, _open(imap, mailbox.folder)
        finally:
            timer.cancel()
            _leave(imap)
    except Trouble:
        raise
    except (OSError, imaplib.IMAP4.error, ValueError, IndexError) as error:
        raise Trouble(_explained(error, mailbox, too_long=over.is_set())) from None


def _connected(mailbox: Mailbox) -> Imap:
    if mailbox.security == Mailbox.Security.NONE:
        _demand_private(mailbox)
    context = ssl.create_default_context()
    place = outside.place(mailbox.host, mailbox.port)
    imap = Imap(place, context if mailbox.security == Mailbox.Security.TLS else None)
    if mailbox.security == Mailbox.Security.STARTTLS:
        try:
            imap.starttls(context)
        except BaseException:
            _leave(imap)
            raise
    return imap


def _demand_private(mailbox: Mailbox) -> None:
    if mailbox.host not in settings.PRIVATE_HOSTS:
        raise Trouble(_("Without encryption only hosts are read that FAIRLEAD_PRIVATE_HOSTS names. Choose TLS."))


def _sign_in(imap: Imap, mailbox: Mailbox) -> None:
    if not mailbox.secret:
        raise Trouble(_("The password cannot be read any more. Write it again."))
    plain = f"\0{mailbox.username}\0{mailbox.secret}".encode()
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _asked: plain)
        else:
            imap.login(_quoted(mailbox.username), mailbox.secret)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = {"said": _said(error), "user": mailbox.username}
        raise Trouble(_("The server refused the user name or the password of %(user)s: %(said)s") % said) from None


def _open(imap: Imap, folder: str) -> Seen:
    answer, found = imap.select(_quoted(_spelled(folder)), readonly=True)
    if answer != "OK":
        raise Trouble(_("There is no folder named %(folder)s.") % {"folder": folder})
    count = int(found[0] or b"0")
    return Seen(_number(imap, "UIDVALIDITY"), _number(imap, "UIDNEXT") or _next_uid(imap), count)


def _spelled(folder: str) -> str:
    """A folder's name as IMAP spells it: letters beyond ASCII in its own base64 (RFC 3501, 5.1.3)."""
    parts = re.findall(r"[ -~]+|[^ -~]+", folder.replace("&", "&-"))
    return "".join(part if part.isascii() else f"&{_base64(part)}-" for part in parts)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")


def _next_uid(imap: Imap) -> int:
    """Servers need not say which number comes next; one more than the highest then."""
    return max(_uids(imap, "ALL", 0), default=0) + 1


def _number(imap: Imap, name: str) -> int:
    found = imap.response(name)[1][0]
    return int(found) if isinstance(found, bytes) and found.isdigit() else 0


def _answer(kind: str, parts: list[Any]) -> list[Any]:
    if kind != "OK":
        raise imaplib.IMAP4.error(parts[0] if parts else "")
    return parts


def _cut(imap: Imap, over: threading.Event) -> None:
    over.set()
    try:
        imap.socket().shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _leave(imap: Imap) -> None:
    try:
        imap.logout()
    except (OSError, imaplib.IMAP4.error):
        return


def _explained(error: Exception, mailbox: Mailbox, *, too_long: bool) -> str:
    words = {"host": mailbox.host, "port": mailbox.port, "said": _said(error)}
    if isinstance(error, outside.NotOutside):
        return str(error)
    if too_long or isinstance(error, TimeoutError):
        return _("%(host)s did not answer in time.") % words
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The certificate of %(host)s does not prove that it is this host: %(said)s") % words
    if isinstance(error, ssl.SSLError):
        return _("%(host)s does not speak TLS on port %(port)s. Choose another security or port.") % words
    if isinstance(error, ConnectionRefusedError):
        return _("Nothing answers at %(host)s on port %(port)s.") % words
    return _("The connection to %(host)s failed: %(said)s") % words


def _said(error: Exception) -> str:
    text = getattr(error, "verify_message", "") or (error.args[0] if error.args else "")
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return " ".join(text.split())[:120] or type(error).__name__
