"""The rows of a workbook, written out once into the data folder and read from there as often as they are needed.

A workbook has to be unpacked as a whole, which takes seconds and memory; its rows are then read a line at a time, by as
many processes as like. They lie there until the file they come from is forgotten, else for a day.
"""

import json
import os
import secrets
import subprocess  # nosec
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.exchange.reading import workbook
from fairlead.exchange.reading.limits import COLUMNS
from fairlead.exchange.reading.refused import Unreadable

KEPT = 24 * 3600  # seconds after they were last read


def sheet_rows(path: Path, sheet: str = "") -> Iterator[list[Any]]:
    """First [names of the visible sheets, chosen name], then every row as texts; raises Unreadable."""
    written = _written_out(path, sheet)
    with written.open(encoding="ascii") as lines:
        names, name, width = json.loads(next(lines))
        yield [names, name]
        for line in lines:
            row = json.loads(line)
            yield row + [""] * (width - len(row))


def forget_rows(path: Path) -> None:
    """Remove what was written out of this file."""
    for written in _folder().glob(f"{_digest(os.fspath(path.absolute()))}.*"):
        written.unlink(missing_ok=True)


def sweep_rows() -> int:
    """Remove what nobody has read for a day; returns how many."""
    limit = time.time() - KEPT
    old = [written for written in _folder().glob("*") if written.stat().st_mtime < limit]
    for written in old:
        written.unlink(missing_ok=True)
    return len(old)


def _written_out(path: Path, sheet: str) -> Path:
    place = _place(path, sheet)
    if place.exists():
        os.utime(place)
        return place
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    part = place.with_suffix(f".{secrets.token_hex(4)}")
    try:
        _unpack(path, sheet, part)
        with part.open(encoding="ascii") as lines:
            _names, name, _width = json.loads(next(lines))
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)
    _known_as(place, _place(path, name))
    return place


def _known_as(place: Path, other: Path) -> None:
    """The sheet that was found is the one that will be asked for by its name."""
    try:
        os.link(place, other)
    except OSError:  # it is there already, or this file system has no links: then it is unpacked once more
        return


def _unpack(path: Path, sheet: str, into: Path) -> None:
    with open(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        # an own interpreter with fixed arguments, no shell
        # nosemgrep
        code = subprocess.run(
            [sys.executable, "-P", "-m", workbook.__name__, os.fspath(path), sheet],
            stdout=out,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
    if code:
        raise _refusal(code)


def _refusal(code: int) -> Unreadable:
    words = {
        workbook.DAMAGED: _("This workbook is damaged. Open it in the program that made it and save it again."),
        workbook.LOCKED: _("This workbook is protected by a password. Save it without one, then try it here."),
        workbook.WIDE: _("This sheet has more than %(most)s columns. Keep those you need and save it again.")
        % {"most": f"{COLUMNS:,}"},
        workbook.NO_SHEET: _("There is no such sheet in this workbook. Choose another."),
        workbook.NO_ROOM: _("There is no room on the disk to read this workbook. Tell whoever runs Fairlead."),
    }
    return Unreadable(words.get(code) or _("This workbook is too large to be read safely. Save the sheet as CSV."))


def _place(path: Path, sheet: str) -> Path:
    """By where the file lies, what it was when it was read, and the sheet."""
    found = path.stat()
    said = f"{found.st_size}\n{found.st_mtime_ns}\n{sheet}"
    return _folder() / f"{_digest(os.fspath(path.absolute()))}.{_digest(said)}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _folder() -> Path:
    return Path(settings.DATA) / ".sheets"
