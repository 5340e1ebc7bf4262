"""A file as a table: what was found out about it, which may be corrected, and its rows."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from fairlead.exchange.mapping.words import meant
from fairlead.exchange.reading.encoding import encoding_of
from fairlead.exchange.reading.header import begins_at, ends_before, filled, header_of, names_of
from fairlead.exchange.reading.kind import Kind, kind_of
from fairlead.exchange.reading.limits import CELL, LOOKED_AT
from fairlead.exchange.reading.refused import Unreadable
from fairlead.exchange.reading.separated import Manner, Raw, manner_of, separated
from fairlead.exchange.reading.sheets import sheet_rows
from fairlead.exchange.reading.values import Order, decimal_of, order_of
from fairlead.exchange.reading.vcards import vcard_table

TAIL = 12  # rows at the end among which totals and footnotes are looked for


@dataclass(frozen=True)
class Choices:
    """What a person says about the file instead of what was found. `header`: its row, from 1; 0 for none."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header: int | None = None
    order: Order | None = None
    decimal: str = ""


@dataclass
class Look:
    """What a file is. `header` is the number of that row from 0; `orders` of days are by column, ? where unclear."""

    kind: Kind
    encoding: str = ""
    manner: Manner = field(default_factory=lambda: Manner(","))
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    header: int | None = None
    begins: int = 0
    names: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    orders: dict[int, Order | str] = field(default_factory=dict)
    decimal: str = "."

    def values(self, column: int) -> list[str]:
        """What stands in a column of the rows looked at."""
        return [row[column].strip() for row in self.sample if column < len(row) and row[column].strip()]


class Line(NamedTuple):
    """A row of data: its number among them from 1, where it stands in the file from 1, and what is wrong with it."""

    number: int
    at: int
    cells: list[str]
    fault: str = ""


def look(path: Path, choices: Choices | None = None) -> Look:
    """Find out what a file is; raises Unreadable with what it is when it is no table."""
    said = choices or Choices()
    found = Look(kind_of(path), sheet=said.sheet)
    if found.kind == "text":
        found.encoding = said.encoding or encoding_of(path)
        found.manner = manner_of(path, found.encoding, said.separator)
    elif found.kind == "vcard":
        found.encoding = encoding_of(path)
    head = [raw.cells for raw in islice(_raw(path, found), LOOKED_AT)]
    if not any(filled(row) for row in head):
        raise Unreadable(_("There is nothing in this file but blank rows."))
    _find_header(found, head, said)
    _find_values(found, said)
    return found


def rows(path: Path, found: Look, left_out: list[list[str]] | None = None) -> Iterator[Line]:
    """The rows of data, blank ones left out; totals and footnotes at the end go to `left_out`."""
    width, number = len(found.names), 0
    knows = any(meant(name) for name in found.names)  # in a table of figures a row of sums may be wanted
    held: deque[tuple[int, Raw]] = deque()
    for at, raw in enumerate(_raw(path, found)):
        if at < found.begins:
            continue
        held.append((at, raw))
        if len(held) > TAIL:
            first, raw = held.popleft()
            if raw.fault or _says(raw.cells):
                number += 1
                yield _line(number, first, raw, width)
    end = ends_before([raw.cells for _at, raw in held], width) if knows else len(held)
    for place, (at, raw) in enumerate(held):
        if place >= end and not raw.fault:
            if left_out is not None and filled(raw.cells):
                left_out.append(raw.cells)
        elif raw.fault or filled(raw.cells):
            number += 1
            yield _line(number, at, raw, width)


def _says(cells: list[str]) -> bool:
    return any(map(str.strip, cells))


def _line(number: int, at: int, raw: Raw, width: int) -> Line:
    missing = width - len(raw.cells)
    return Line(number, at + 1, raw.cells + [""] * missing if missing > 0 else raw.cells, raw.fault)


def _raw(path: Path, found: Look) -> Iterator[Raw]:
    if found.kind == "text":
        yield from separated(path, found.encoding, found.manner)
    elif found.kind == "vcard":
        yield from (Raw(row, _too_long(row)) for row in vcard_table(path))
    else:
        lines = sheet_rows(path, found.sheet)
        found.sheets, found.sheet = next(lines, ([], ""))
        yield from (Raw(row, _too_long(row)) for row in lines)


def _too_long(row: list[str]) -> str:
    if any(len(cell) > CELL for cell in row):
        return _("A cell is longer than %(most)s characters.") % {"most": f"{CELL:,}"}
    return ""


def _find_header(found: Look, head: list[list[str]], said: Choices) -> None:
    if found.kind == "vcard":
        found.header = 0
    elif said.header is not None:
        found.header = said.header - 1 if 0 < said.header <= len(head) else None
    else:
        found.header = header_of(head)
    found.begins = begins_at(head, found.header)
    data = [row for row in head[found.begins :] if filled(row)]
    found.sample = data[: ends_before(data, max(map(len, data), default=0))] if len(head) < LOOKED_AT else data
    found.names = names_of(head, found.header, max(map(len, data), default=len(head[0])))


def _find_values(found: Look, said: Choices) -> None:
    columns = range(len(found.names))
    orders = {at: order_of(found.values(at)) for at in columns}
    known = {order for order in orders.values() if order not in ("", "?", "ymd")}
    # One column that proves its order speaks for those that could be either.
    only = said.order or (known.pop() if len(known) == 1 else None)
    found.orders = {at: only if order == "?" and only else order for at, order in orders.items() if order}
    marks = [mark for at in columns if at not in found.orders and (mark := decimal_of(found.values(at)))]
    usual = "," if found.manner.separator == ";" else "."
    found.decimal = said.decimal or (max(set(marks), key=marks.count) if marks else usual)
