"""Which row of a table is its header, if any, and which rows at its end are totals and footnotes."""

import re
from collections.abc import Sequence
from statistics import median

from fairlead.exchange.mapping.words import meant
from fairlead.exchange.reading.values import Kind, kind_of

Rows = Sequence[Sequence[str]]
TYPED: frozenset[Kind] = frozenset({"number", "date", "mail", "web", "phone", "yes"})
TOTAL = re.compile(
    r"((grand|sub|report|overall)[ -]?)?(totals?|sum|count|average)\b.*|((zwischen|gesamt)?summe|gesamt|insgesamt)\b.*"
    r"|(total g[ée]n[ée]ral|sous-total|somme|totale|totaal|suma|razem|celkem|итого|всего)\b.*"
    r"|合計.*|小計.*|总计.*|合计.*|総計.*",
    re.IGNORECASE,
)
BEGINNING = 40  # rows among which a header is looked for


def header_of(rows: Rows) -> int | None:
    """The number of the header row, counted from 0, among the first rows of a table; None when it has none."""
    full = [at for at, row in enumerate(rows) if filled(row)]
    if not full:
        return None
    at = next((at for at in full[:BEGINNING] if _as_full_as(at, rows, full)), full[0])
    body = [rows[other] for other in full if other > at][:60]
    score = _score(rows[at], body)
    if at == full[0]:
        return at if score >= 0 else None
    return at if score >= 0 or _plain(rows[at]) else (at - 1 if at - 1 in full and filled(rows[at - 1]) > 1 else None)


def begins_at(rows: Rows, header: int | None) -> int:
    """The first row that is data: after the header, or after what stands above a table without one."""
    if header is not None:
        return header + 1
    full = [at for at, row in enumerate(rows) if filled(row)]
    return next((at for at in full[:BEGINNING] if _as_full_as(at, rows, full)), 0)


def names_of(rows: Rows, header: int | None, width: int) -> list[str]:
    """The columns by name; two of the same name take that of their group, when a row above the header has groups."""
    if header is None:
        return [f"Column {number}" for number in range(1, width + 1)]
    names = [re.sub(r"\s+", " ", cell).strip() for cell in rows[header]]
    if header == 0 or len(set(names)) == len(names):
        return names
    groups, group = [], ""
    for at in range(len(names)):
        above = rows[header - 1]
        group = (above[at].strip() if at < len(above) else "") or group
        groups.append(group)
    if len({*groups}) < 2 or filled(rows[header - 1]) < 2:
        return names
    twice = {name for name in names if names.count(name) > 1}
    return [f"{group} {name}".strip() if name in twice else name for group, name in zip(groups, names, strict=True)]


def filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def ends_before(rows: Rows, width: int) -> int:
    """How many of the last rows of a table are data; after them come totals, footnotes and blank rows."""
    end = len(rows)
    while end and not filled(rows[end - 1]):
        end -= 1
    at = end
    while at > 0 and width > 2 and (not filled(rows[at - 1]) or _is_note(rows[at - 1]) or _is_total(rows[at - 1])):
        at -= 1
        if _is_total(rows[at]) or (
            not filled(rows[at]) and all(_is_note(row) for row in rows[at + 1 : end] if filled(row))
        ):
            end = at
    while end and not filled(rows[end - 1]):
        end -= 1
    return end


def _is_total(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    if not cells or len(row) < 2 or not TOTAL.fullmatch(cells[0]):
        return False
    return all(kind_of(cell) in ("number", "date", "yes") for cell in cells[1:])


def _is_note(row: Sequence[str]) -> bool:
    return filled(row) == 1 and bool(row[0].strip()) and kind_of(row[0]) in ("text", "web", "date")


def _as_full_as(at: int, rows: Rows, full: list[int]) -> bool:
    """Has this row as many cells as those after it? Titles and groups have fewer."""
    after = [filled(rows[other]) for other in full if other > at][:25]
    mine = filled(rows[at])
    return not after or (mine >= max(1, 0.8 * median(after)) and (mine > 1 or max(after) < 3))


def _score(header: Sequence[str], body: Rows) -> float:
    names = [cell.strip().lower() for cell in header if cell.strip()]
    score = sum(2.0 for cell in header if meant(cell))
    score -= 2.0 * (len(names) - len(set(names))) if not score else 0.0
    for at, cell in enumerate(header):
        values = [row[at].strip() for row in body if at < len(row) and row[at].strip()]
        score += _vote(cell.strip(), values)
    return score


def _vote(cell: str, values: list[str]) -> float:
    mine, kinds = kind_of(cell), [kind_of(value) for value in values[:50]]
    typed = sum(kind in TYPED for kind in kinds) > 0.6 * len(kinds) if kinds else False
    if mine in ("mail", "web", "phone", "date"):
        return -3.0
    if not mine:
        return -0.3 if kinds else 0.0
    if mine in TYPED:
        return -1.0 if typed or not kinds else -0.4
    if typed:
        return 1.0
    return -0.7 if cell in values else 0.1


def _plain(row: Sequence[str]) -> bool:
    """Could be names of columns: all different, and words or years."""
    names = [cell.strip().lower() for cell in row if cell.strip()]
    fine = all(kind_of(name) == "text" or re.fullmatch(r"(19|20)\d\d", name) for name in names)
    return len(set(names)) == len(names) and fine
