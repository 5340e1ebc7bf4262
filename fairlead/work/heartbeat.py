"""The worker's sign of life: the time of a file in the data folder, so that it costs no write to the database."""

import time

from django.conf import settings

FILE = settings.DATA / "worker.seen"


def beat() -> None:
    """Called by the worker's loop at every turn."""
    FILE.touch()


def last_seen() -> float | None:
    """Seconds since the last beat; None when there was none."""
    try:
        return max(0.0, time.time() - FILE.stat().st_mtime)
    except FileNotFoundError:
        return None
