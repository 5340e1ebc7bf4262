"""From the bytes of an arrival to JSON or to the fields of a form, whatever its sender calls it."""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

LARGEST = 2 * 1024 * 1024  # bytes, unpacked
MOST_FIELDS = 1000
LONGEST = 20_000  # signs of one value that are read
Fields = list[tuple[str, str]]


class Unreadable(Exception):
    """What arrived cannot be read; the message says why, as in “Its fields are more than 1,000”."""


def read(body: bytes, content_type: str = "", packed: str = "") -> Any:
    """JSON as Python has it, or a list of (name, value); `packed` is the Content-Encoding."""
    plain = unpacked(body, packed)
    boundary = re.search(rb'boundary="?([^";,\s]{1,200})', content_type.encode(errors="replace"), re.I)
    if boundary and content_type.lower().startswith("multipart/"):
        return _parts(plain, boundary[1])
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _json(plain)
    if b"=" in plain:
        return _form(plain)
    raise Unreadable("It is neither a form nor JSON." if plain.strip() else "It is empty.")


def unpacked(body: bytes, packed: str) -> bytes:
    """The body as it was before it was compressed; raises Unreadable when that is more than 2 MB."""
    if packed.lower().strip() in {"", "identity"}:
        return body
    if packed.lower().strip() not in {"gzip", "x-gzip", "deflate"}:
        raise Unreadable(f"It is packed as {packed[:40]}, which cannot be unpacked here.")
    try:
        found = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST + 1)
    except zlib.error:
        raise Unreadable("It says it is compressed, and is not.") from None
    if len(found) > LARGEST:
        raise Unreadable("Unpacked it is larger than 2 MB.")
    return found


def clean(text: str) -> str:
    """Text as every database takes it: without NUL and lone surrogates, and not too long."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\x00", ""))[:LONGEST]


def _json(plain: bytes) -> Any:
    try:
        return json.loads(plain.decode("utf-8-sig", errors="replace"))
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    except ValueError:
        raise Unreadable("It begins like JSON, and is broken.") from None


def _form(plain: bytes) -> Fields:
    text = plain.decode(errors="replace")
    try:
        try:
            return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        except UnicodeDecodeError:  # older pages send the signs of Windows
            return parse_qsl(
                text, keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="cp1252", errors="replace"
            )
    except ValueError:
        raise Unreadable(f"It has more than {MOST_FIELDS:,} fields.") from None


def _parts(plain: bytes, boundary: bytes) -> Fields:
    found = plain.split(b"--" + boundary, MOST_FIELDS + 2)
    if len(found) > MOST_FIELDS + 2:
        raise Unreadable(f"It has more than {MOST_FIELDS:,} fields.")
    return list(_named(found[1:]))


def _named(parts: list[bytes]) -> Iterator[tuple[str, str]]:
    """The fields of a multipart form; of a file its name alone."""
    for part in parts:
        head, _gap, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'[;\s]name="?([^";\r\n]*)', head, re.I)
        file = re.search(rb'filename="?([^";\r\n]*)', head, re.I)
        if name:
            value = file[1] if file else content.removesuffix(b"\r\n")
            yield name[1].decode(errors="replace"), value.decode(errors="replace")
