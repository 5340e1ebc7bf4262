"""The program that unpacks a workbook, in a process of its own with little memory and time, so that no file hurts ours.

Run with FILE and SHEET it writes JSON, a line at a time: first the sheets and how wide this one is, then the rows as
texts, without the empty cells at their ends.
"""

import errno
import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from fairlead.exchange.reading.limits import CELL, COLUMNS, WORKBOOK_MEMORY, WORKBOOK_ROWS, WORKBOOK_SECONDS

DAMAGED, LOCKED, WIDE, NO_SHEET, NO_ROOM, TOO_LARGE = 3, 4, 5, 6, 7, 8


def main(path: str, wanted: str) -> int:
    _confine()
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(path)
        names = [each.name for each in book.sheets_metadata if each.visible == calamine.SheetVisibleEnum.Visible]
        names = names or list(book.sheet_names)
        if wanted and wanted not in book.sheet_names:
            return NO_SHEET
        name, sheet = (wanted, book.get_sheet_by_name(wanted)) if wanted else _fullest(book, names)
    except calamine.PasswordError:
        return LOCKED
    except (calamine.CalamineError, OSError, ValueError):
        return DAMAGED
    width = sheet.end[1] + 1 if sheet.end else 0
    return WIDE if width > COLUMNS else _write_all([names, name, width], sheet)


def _confine() -> None:
    import resource
    import signal

    # Not for every system: where address space cannot be limited, time still is.
    for limit, most in (
        (resource.RLIMIT_AS, WORKBOOK_MEMORY),
        (resource.RLIMIT_CPU, WORKBOOK_SECONDS),
        (resource.RLIMIT_FSIZE, WORKBOOK_ROWS),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(4 * WORKBOOK_SECONDS)


def _fullest(book: Any, names: list[str]) -> tuple[str, Any]:
    """The first sheet that has more than a cell or two; others are there to be chosen."""
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height > 1 or sheet.width > 2:
            return name, sheet
    return names[0], book.get_sheet_by_name(names[0])


def _write_all(head: list[Any], sheet: Any) -> int:
    write = sys.stdout.write
    try:
        write(json.dumps(head) + "\n")
        for row in sheet.iter_rows():
            cells = [text(each) for each in row]
            while cells and not cells[-1]:
                cells.pop()
            write(json.dumps(cells) + "\n")
        sys.stdout.flush()
    except OSError as error:
        return NO_ROOM if error.errno == errno.ENOSPC else TOO_LARGE
    return 0


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


if __name__ == "__main__":
    status = main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    sys.stdout = None  # what could not be written is not written once more
    sys.exit(status)
