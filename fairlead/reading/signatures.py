"""Did the provider send this? Each signs in a way of its own; a key of ours is known to both."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from fairlead.reading.body import MOST_FIELDS

LATE = 300  # seconds after which a signed moment is too old
# The headers that are kept with an arrival: what is in it, how it was signed, where the visitor came from.
KEPT = (
    "Content-Encoding", "Idempotency-Key", "Origin", "Referer", "User-Agent", "Typeform-Signature",
    "X-Hub-Signature-256", "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp", "X-FS-Signature", "Webhook-Id",
    "X-Twilio-Signature", "X-Placetel-Signature",
)  # fmt: skip
# Keys that some providers put into what they send: never kept as they came.
INSIDE = {"google": "google_key", "wufoo": "HandshakeKey", "formstack": "HandshakeKey"}
SECRET_JSON = re.compile(rb'("google_key"|"HandshakeKey")(\s*:\s*)"((?:[^"\\]|\\.)*)"')
SECRET_FORM = re.compile(rb"(^|&)(google_key|HandshakeKey)=([^&]*)")


@dataclass(frozen=True)
class Signed:
    """An arrival as its provider signed it: the bytes as they came, the whole address, and when that was."""

    body: bytes
    headers: Mapping[str, str]
    url: str
    at: datetime


def fits(kind: str, key: str, arrival: Signed) -> bool:
    """Does the signature fit? True without a key, and for kinds that do not sign."""
    return not key or kind not in CHECKS or CHECKS[kind](key.encode(), arrival)


def without_keys(body: bytes) -> bytes:
    """The body with the keys in it replaced by their hashes, which tell as much."""
    found = SECRET_JSON.sub(lambda each: each[1] + each[2] + b'"' + _hashed(each[3]) + b'"', body)
    return SECRET_FORM.sub(lambda each: each[1] + each[2] + b"=" + _hashed(each[3]), found)


def _hashed(key: bytes) -> bytes:
    return b"sha256:" + hashlib.sha256(key).hexdigest().encode()


def _typeform(key: bytes, arrival: Signed) -> bool:
    mark = base64.b64encode(hmac.digest(key, arrival.body, "sha256")).decode()
    return _same(f"sha256={mark}", arrival.headers.get("Typeform-Signature", ""))


def _meta(key: bytes, arrival: Signed) -> bool:
    return _same(
        f"sha256={hmac.digest(key, arrival.body, 'sha256').hex()}", arrival.headers.get("X-Hub-Signature-256", "")
    )


def _formstack(key: bytes, arrival: Signed) -> bool:
    mark = arrival.headers.get("X-FS-Signature", "")
    return _same(f"sha256={hmac.digest(key, arrival.body, 'sha256').hex()}", mark) if mark else _inside(key, arrival)


def _calls(key: bytes, arrival: Signed) -> bool:
    """As Twilio or Placetel signs, by the header that is there; else as programs of one's own do."""
    if mark := arrival.headers.get("X-Twilio-Signature", ""):
        fields = parse_qsl(arrival.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        text = arrival.url + "".join(name + value for name, value in sorted(fields))
        return _same(base64.b64encode(hmac.digest(key, text.encode(), "sha1")).decode(), mark)
    if mark := arrival.headers.get("X-Placetel-Signature", ""):
        return _same(hmac.digest(key, arrival.body, "sha256").hex(), mark)
    return _meta(key, arrival)


def _hubspot(key: bytes, arrival: Signed) -> bool:
    moment = arrival.headers.get("X-HubSpot-Request-Timestamp", "")
    if not moment.isdecimal() or abs(arrival.at.timestamp() - int(moment[:16]) / 1000) > LATE:
        return False
    mark = base64.b64encode(
        hmac.digest(key, b"POST" + arrival.url.encode() + arrival.body + moment.encode(), "sha256")
    ).decode()
    return _same(mark, arrival.headers.get("X-HubSpot-Signature-v3", ""))


def _inside(key: bytes, arrival: Signed) -> bool:
    """The key itself is in the body."""
    return any(_same(key.decode(), each) for each in _keys_in(arrival.body))


def _keys_in(body: bytes) -> list[str]:
    try:
        data = json.loads(body)
        pairs = list(data.items()) if isinstance(data, dict) else []
    except (ValueError, RecursionError):
        pairs = parse_qsl(body.decode(errors="replace")[:100_000])
    return [str(value) for name, value in pairs if name in set(INSIDE.values())]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


CHECKS = {
    "typeform": _typeform,
    "meta": _meta,
    "formstack": _formstack,
    "hubspot": _hubspot,
    "google": _inside,
    "wufoo": _inside,
    "calls": _calls,
}
