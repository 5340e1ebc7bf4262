"""The endpoints as this process knows them: asked for anew every few seconds, remembered while the database is away."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.db import Error

from fairlead.models import Endpoint
from fairlead.models.token import fingerprint

FRESH = 5.0  # seconds
MOST = 1000
_known: dict[str, tuple[float, Endpoint | None]] = {}


@dataclass(frozen=True)
class Found:
    """`certain`: the database has been asked. When it does not answer and never did, nobody knows."""

    endpoint: Endpoint | None
    certain: bool


def find(address: str) -> Found:
    """The endpoint at this address."""
    hashed = fingerprint(address)
    at, endpoint = _known.get(hashed, (0.0, None))
    if hashed in _known and time.monotonic() - at < FRESH:
        return Found(endpoint, True)
    try:
        endpoint = Endpoint.at(address)
    except Error:  # away: what was known holds, and is not asked for again at once
        if hashed in _known:
            _known[hashed] = (time.monotonic(), endpoint)
        return Found(endpoint, hashed in _known)
    if len(_known) >= MOST:
        _known.clear()
    _known[hashed] = (time.monotonic(), endpoint)
    return Found(endpoint, True)


def forget() -> None:
    """Begin anew, for tests."""
    _known.clear()


def url(address: str) -> str:
    """An endpoint's whole address."""
    return f"{settings.BASE_URL}/in/{address}"
