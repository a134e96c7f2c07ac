"""Where a request came from."""

from typing import Any

import pytest

from lms_entrypoints.http.addresses import Addresses, network_of

PROXY = "10.0.0.1"


def seen(peer: str, *forwarded: str, trusted: str = "10.0.0.0/8") -> str:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    scope: dict[str, Any] = {"client": (peer, 1), "headers": headers}
    return Addresses(trusted).of(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        (PROXY, ["198.51.100.1"], "198.51.100.1"),
        (PROXY, ["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (PROXY, ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        (PROXY, ["nonsense"], PROXY),
        (PROXY, [], PROXY),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::FFFF:c000:207", [], "192.0.2.7"),
        ("2001:db8::ffff:1", [], "2001:db8::ffff:1"),
        ("2001:db8::7", ["198.51.100.1"], "2001:db8::7"),
    ],
)
def test_only_our_proxies_are_believed_and_every_address_has_one_spelling(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert seen(peer, *forwarded) == address


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("198.51.100.1:55", "198.51.100.1"),
        ("[2001:db8::1]:65535", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[::ffff:198.51.100.1]:55", "198.51.100.1"),
        ("203.0.113.9:1, 198.51.100.1:55, 10.0.0.2:443", "198.51.100.1"),
        ("2001:db8::1:55", "2001:db8::1:55"),  # that is an address
        *(
            (nonsense, PROXY)
            for nonsense in (
                "198.51.100.1:",
                "198.51.100.1:65536",
                "198.51.100.1:123456",
                "198.51.100.1:-1",
                "198.51.100.1: 55",
                "198.51.100.1:5:5",
                "198.51.100:55",
                "[198.51.100.1]:55",
                "[2001:db8::1]55",
                "[2001:db8::1]:",
                "[2001:db8::1]:65536",
                "[2001:db8::1",
                "[[2001:db8::1]]:55",
                "[fe80::1%eth0]:55",
                "[::g]:55",
                ":55",
                "[]:55",
                "example.org:55",
            )
        ),
    ],
)
def test_a_proxy_may_write_the_port_too_and_nothing_else(hop: str, address: str) -> None:
    assert seen(PROXY, hop) == address


def test_clients_of_a_socket_for_both_kinds_are_counted_apart() -> None:
    assert network_of(seen("::ffff:192.0.2.7")) != network_of(seen("::ffff:192.0.2.8"))
    assert network_of(seen("2001:db8::7")) == network_of(seen("2001:db8::8"))


def test_without_a_peer_there_is_no_address() -> None:
    assert Addresses("").of({"client": None, "headers": []}) == ""
