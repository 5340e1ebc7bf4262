"""Slowing down those who guess: 10 tries in 5 minutes for an account and for an address."""

from django.http import HttpRequest

from fairlead.models import Attempt
from fairlead.programs.callers import network

WAIT = "300"  # seconds, for Retry-After


class Tries:
    """The tries of one request; `allowed` says whether it may go on."""

    def __init__(self, request: HttpRequest, account: str = "") -> None:
        keys = [f"address:{network(request.META.get('REMOTE_ADDR', ''))}"]
        made = Attempt.count(keys + ([f"account:{account}"] if account else []))
        self.allowed = made is not None
        self._made = made or []

    def forgive(self) -> None:
        """It was the right one: this try does not count."""
        Attempt.forgive(self._made)
