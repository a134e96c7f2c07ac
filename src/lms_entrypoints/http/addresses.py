"""Where a request came from. What a client says of itself is believed of nobody but our own proxies."""

import re
from ipaddress import IPv6Address, ip_address, ip_network

from lms_entrypoints.http.wire import Scope

WITH_PORT = re.compile(r"([0-9.]+):([0-9]{1,5})|\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\](?::([0-9]{1,5}))?")
LAST_PORT = 65_535


class Addresses:
    """`trusted`: networks of proxies in CIDR, with commas between."""

    def __init__(self, trusted: str) -> None:
        self._trusted = [ip_network(each.strip()) for each in trusted.split(",") if each.strip()]

    def of(self, scope: Scope) -> str:
        """The last hop that is not a proxy of ours: those before it anybody may have written."""
        peer = unmapped(str(scope["client"][0])) if scope.get("client") else ""
        if not self._trusted or not self._is_ours(peer):
            return peer
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        for hop in reversed([without_port(hop.strip()) for line in lines for hop in line.split(",")]):
            if not _is_address(hop):
                return peer
            peer = unmapped(hop)
            if not self._is_ours(peer):
                break
        return peer

    def _is_ours(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def without_port(hop: str) -> str:
    """Some proxies (Azure, IIS) write 192.0.2.7:55 and [2001:db8::7]:55, as in RFC 7239 §6."""
    found = WITH_PORT.fullmatch(hop)
    if found is None or int(found[2] or found[4] or 0) > LAST_PORT:
        return hop
    return str(found[1] or found[3])


def unmapped(address: str) -> str:
    """A socket for both kinds shows IPv4 peers as ::ffff:192.0.2.7 (RFC 4291 §2.5.5.2)."""
    if "::ffff:" not in address.lower():
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return str(mapped) if mapped else address


def network_of(address: str) -> str:
    """Who has an IPv6 address has 2^64 of them."""
    if ":" not in address or not _is_address(address):
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
