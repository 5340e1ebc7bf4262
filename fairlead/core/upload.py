"""What is uploaded: streamed under a random name outside the web root, counted and hashed while it comes in.

A door makes an `Upload` from the bytes it receives; nothing that a caller writes can pass for one. The file waits in
`arriving` until a verb keeps it, and is gone with the request when none did.
"""

import hashlib
import mimetypes
import os
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid

LIMIT = 25 * 1024 * 1024  # bytes
# Of verbs that take in larger ones, by their names.
LIMITS: dict[str, int] = {}
# Programs, and documents that run as one when opened.
PROGRAMS = re.compile(
    r".*\.(ade|adp|apk|app|appref-ms|bat|chm|cmd|com|cpl|diagcab|dll|dmg|exe|gadget|hta|hlp|inf|ins|iso|isp|jar|js|jse|"
    r"lib|lnk|mde|msc|msi|msix|msp|mst|msu|nsh|pif|ps1|psm1|reg|scf|scr|sct|settingcontent-ms|sh|shb|sys|url|vb|vbe|vbs|"
    r"vhd|vhdx|vxd|wsc|wsf|wsh|xll|xpi)",
    re.IGNORECASE,
)
# How programs for Windows, Linux and macOS begin, and scripts that say so.
STARTS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
# Never told to a browser, which might run them.
ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})


class TooLarge(Invalid):
    code, status = "too_large", 413


class WrongType(Invalid):
    code, status = "wrong_type", 415


@dataclass(frozen=True)
class Upload:
    """A file that has arrived. `size` in bytes; `media_type` follows from the name, whatever the sender said."""

    stored_as: str = field(repr=False)
    name: str
    media_type: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return self.name

    def keep(self) -> str:
        """Make it stay, from within a verb; returns `stored_as`. Without this the file goes with the request."""
        kept = stored(self.stored_as)
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not kept.exists():
            os.replace(_arriving(self.stored_as), kept)
        return self.stored_as

    def read(self) -> bytes:
        """All that is in it, before it is kept or after."""
        waiting = _arriving(self.stored_as)
        return (waiting if waiting.exists() else stored(self.stored_as)).read_bytes()

    def let_go(self) -> None:
        """Forget it unless it was kept."""
        _arriving(self.stored_as).unlink(missing_ok=True)


def stored(stored_as: str) -> Path:
    """Where a kept file lies."""
    return Path(settings.FILES) / stored_as[:2] / stored_as


def receive(chunks: Iterable[bytes], name: str, verb: str = "") -> Upload:
    """Take in a file for a verb; raises TooLarge or WrongType, after which nothing of it is left."""
    arrival = Arrival(name, most=LIMITS.get(verb, LIMIT))
    for chunk in chunks:
        arrival.take(chunk)
        if arrival.refusal is not None:
            break
    return arrival.upload


def sweep(older_than: timedelta = timedelta(days=1)) -> int:
    """Remove what a killed process left in `arriving`; returns how many files that were."""
    limit = time.time() - older_than.total_seconds()
    left = [path for path in _arriving("").glob("*") if path.stat().st_mtime < limit]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


class Arrival:
    """One file coming in. A refused one is drained and forgotten; the reason comes when its upload is asked for."""

    def __init__(self, name: str, field: str = "upload", most: int = LIMIT) -> None:
        self.name, self.field, self.most = _plain_name(name), field, most
        self.size, self.refusal = 0, _wrong_name(self.name, field)
        self._stored_as, self._hash, self._begin = secrets.token_hex(16), hashlib.sha256(), b""
        self._done: Upload | None = None
        _arriving("").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = open(_arriving(self._stored_as), "xb")  # noqa: SIM115 (closed by `_finish` or `close`)

    def take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._begin = (self._begin + chunk[:4])[:4] if len(self._begin) < 4 else self._begin
        if self.size > self.most:
            text = _("This file is larger than %(most)s MB.") % {"most": self.most // 2**20}
            self.refusal = self.refusal or TooLarge({self.field: [text]})
        elif self._begin.startswith(STARTS):
            self.refusal = self.refusal or WrongType(
                {self.field: [_("This is a program. Programs are not kept here.")]}
            )
        if self.refusal is None:
            self._hash.update(chunk)
            self._file.write(chunk)

    @property
    def upload(self) -> Upload:
        """The file, now that all of it is here; raises the refusal if it was refused."""
        if self.size == 0 and self.refusal is None:
            self.refusal = Invalid({self.field: [_("This file is empty.")]})
        if self.refusal is not None:
            self.close()
            raise self.refusal
        self._done = self._done or self._finish()
        return self._done

    def close(self) -> None:
        """The end of its request: forget it unless it was kept."""
        self._file.close()
        _arriving(self._stored_as).unlink(missing_ok=True)

    def _finish(self) -> Upload:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Upload(self._stored_as, self.name, _media_type(self.name), self.size, self._hash.hexdigest())


class Handler(FileUploadHandler):
    """How Django's multipart parser hands a file over: `request.FILES[name]` is an Arrival.

    A view that takes larger files says for which verb, as its `takes`.
    """

    def __init__(self, *args: Any, verb: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals: list[Arrival] = []
        self.most = LIMITS.get(verb or self._taken(), LIMIT)

    def _taken(self) -> str:
        """The verb for which this view takes files; a visitor sends no large ones."""
        view = getattr(getattr(self.request, "resolver_match", None), "func", None)
        known = getattr(getattr(self.request, "user", None), "is_authenticated", False)
        return str(getattr(view, "takes", "")) if known else ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.arrivals.append(Arrival(self.file_name or "", self.field_name or "upload", self.most))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.arrivals[-1].take(raw_data)

    def file_complete(self, file_size: int) -> Any:
        return self.arrivals[-1]

    def upload_interrupted(self) -> None:
        for arrival in self.arrivals:
            arrival.close()


def _arriving(stored_as: str) -> Path:
    return Path(settings.FILES) / "arriving" / stored_as


def _plain_name(name: str) -> str:
    """The last part of a path, without what cannot be seen: control characters and marks that turn text around."""
    last = re.split(r"[/\\]", name)[-1]
    seen = re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", last).strip(" .")
    stem, dot, ending = seen.rpartition(".")
    return f"{stem[:200]}{dot}{ending[:50]}" or _("file")


def _wrong_name(name: str, field: str) -> Invalid | None:
    if (found := PROGRAMS.fullmatch(name)) is None:
        return None
    return WrongType({field: [_("Files that end with .%(ending)s are not kept here.") % {"ending": found[1].lower()}]})


def _media_type(name: str) -> str:
    found = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return "application/octet-stream" if found in ACTIVE else found[:100]
