"""Reading has its time: a statement that takes longer is cut off, and whoever asked is told what to narrow."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from fairlead.core.errors import TooSlow

SECONDS = 2.0
STEPS = 20_000  # of SQLite's machine between two looks at the clock: less than a millisecond
CUT_OFF = {"57014", "SQLITE_INTERRUPT"}


@contextmanager
def reading() -> Iterator[None]:
    """Within this, each statement has SECONDS; one that needs more raises TooSlow. For reading only, never for acts."""
    connection.ensure_connection()
    limited = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    with in_time(), limited(connection.connection, SECONDS):
        yield


@contextmanager
def in_time() -> Iterator[None]:
    """Where a page has more to show than that something took too long: TooSlow arises here already."""
    try:
        yield
    except OperationalError as error:
        if _was_cut_off(error):
            raise TooSlow(_too_slow()) from error
        raise


def _was_cut_off(error: OperationalError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) in CUT_OFF or getattr(cause, "sqlite_errorname", None) in CUT_OFF


@contextmanager
def _on_postgres(raw: Any, seconds: float) -> Iterator[None]:
    # a whole number of our own
    # nosemgrep
    raw.execute(f"SET statement_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        # A transaction that failed takes the setting back itself; a connection that is gone has none.
        if not raw.closed and raw.info.transaction_status.name in {"IDLE", "INTRANS"}:
            raw.execute("RESET statement_timeout")


@contextmanager
def _on_sqlite(raw: Any, seconds: float) -> Iterator[None]:
    until = 0.0

    def begun(execute: Callable[..., Any], *asked: Any) -> Any:
        nonlocal until
        until = time.monotonic() + seconds
        return execute(*asked)

    raw.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        with connection.execute_wrapper(begun):
            yield
    finally:
        if connection.connection is raw:
            raw.set_progress_handler(None, 0)


def _too_slow() -> str:
    return _("This took longer than %(seconds)g seconds, so it was stopped. Ask for less: %(how)s.") % {
        "seconds": SECONDS,
        "how": _("add a filter, such as an owner or a date, or sort by another column"),
    }
