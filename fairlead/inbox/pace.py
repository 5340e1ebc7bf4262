"""How often one sender may post to one endpoint: a bucket for each pair in each web process."""

import time

from django.conf import settings

BURST = 10  # seconds of the rate that may come at once
MOST = 10_000
_buckets: dict[tuple[str, str], tuple[float, float]] = {}  # (endpoint, sender): (what is left, when that was)


def allowed(endpoint: str, sender: str) -> bool:
    """Take one out of the bucket of this pair; False when it is empty."""
    now, rate = time.monotonic(), settings.INTAKE_RATE
    left, since = _buckets.get((endpoint, sender), (rate * BURST, now))
    left = min(rate * BURST, left + (now - since) * rate)
    if len(_buckets) >= MOST:
        _buckets.clear()
    _buckets[(endpoint, sender)] = (left - 1 if left >= 1 else left, now)
    return left >= 1


def refill() -> None:
    """Begin anew, for tests."""
    _buckets.clear()
