"""Texts with separators: which one it is, and every row of it, also where quotation marks went wrong."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from fairlead.exchange.reading.limits import CELL, COLUMNS, LINES_IN_A_ROW, SAMPLE
from fairlead.exchange.reading.refused import Unreadable

SEPARATORS = (",", ";", "\t", "|", "\x1f", "^", "~", ":")
BROKEN = re.compile("[\ud800-\udfff]")
LINE = 8 * CELL  # characters
csv.field_size_limit(4 * CELL)


class Raw(NamedTuple):
    """A row as it stands in the file; `fault` says what is wrong with it."""

    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Manner:
    """How the cells of a text are told apart. `said`: its first line says so (sep=;)."""

    separator: str
    said: bool = False
    escape: str | None = None
    space_first: bool = False


def manner_of(path: Path, encoding: str, separator: str = "") -> Manner:
    """Found by trying: the separator that cuts the rows most evenly."""
    with opened(path, encoding) as file:
        sample = file.read(SAMPLE)
    said = re.match(r"\s*\"?sep=(.|\\t)\"?[ \t,;]*(\r\n|\r|\n|$)", sample, re.IGNORECASE)
    if len(sample) == SAMPLE:  # the last line may be cut off
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    if not separator:
        separator = said[1].replace("\\t", "\t") if said else _most_even(sample)
    mark = re.escape(separator)
    # patterns of ours around one escaped sign
    # nosemgrep
    escaped = len(re.findall(rf"\\\"(?!\s*({mark}|[\r\n]|$))", sample)) > sample.count('""')
    # nosemgrep
    spaced = bool(re.search(rf'{mark} +"[^"\r\n]*"\s*({mark}|[\r\n]|$)', sample))
    return Manner(separator, said=bool(said), escape="\\" if escaped else None, space_first=spaced)


def separated(path: Path, encoding: str, manner: Manner) -> Iterator[Raw]:
    """All rows, one at a time, without the line that says the separator."""
    with opened(path, encoding) as file:
        lines = _Lines(file)
        if manner.said:
            next(lines, None)
        yield from _rows(lines, manner)


def opened(path: Path, encoding: str) -> io.TextIOWrapper:
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    return path.open(encoding=encoding, errors=errors, newline="")


class _Lines:
    """Lines that can be read again from where a row began."""

    def __init__(self, file: io.TextIOBase) -> None:
        self.file, self.again, self.taken = iter(_pieces(file)), deque[str](), list[str]()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.file)
        self.taken.append(line)
        if len(self.taken) > LINES_IN_A_ROW:
            raise _Endless
        return line

    def give_back(self) -> str:
        """The first line of this row; those after it are to be read anew."""
        first, *others = self.taken
        self.again.extendleft(reversed(others))
        self.taken = []
        return first


class _Endless(Exception):
    """A quotation mark was opened and takes all that follows."""


def _pieces(file: io.TextIOBase) -> Iterator[str]:
    """The lines; one that is longer than any row may be never fills the memory: it ends in a cell that is too long."""
    while line := file.readline(LINE):
        cut = len(line) == LINE and line[-1] not in "\r\n"
        yield line + "x" * (4 * CELL + 1) if cut else line
        while cut and (rest := file.readline(LINE)):
            cut = len(rest) == LINE and rest[-1] not in "\r\n"


def _rows(lines: _Lines, manner: Manner) -> Iterator[Raw]:
    reader = _reader(lines, manner)
    while True:
        lines.taken = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Endless) as error:
            if not lines.taken:
                return
            yield _faulty(lines, manner, error)
            reader = _reader(lines, manner)
            continue
        if len(cells) > COLUMNS:
            raise too_wide(len(cells))
        yield Raw(cells, _unfit(cells))


def _reader(lines: Iterable[str], manner: Manner, *, strict: bool = True) -> Any:
    return csv.reader(
        lines,
        delimiter=manner.separator,
        strict=strict,
        escapechar=manner.escape,
        skipinitialspace=manner.space_first,
    )


def too_wide(columns: int) -> Unreadable:
    text = _("This file has %(columns)s columns; %(most)s are the most. Keep those you need and save it again.")
    return Unreadable(text % {"columns": f"{columns:,}", "most": f"{COLUMNS:,}"})


def _unfit(cells: list[str]) -> str:
    whole = "".join(cells)
    if len(whole) <= CELL and "\0" not in whole and (whole.isascii() or not BROKEN.search(whole)):
        return ""
    for at, cell in enumerate(cells, 1):
        words = {"at": at, "most": f"{CELL:,}"}
        if len(cell) > CELL:
            return _("The cell in column %(at)s is longer than %(most)s characters.") % words
        if "\0" in cell:
            return _("The cell in column %(at)s has a zero byte in it.") % words
        if BROKEN.search(cell):
            return _("The cell in column %(at)s has bytes in it that are no text.") % words
    return ""


def _faulty(lines: _Lines, manner: Manner, error: Exception) -> Raw:
    """The row whose quotation marks are wrong, read as well as it can be; what follows is read as usual."""
    if "field larger" in str(error):
        return Raw([lines.taken[0][:200]], _("A cell is longer than %(most)s characters.") % {"most": f"{CELL:,}"})
    if isinstance(error, _Endless) or "unexpected end" in str(error):
        first = lines.give_back()
        cells = [cell.strip('"') for cell in first.rstrip("\r\n").split(manner.separator)]
        return Raw(cells[:COLUMNS], _("A quotation mark is opened and never closed."))
    if harmless := _mended(lines.taken, manner):
        return Raw(harmless, _unfit(harmless))
    try:
        cells = next(_reader(lines.taken, manner, strict=False))
    except (csv.Error, StopIteration):
        cells = lines.taken[0].split(manner.separator)
    words = {"text": "".join(lines.taken).strip()[:80]}
    return Raw(cells[:COLUMNS], _("A quotation mark stands where none may: %(text)s") % words)


def _mended(taken: list[str], manner: Manner) -> list[str]:
    """The cells when all that was wrong is space after a closing mark, or marks written as \\"."""
    # a pattern of ours around one escaped sign
    # nosemgrep
    closed = [re.sub(rf'" +(?={re.escape(manner.separator)}|[\r\n]|$)', '"', line) for line in taken]
    for lines, escape in ((closed, manner.escape), (taken, "\\")):
        try:
            return list(next(_reader(lines, replace(manner, escape=escape))))
        except (csv.Error, StopIteration):
            continue
    return []


def _most_even(sample: str) -> str:
    return max(SEPARATORS, key=lambda each: (_evenness(sample, each), -SEPARATORS.index(each)))


def _evenness(sample: str, separator: str) -> float:
    """How evenly this separator cuts the rows: the share of rows of the most usual width, and how wide that is."""
    if separator not in sample:
        return 0.0
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        widths = [len(row) for row in reader if any(cell.strip() for cell in row)][:500]
    except csv.Error:
        return 0.0
    counted = Counter(width for width in widths if width > 1)
    if not counted:
        return 0.0
    width, most = max(counted.items(), key=lambda each: (each[1], each[0]))
    share = most / len(widths)
    close = sum(count for other, count in counted.items() if other != width) / len(widths)
    rarely = 0.35 if separator in ":^~" else 1.0
    return rarely * (share + 0.5 * close) * (1 + 0.02 * min(width, 25))
