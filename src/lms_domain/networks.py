"""Networks as people write them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
RULE = "a network in CIDR, such as 192.0.2.0/24, without a zone"


def network_in(text: str) -> Network:
    """Raises ValueError. A zone (`fe80::1%eth0`, RFC 4007) means something to one machine alone."""
    if "%" in text:
        raise ValueError(text)
    return ip_network(text)
