"""Pieces of pages that were made before, by everything that they show: the same again is not made again."""

from collections.abc import Callable
from typing import Any

MOST = 2000  # of about 4 kB each

_made: dict[Any, Any] = {}


def kept(key: Any, make: Callable[[], Any]) -> Any:
    """What `make` makes. The key must hold all that it depends on, so that what is kept can never be wrong."""
    try:
        found = _made.get(key)
    except TypeError:  # shows what cannot be a key, such as a list
        return make()
    if found is None:
        if len(_made) >= MOST:
            _made.clear()
        found = _made[key] = make()
    return found
