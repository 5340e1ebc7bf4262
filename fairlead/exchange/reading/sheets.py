"""Workbooks: read in a process of their own, which may use little memory and time, so that no file can hurt ours.

Run as a program (FILE [SHEET]) it writes JSON, a line at a time: first the sheets, then the rows as texts.
"""

import json
import os
import subprocess  # nosec
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from fairlead.exchange.reading.limits import CELL, COLUMNS, WORKBOOK_MEMORY, WORKBOOK_SECONDS

DAMAGED, LOCKED, WIDE, NO_SHEET = 3, 4, 5, 6


def sheet_rows(path: Path, sheet: str = "") -> Iterator[list[Any]]:
    """First [names of the visible sheets, chosen name], then every row as texts; raises Unreadable."""
    # an own interpreter with fixed arguments, no shell
    # nosemgrep
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, os.fspath(path), sheet],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    try:
        for line in child.stdout:
            yield json.loads(line)
        if code := child.wait():
            raise _refusal(code)
    finally:
        child.stdout.close()
        child.kill()
        child.wait()


def _refusal(code: int) -> Exception:
    from django.utils.translation import gettext as _

    from fairlead.exchange.reading.refused import Unreadable

    words = {
        DAMAGED: _("This workbook is damaged. Open it in the program that made it and save it again."),
        LOCKED: _("This workbook is protected by a password. Save it without one, then try it here."),
        WIDE: _("This sheet has more than %(most)s columns. Keep those you need and save it again.")
        % {"most": f"{COLUMNS:,}"},
        NO_SHEET: _("There is no such sheet in this workbook. Choose another."),
    }
    return Unreadable(words.get(code) or _("This workbook is too large to be read safely. Save the sheet as CSV."))


# --- the process of its own --------------------------------------------------------------------------------------


def main(path: str, wanted: str) -> int:
    _confine()
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(path)
        names = [each.name for each in book.sheets_metadata if each.visible == calamine.SheetVisibleEnum.Visible]
        names = names or list(book.sheet_names)
        name = wanted or _fullest(book, names)
        if name not in book.sheet_names:
            return NO_SHEET
        sheet = book.get_sheet_by_name(name)
        if sheet.total_width > COLUMNS:
            return WIDE
        _take_time()
        _write([names, name])
        for row in sheet.iter_rows():
            _write([text(each) for each in row])
    except calamine.PasswordError:
        return LOCKED
    except (calamine.CalamineError, OSError, ValueError):
        return DAMAGED
    return 0


def _confine() -> None:
    import resource
    import signal

    # Not for every system: where address space cannot be limited, time still is.
    for limit, most in ((resource.RLIMIT_AS, WORKBOOK_MEMORY), (resource.RLIMIT_CPU, WORKBOOK_SECONDS)):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(4 * WORKBOOK_SECONDS)


def _take_time() -> None:
    """All of it is read; what is left is to write it, as fast as whoever brings it in takes it."""
    import signal

    signal.alarm(0)


def _fullest(book: Any, names: list[str]) -> str:
    """The first sheet that has more than a cell or two; others are there to be chosen."""
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height > 1 or sheet.width > 2:
            return name
    return names[0] if names else ""


def text(value: Any) -> str:
    """A cell as one would type it: whole numbers without a point, days and times as ISO writes them."""
    if isinstance(value, str):
        return value[: CELL + 1]
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | timedelta) else ""


def _write(row: list[Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
