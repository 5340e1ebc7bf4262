"""Who calls: a token in the Authorization header, and how often it may."""

import time
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import NoToken, TooMany
from fairlead.core.record import writing
from fairlead.models import Token
from fairlead.models.token import PREFIX, fingerprint

NOTED_EVERY = timedelta(hours=1)
BURST = 10  # seconds of its rate that a token may use at once
MOST_BUCKETS = 10_000


def identify(header: str, door: str) -> Actor:
    """The actor of the token in an Authorization header, through this door; raises NoToken or TooMany."""
    token = _token(header)
    take_one(token.pk)
    _note_use(token)
    return token.actor(door)


def _token(header: str) -> Token:
    scheme, _space, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip().startswith(PREFIX):
        raise NoToken(_("Send a token: Authorization: Bearer fl_… You make one in your settings."))
    found = Token.objects.select_related("user__role").filter(hashed=fingerprint(secret.strip())).first()
    if found is None or not found.is_valid:
        raise NoToken(_("This token is not valid. It may be mistyped, expired or revoked. Nothing was changed."))
    return found


def _note_use(token: Token) -> None:
    """Once an hour is enough to see which tokens are used."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY or token.last_used_at > now:
        with writing():
            Token.objects.filter(pk=token.pk).update(last_used_at=now)  # the token of this call; nosemgrep


# --- how often: a bucket per token in each web process, filled at the rate of the settings -----------------------

_buckets: dict[int, tuple[float, float]] = {}  # token: (what is left, when that was)


def take_one(token_id: int) -> None:
    """Take one request out of the token's bucket; raises TooMany when it is empty."""
    now, rate = time.monotonic(), settings.API_RATE
    left, since = _buckets.get(token_id, (rate * BURST, now))
    left = min(rate * BURST, left + (now - since) * rate)
    if left < 1:
        raise TooMany(_("Too many requests with this token. Wait a moment, then go on."), retry_after=1)
    if len(_buckets) >= MOST_BUCKETS:
        _buckets.clear()
    _buckets[token_id] = (left - 1, now)


def refill() -> None:
    """Begin anew, for tests."""
    _buckets.clear()
