"""Whom a request counts for when requests are counted."""

from ipaddress import IPv6Address, ip_address, ip_network


def network(address: str) -> str:
    """The address; of IPv6 the /64, because one customer has all of it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
