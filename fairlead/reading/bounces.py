"""Delivery reports (RFC 3464): which mail came back, from whom, and whether the address is at fault."""

import email
import re
from dataclasses import dataclass
from email.message import Message

from fairlead.reading.body import clean

MOST_PARTS = 100
STATUS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
# Of the enhanced codes (RFC 3463) those that say that there is no such address any more, or that it is switched off.
# Full mailboxes and refused contents are none of them.
GONE = re.compile(r"5\.(1\.\d+|2\.1)")


@dataclass(frozen=True)
class Bounce:
    """`of` is the Message-ID of the mail that came back; `status` an enhanced code such as 5.1.1; `said` why."""

    of: str
    status: str
    said: str


def bounce_in(raw: bytes) -> Bounce | None:
    """What a report says of a mail that was given up; None for any other mail, and while it is only delayed."""
    try:
        message = email.message_from_bytes(raw)
        if message.get_content_type() != "multipart/report":
            return None
        parts = [part for part, _number in zip(message.walk(), range(MOST_PARTS), strict=False)]
        failed = next((block for part in parts for block in _blocks(part) if _word(block, "Action") == "failed"), None)
        of = next((found for part in parts if (found := _original(part))), "")
    except (RecursionError, LookupError, ValueError):
        return None
    if failed is None or not of:
        return None
    said = clean(" ".join(str(failed.get("Diagnostic-Code", "")).split()))[:200]
    return Bounce(of, _word(failed, "Status")[:12], said)


def is_gone(status: str) -> bool:
    """Does this enhanced code say that the address is not there any more?"""
    return bool(GONE.fullmatch(status))


def status_in(answer: str) -> str:
    """The enhanced code in what a mail server said; empty without one."""
    found = STATUS.search(answer)
    return found[0] if found else ""


def _blocks(part: Message) -> list[Message]:
    """What a report says of each of its receivers."""
    payload = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _original(part: Message) -> str:
    """The Message-ID of the mail that came back, from the mail itself or from its headers."""
    kind, payload = part.get_content_type(), part.get_payload()
    if kind == "message/rfc822" and isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return str(payload[0].get("Message-ID", "")).strip()[:200]
    if kind == "text/rfc822-headers" and isinstance(raw := part.get_payload(decode=True), bytes):
        return str(email.message_from_bytes(raw).get("Message-ID", "")).strip()[:200]
    return ""


def _word(block: Message, name: str) -> str:
    return str(block.get(name, "")).partition(" ")[0].strip().lower()
