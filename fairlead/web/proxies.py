"""Who is calling? What a reverse proxy reports of address and scheme, believed only from a configured proxy."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

Environ = dict[str, Any]
Networks = list[IPv4Network | IPv6Network]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
NEVER = ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_BY", "HTTP_X_REAL_IP", "HTTP_FORWARDED")


def behind_proxies(application: Any, trusted: list[str]) -> Callable[[Environ, Any], Iterable[bytes]]:
    """REMOTE_ADDR becomes the last address in X-Forwarded-For that is not a trusted proxy's own."""
    networks: Networks = [ip_network(proxy, strict=False) for proxy in trusted]

    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        for name in NEVER:
            environ.pop(name, None)
        if is_trusted(environ.get("REMOTE_ADDR", ""), networks):
            environ["REMOTE_ADDR"] = client(environ, networks)
        else:
            for name in FORWARDED:
                environ.pop(name, None)
        body: Iterable[bytes] = application(environ, start_response)
        return body

    return answer


def client(environ: Environ, networks: Networks) -> str:
    address: str = environ["REMOTE_ADDR"]
    for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not is_address(hop.strip()):
            break
        address = hop.strip()
        if not is_trusted(address, networks):
            break
    return address


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_trusted(address: str, networks: Networks) -> bool:
    return is_address(address) and any(ip_address(address) in network for network in networks)
