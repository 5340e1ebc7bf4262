"""Static files are collected once per version of the code: a stamp beside them says for which."""

import hashlib
import os
from collections.abc import Iterator

from django.conf import settings
from django.core.management import call_command

SOURCES = ("css", "js", "img", "fonts", "vendor")
STAMP = settings.STATIC_ROOT / ".stamp"


def collect() -> bool:
    """True when there was something to do."""
    wanted = fingerprint()
    if is_current(wanted):
        return False
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    STAMP.write_text(wanted)
    return True


def is_current(wanted: str | None = None) -> bool:
    return STAMP.exists() and STAMP.read_text() == (wanted or fingerprint())


def fingerprint() -> str:
    """Names, sizes and times of all sources, which costs a millisecond; their contents would cost more."""
    lines = sorted(line for folder in SOURCES for line in entries(str(settings.PACKAGE / "web" / folder)))
    return hashlib.sha256("\n".join([settings.VERSION, *lines]).encode()).hexdigest()


def entries(folder: str) -> Iterator[str]:
    if not os.path.isdir(folder):
        return
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from entries(entry.path)
        else:
            seen = entry.stat()
            yield f"{entry.path} {seen.st_size} {seen.st_mtime_ns}"
