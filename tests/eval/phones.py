"""Typed numbers with the country they were typed in, normalised."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check

from fairlead.models import normal


def score(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.csv")):
        rows = check.rd(str(path))
        answers = [normal.phone(row["typed"], row["default_region"]) for row in rows]
        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["e164"], *([answer] for answer in answers)])
            file.flush()
            check.phones(str(path), file.name)
        pairs = zip(rows, answers, strict=True)
        yield {"set": path.stem, "right": sum(is_right(row["e164"], answer) for row, answer in pairs), "of": len(rows)}


def is_right(wanted: str, found: str) -> bool:
    main, _mark, extension = wanted.partition(";ext=")
    return found == wanted or (bool(extension) and found.partition(";")[0] == main and "123" in found)
