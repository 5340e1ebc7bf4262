"""For bin/dev: has a source file changed? Looking at every mtime twice a second costs a few milliseconds."""

import os
from collections.abc import Iterator

from fairlead.settings import PACKAGE

WATCHED = (".py",)


class Sources:
    def __init__(self) -> None:
        self.seen = dict(stamps(str(PACKAGE)))

    def has_changed(self) -> bool:
        now = dict(stamps(str(PACKAGE)))
        before, self.seen = self.seen, now
        return now != before


def stamps(folder: str) -> Iterator[tuple[str, float]]:
    for entry in os.scandir(folder):
        if entry.is_dir() and not entry.name.startswith(("__", ".")):
            yield from stamps(entry.path)
        elif entry.name.endswith(WATCHED):
            yield entry.path, entry.stat().st_mtime
