"""Phrases with the day that is meant, seen from one moment, and texts in which there is none."""

import json
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

from fairlead.reading.when.calendar import Seen
from fairlead.reading.when.finding import find_dates


def score(folder: Path) -> Iterator[dict[str, Any]]:
    phrases, silent, of, quiet = 0, 0, 0, 0
    for path in sorted(folder.rglob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        seen = Seen(datetime.fromisoformat(data["now"]), data.get("date_order", "DMY"))
        usual = time.fromisoformat(data.get("default_time", "09:00"))
        for text, wanted in data.get("phrases", []):
            phrases += _told(text, seen, usual).startswith(wanted)
            of += 1
        for text in data.get("not_dates", []):
            silent += _told(text, seen, usual) == ""
            quiet += 1
    yield {"set": "phrases", "right": phrases, "of": of}
    yield {"set": "not_dates", "right": silent, "of": quiet}


def _told(text: str, seen: Seen, usual: time) -> str:
    """The last date found, with the usual time where none is said."""
    try:
        found = find_dates(text, seen)
    except Exception as error:  # a crash is a miss, not the end
        return f"{type(error).__name__}"
    return f"{found[-1].on} {(found[-1].at or usual):%H:%M}" if found else ""
