"""Connections to addresses that were looked at first, and to no others.

A name is resolved once, here; what is connected to is one of the addresses that were found good, not the name again: a
name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpcore

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

MOST_ADDRESSES = 3  # that are tried, one after another
RESOLVERS = 32  # threads: a name server that does not answer keeps one busy for its own timeout


class AddressRefusedError(Exception):
    """The name leads to where nothing may be sent."""


class NameNotFoundError(Exception):
    """The name leads nowhere."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(each[4][0]) for each in found]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """`is_allowed`: whether an address may be connected to."""

    def __init__(self, is_allowed: Callable[[Address], bool], *, resolve: Resolve = resolve) -> None:
        self._is_allowed, self._resolve = is_allowed, resolve
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="webhook-dns")
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own parameter)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self._good(host, port)
            for address in addresses[:-1]:
                try:
                    return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
                except httpcore.ConnectError:
                    continue
            return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 (httpcore's own parameters)
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefusedError

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)

    async def _good(self, host: str, port: int) -> list[str]:
        """All of them have to be: a name that leads inside as well is not meant for us."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._resolve, host, port)
        except (OSError, UnicodeError):
            raise NameNotFoundError from None
        addresses = list(dict.fromkeys(found))
        if not addresses:
            raise NameNotFoundError
        if not all(self._is_allowed(ip_address(address)) for address in addresses):
            raise AddressRefusedError
        return addresses[:MOST_ADDRESSES]
