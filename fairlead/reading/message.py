"""A mail as an inquiry: who wrote, about what, the visible text; and whether a person wrote it at all.

Robots are told by what RFC 3834, RFC 3464 and RFC 2369 say of them, and by nothing vaguer: a person’s mail that is
taken for a robot’s is an inquiry lost.
"""

import email
import re
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser

from fairlead.reading.body import LONGEST, clean

KIND = "message/rfc822"
MOST_PARTS = 500
ADDRESS = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
DAEMONS = re.compile(r"(mailer-daemon|postmaster|mail-daemon|bounces?([+=-].*)?)@", re.I)
NO_REPLY = re.compile(r"(no|do-?not)[._-]?reply([+=._-].*)?@", re.I)
# What lists, and programs that serve them, are called (RFC 2142, RFC 3834 section 2).
LISTS = re.compile(r"(owner-.*|.*-(request|owner|bounces?|relay)|list-?serv|majordomo|mailman|sympa)@", re.I)
BULK = {"bulk", "junk", "list"}
HIDDEN = {"head", "style", "script", "template", "title", "noscript", "svg", "object"}
BREAKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "hr", "section"}


@dataclass
class Letter:
    """`sender` is where an answer goes. `robot` says why no person wrote it; empty when one may have.

    `wants_no_robot`: its mail program asks for no automatic answer.
    """

    name: str = ""
    sender: str = ""
    to: str = ""
    subject: str = ""
    text: str = ""
    message_id: str = ""
    attachments: list[str] = field(default_factory=list)
    robot: str = ""
    wants_no_robot: bool = False


def letter(raw: bytes) -> Letter:
    """What is in a mail, however broken; never raises."""
    try:
        message = email.message_from_bytes(raw)
        found = _letter(message)
        _read_parts(message, found)
    except RecursionError:
        return Letter(robot="Its parts are nested too deeply to be read.")
    return found


def message_id(raw: bytes) -> str:
    """The id that its sender gave this mail; empty when it gave none."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    found = re.search(rb"^message-id:\s*(<[^>\r\n]{1,900}>)", head, re.I | re.M)
    return clean(found[1].decode(errors="replace")) if found else ""


def takes_no_answer(address: str) -> str:
    """Why nothing is ever answered to this address by itself; empty when it may be."""
    if DAEMONS.match(address):
        return "It is the mail system’s own address."
    if NO_REPLY.match(address):
        return "It takes no answers."
    return "It is the address of a list." if LISTS.match(address) else ""


def _letter(message: Message) -> Letter:
    name, sender = _address(message, "From")
    answer_name, answer = _address(message, "Reply-To")
    found = Letter(
        name=(answer_name or ("" if answer.lower() != sender.lower() else name)) if answer else name,
        sender=answer or sender,
        to=_text(message, "To")[:500],
        subject=_text(message, "Subject"),
        message_id=clean(str(message.get("Message-ID", ""))).strip()[:900],
    )
    suppressed = {each.strip().lower() for each in str(message.get("X-Auto-Response-Suppress", "")).split(",")}
    found.wants_no_robot = bool(suppressed & {"all", "oof", "autoreply"})
    found.robot = _robot(message, sender, bool(answer) and answer.lower() != sender.lower())
    return found


def _robot(message: Message, sender: str, answers_go_elsewhere: bool) -> str:
    automatic = _word(message, "Auto-Submitted")
    if str(message.get("Return-Path", "?")).strip() == "<>":
        return "It has no sender to answer: a bounce, or an automatic answer."
    if message.get_content_type() == "multipart/report":
        return "It is a report on another mail (RFC 3464)."
    if DAEMONS.match(sender):
        return "It is from the mail system itself."
    if automatic not in {"", "no"}:
        return f"It was sent automatically (Auto-Submitted: {automatic[:40]})."
    if any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return "It is an automatic answer."
    if any(message.get(name) for name in ("List-Id", "List-Post", "List-Unsubscribe", "Feedback-ID")):
        return "It was sent to a list."
    if _word(message, "Precedence") in BULK | {"auto_reply"}:
        return f"It was sent in bulk (Precedence: {_word(message, 'Precedence')})."
    if NO_REPLY.match(sender) and not answers_go_elsewhere:
        return "Its sender takes no answers."
    return ""


def _word(message: Message, name: str) -> str:
    return str(message.get(name, "")).partition(";")[0].strip().lower()


def _address(message: Message, name: str) -> tuple[str, str]:
    """The first address of a header, with its name."""
    raw = str(message.get(name, ""))[:2000]
    shown, address = parseaddr(raw)
    if not ADDRESS.fullmatch(address):
        found = ADDRESS.search(raw)
        address = found[0] if found else ""
    shown = _decoded(shown).strip().strip("\"'")
    return ("" if "@" in shown else shown)[:200], clean(address)[:320]


def _text(message: Message, name: str) -> str:
    return " ".join(_decoded(str(message.get(name, ""))[:5000]).split())


def _decoded(raw: str) -> str:
    """A header as people read it; bytes that are none of its charset are kept as they look."""
    try:
        parts = decode_header(raw.replace("\r", "").replace("\n", ""))
    except Exception:  # the standard library raises many kinds for broken headers
        return clean(raw)
    return clean("".join(part if isinstance(part, str) else _in_charset(part, charset) for part, charset in parts))


def _read_parts(message: Message, found: Letter) -> None:
    plain: list[str] = []
    rich: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > MOST_PARTS:
            break
        if part.is_multipart():
            continue
        file = part.get_filename()
        kind = part.get_content_type()
        if file or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            found.attachments.append(clean(_decoded(file or kind))[:200])
        elif kind in {"text/plain", "text/html"}:
            (plain if kind == "text/plain" else rich).append(_content(part))
    text = "\n".join(each for each in plain if each.strip()) or "\n".join(visible(each) for each in rich)
    found.text = re.sub(r"\n{3,}", "\n\n", clean(text).replace("\r", "")).strip()[:LONGEST]
    found.attachments = found.attachments[:100]


def _content(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
    except Exception:  # a transfer encoding that is none
        raw = str(part.get_payload()).encode(errors="replace")
    return _in_charset(raw if isinstance(raw, bytes) else b"", part.get_content_charset())


def _in_charset(raw: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name) if name else raw.decode()
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("cp1252", errors="replace")


def visible(html: str) -> str:
    """The words of a page, without what its reader does not see."""
    reader = _Visible()
    reader.feed(html[: LONGEST * 20])
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self.hidden.append(tag)
        if tag in BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            del self.hidden[self.hidden.index(tag) :]
        if tag in BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data.replace("\n", " "))
