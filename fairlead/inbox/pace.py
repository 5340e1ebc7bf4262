"""How often one sender may post to one address: a bucket for each pair in each web process."""

import time

from django.conf import settings

BURST = 10  # seconds of the rate that may come at once
SPELL = 600  # seconds over which posts of one form by one sender are counted
MOST = 10_000
_buckets: dict[tuple[str, str], tuple[float, float]] = {}  # (address, sender): (what is left, when that was)


def allowed(endpoint: str, sender: str) -> bool:
    """Take one out of the bucket of this pair; False when it is empty."""
    return _taken((endpoint, sender), settings.INTAKE_RATE, settings.INTAKE_RATE * BURST)


def is_human(form: str, sender: str) -> bool:
    """Does one sender fill in this form no more often than people at one address do?"""
    return _taken((f"form {form}", sender), settings.FORM_POSTS / SPELL, settings.FORM_POSTS)


def refill() -> None:
    """Begin anew, for tests."""
    _buckets.clear()


def _taken(pair: tuple[str, str], rate: float, room: float) -> bool:
    now = time.monotonic()
    left, since = _buckets.get(pair, (room, now))
    left = min(room, left + (now - since) * rate)
    if len(_buckets) >= MOST:
        _buckets.clear()
    _buckets[pair] = (left - 1 if left >= 1 else left, now)
    return left >= 1
