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


def test_clients_of_a_socket_for_both_kinds_are_counted_apart() -> None:
    assert network_of(seen("::ffff:192.0.2.7")) != network_of(seen("::ffff:192.0.2.8"))
    assert network_of(seen("2001:db8::7")) == network_of(seen("2001:db8::8"))


def test_without_a_peer_there_is_no_address() -> None:
    assert Addresses("").of({"client": None, "headers": []}) == ""
