"""Webhooks leave for the public internet and for nowhere else."""

from ipaddress import ip_address

import pytest

from lms_domain.kernel import Problem
from lms_domain.webhooks.addresses import is_public
from lms_domain.webhooks.fields import clean_target

INSIDE = """
    0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8
    192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::
    3fff::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1 2001:4860:4860::8888%1
"""
OUTSIDE = "1.1.1.1 8.8.8.8 100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 2606:4700::1111 2a00:1450::1"


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_is_inside_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_what_is_outside_is_not(address: str) -> None:
    assert is_public(ip_address(address))


def refused(url: str, *, private: bool = False) -> bool:
    problems: list[Problem] = []
    clean_target(url, problems, private=private)
    assert {problem.field for problem in problems} <= {"url"}
    return bool(problems)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///hooks",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nX-Injected: 1",
        "https://bücher.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_at_once(url: str) -> None:
    assert refused(url)


def test_in_a_network_of_ones_own_more_is_allowed() -> None:
    assert not refused("https://example.org:8443/hooks?x=1")
    for url in ("http://127.0.0.1:9000/x", "http://intranet/", "https://10.0.0.1/"):
        assert refused(url)
        assert not refused(url, private=True)
    assert refused("ftp://127.0.0.1/", private=True)
