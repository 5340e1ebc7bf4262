"""Connections to hosts that somebody named: only to the outside world, at the very address that was looked at."""

import ipaddress
import socket
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Networks that carry an IPv4 address in an IPv6 one: mapped, compatible, and translated ones (NAT64, 6to4, Teredo).
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class NotOutside(OSError):
    """The host is none of the outside world, or none at all; the message says which, for people."""


@dataclass(frozen=True)
class Place:
    """A host with the address that was found good for it."""

    host: str
    address: str
    port: int

    def connect(self, timeout: float) -> socket.socket:
        return socket.create_connection((self.address, self.port), timeout)


def place(host: str, port: int) -> Place:
    """Where this host is. Raises NotOutside when it is not known, or lies within one's own network.

    Hosts that FAIRLEAD_PRIVATE_HOSTS names may lie anywhere.
    """
    plain = host.strip().rstrip(".").lower()
    try:
        found = socket.getaddrinfo(plain.encode("idna").decode(), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotOutside(_("There is no host named %(host)s.") % {"host": plain[:100]}) from None
    addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if plain not in settings.PRIVATE_HOSTS:
        for each in addresses:
            if not is_outside(ipaddress.ip_address(each)):
                text = _("%(host)s lies within your own network. FAIRLEAD_PRIVATE_HOSTS can allow it.")
                raise NotOutside(text % {"host": plain[:100]})
    return Place(plain, addresses[0], port)


def is_outside(address: Address) -> bool:
    """Is this an address of the open Internet, and so are all that it stands for?"""
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in _meant(address))


def _meant(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address, address.sixtofour]
    if address.teredo:
        return [address, *address.teredo]
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in NAT64[0] or address in NAT64[1]:
        return [last]
    return [address, last] if int(address) >> 32 == 0 else [address]
