"""Calendar files: every entry with its title, through the reading that imports and answers to meetings use."""

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check

from fairlead.reading.body import Unreadable
from fairlead.reading.calendars import read


def score(folder: Path) -> Iterator[dict[str, Any]]:
    files = [path for path in sorted(folder.iterdir()) if not path.name.endswith(".json")]
    found = {path.name: entries(path) for path in files}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({name: each for name, each in found.items() if each is not None}, file)
        file.flush()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            check.ical(str(folder), file.name)
    print(said.getvalue(), end="")
    missed = sum(line.startswith("MISS") for line in said.getvalue().splitlines())
    yield {"set": folder.name, "right": len(files) - missed, "of": len(files)}


def entries(path: Path) -> Any:
    """The entries, or why the file is refused; None when it brought the reading down."""
    try:
        return [
            {"uid": each.uid, "summary": each.title, "start": str(each.start)}
            for calendar in read(path.read_bytes())
            for each in calendar.entries
        ]
    except Unreadable as reason:
        return {"error": str(reason)}
    except Exception as crash:
        print("CRASH", path.name, f"{type(crash).__name__}: {crash}")
        return None
