"""One clock for everything, which tests, the demo and imports can set. All moments are aware and in UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo

_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The present moment in UTC, or the one the clock is set to."""
    return _set_to.get() or datetime.now(UTC)


def today(zone: tzinfo) -> date:
    """The calendar day in `zone` at this moment."""
    return now().astimezone(zone).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the clock to `moment` (aware) for what runs inside."""
    if moment.tzinfo is None:
        raise ValueError("The clock takes aware moments only.")
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
