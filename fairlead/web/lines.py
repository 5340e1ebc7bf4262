"""Pieces of pages that were made before, by everything that they show: the same again is not made again."""

from collections.abc import Callable, Hashable
from itertools import count
from typing import Any

MOST = 24_000_000  # characters kept; when there are more, all are made anew

_made: dict[Hashable, str] = {}
_short: dict[Hashable, int] = {}
_numbers = count()
_size = 0


def kept(key: Hashable, make: Callable[[], str]) -> str:
    """What `make` makes. The key must hold all that it depends on, so that what is kept can never be wrong."""
    global _size
    try:
        found = _made.get(key)
    except TypeError:  # shows what cannot be a key, such as a list
        return make()
    if found is None:
        found = make()
        if _size > MOST:
            _made.clear()
            _short.clear()
            _size = 0
        _made[key] = found
        _size += len(found)
    return found


def short(key: Hashable) -> int:
    """A number for this key and no other one, ever, for keys of which it is a part."""
    found = _short.get(key)
    if found is None:
        found = _short[key] = next(_numbers)
    return found


class Gathered:
    """Values that several pieces of a page are made of, known by one number."""

    def __init__(self, **values: Any) -> None:
        self.__dict__ |= values
        self.outline = short(shown(values))


def shown(value: Any) -> Hashable:
    """A value as part of a key. What has an `outline` is known by it: that says all that it shows."""
    kind = value.__class__
    if kind is dict:
        return tuple((name, shown(each)) for name, each in value.items())
    if kind is list or kind is tuple:
        return kind, *map(shown, value)
    if kind is str or kind is int:
        return value  # type: ignore[no-any-return]
    # With its kind: a text that is markup already is another one than the same text that is not.
    return kind, getattr(value, "outline", value)
