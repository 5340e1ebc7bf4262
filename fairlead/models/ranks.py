"""Places between any two others: words that sort as places do, so that nothing else is numbered anew."""

from datetime import datetime

from fairlead.core import clock
from fairlead.core.record import new_public_id

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MIDDLE = "i"


def new_rank() -> str:
    """Behind all that were added before; no other one is equal, and none ends with the lowest digit."""
    return rank_of(clock.now(), new_public_id())


def rank_of(added: datetime, public_id: str) -> str:
    """The rank of what was added then."""
    return f"{int(added.timestamp() * 1_000_000):014x}{public_id[:3]}{MIDDLE}"


def between(before: str, after: str) -> str:
    """A rank behind `before` and before `after`; an empty one is no bound."""
    if after and before >= after:  # only what was made by other hands
        after = ""
    same = 0
    while after and same < len(after) and (before[same] if same < len(before) else DIGITS[0]) == after[same]:
        same += 1
    if same:
        return after[:same] + between(before[same:], after[same:])
    low = DIGITS.index(before[0]) if before else 0
    high = DIGITS.index(after[0]) if after else len(DIGITS)
    if high - low > 1:
        return DIGITS[(low + high) // 2]
    if len(after) > 1:
        return after[0]
    return DIGITS[low] + between(before[1:], "")
