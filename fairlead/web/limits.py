"""Slowing down those who guess: 10 tries in 5 minutes for an account and for an address."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

from fairlead.models import Attempt

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


def network(address: str) -> str:
    """The address; of IPv6 the /64, because one customer has all of it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
