"""Tables as files: CSV and XLSX, written row by row in flat memory; no cell is taken for a formula or a link."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from babel import Locale
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

from fairlead.programs.cells import plain

LONGEST = 32_767  # UTF-16 units that a cell of a spreadsheet holds
MOST_ROWS = 1_048_576
EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
# What neither XML nor a spreadsheet can hold.
UNWRITABLE = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
FIRST_DAY = date(1900, 3, 1)  # the first that all spreadsheets agree on


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written: between its cells, in its numbers, at its beginning."""

    separator: str = ","
    decimal: str = "."
    mark: bool = True


class Table(Protocol):
    """A file that takes lines of values. `cut`: how many texts were too long for it."""

    cut: int

    def write(self, line: Sequence[Any]) -> None: ...

    def close(self) -> None: ...

    def drop(self) -> None:
        """Leave it unfinished; its folder is thrown away."""


def dialect(name: str, locale: Locale, mark: bool) -> Dialect:
    """By name, or as spreadsheets of this locale read it: where the decimal sign is a comma, a semicolon separates."""
    comma = get_decimal_symbol(locale) == ","
    if name == "auto":
        return Dialect(";" if comma else ",", "," if comma else ".", mark)
    separator = SEPARATORS[name]
    return Dialect(separator, "," if comma and separator != "," else ".", mark)


class Csv:
    """RFC 4180 in UTF-8."""

    def __init__(self, path: Path, form: Dialect) -> None:
        self.form, self.cut = form, 0
        self._file = path.open("w", encoding="utf-8-sig" if form.mark else "utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=form.separator)

    def write(self, line: Sequence[Any]) -> None:
        self._writer.writerow([self._cell(value) for value in line])

    def close(self) -> None:
        self._file.close()

    drop = close

    def _cell(self, value: Any) -> Any:
        if isinstance(value, str):
            return plain(clean(value))
        if isinstance(value, (Decimal, float)):
            return format(value, "f").replace(".", self.form.decimal)
        return "" if value is None else worded(value)


class Xlsx:
    """One sheet. Texts stay texts, numbers numbers and days days; what is too long for a cell is cut and counted."""

    def __init__(self, path: Path, sheet: str, folder: Path) -> None:
        from xlsxwriter import Workbook

        unread = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = Workbook(str(path), {"constant_memory": True, "tmpdir": str(folder), **unread})
        self._sheet = self._book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet)[:31] or None)
        self._sheet.freeze_panes(1, 0)
        self._bold = self._book.add_format({"bold": True})
        self._formats = {
            date: self._book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            time: self._book.add_format({"num_format": "hh:mm"}),
        }
        self.cut = self._row = 0

    def write(self, line: Sequence[Any]) -> None:
        for place, value in enumerate(line):
            self._cell(place, value)
        self._row += 1

    def close(self) -> None:
        self._book.close()

    def drop(self) -> None:
        """Closing a workbook would write it all."""

    def _cell(self, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if _is_day(value):
            naive = value.replace(tzinfo=None) if isinstance(value, (datetime, time)) else value
            self._sheet.write_datetime(self._row, place, naive, self._formats[type(value)])
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and -EXACT < value < EXACT:
            self._sheet.write_number(self._row, place, float(value))
        else:
            text = self._fitting(clean(value if isinstance(value, str) else worded(value)))
            self._sheet.write_string(self._row, place, text, None if self._row else self._bold)

    def _fitting(self, text: str) -> str:
        if len(text) * 2 <= LONGEST or len(text.encode("utf-16-le")) <= LONGEST * 2:
            return text
        self.cut += 1
        return text.encode("utf-16-le")[: (LONGEST - 1) * 2].decode("utf-16-le", errors="ignore") + "…"


def clean(text: str) -> str:
    """Without what no file may hold: NUL, halves of signs, and signs that are none."""
    return UNWRITABLE.sub("\ufffd", text)


def worded(value: Any) -> str:
    """A value that is neither text nor number, as CSV has it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "minutes")
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_day(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.date() >= FIRST_DAY
    return isinstance(value, time) or (isinstance(value, date) and value >= FIRST_DAY)
