"""Connections to addresses that were looked at first, and to no others.

A name is resolved once, here; what is connected to is one of the addresses that were found good, not the name again: a
name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpcore

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

MOST_ADDRESSES = 3  # that are tried, one after another
RESOLVERS = 300  # threads: a name server that does not answer keeps one busy for its own timeout, for each name


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
        self._free = asyncio.Semaphore(RESOLVERS)
        self._network = httpcore.AnyIOBackend()
        self._asked: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own parameter)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            *others, last = await self._good(host, port)
            for address in others:  # each has its share of the time: the first may swallow all it is sent
                share = timeout / (len(others) + 2) if timeout else None
                with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                    return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)

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
        try:
            found = await self._found(host, port)
        except (OSError, UnicodeError):
            raise NameNotFoundError from None
        addresses = list(dict.fromkeys(found))
        if not addresses:
            raise NameNotFoundError
        if not all(self._is_allowed(ip_address(address)) for address in addresses):
            raise AddressRefusedError
        return addresses[:MOST_ADDRESSES]

    async def _found(self, host: str, port: int) -> list[str]:
        """Whoever wants to know the same meanwhile waits for the same answer; who gives up leaves it to the others."""
        name = host, port
        if name not in self._asked:
            await self._free.acquire()
            if name in self._asked:  # by who waited as well
                self._free.release()
            else:
                self._asked[name] = self._begun(name)
        return await asyncio.shield(self._asked[name])

    def _begun(self, name: tuple[str, int]) -> asyncio.Future[list[str]]:
        """In a thread that the end of the process does not wait for."""
        loop = asyncio.get_running_loop()

        def ask() -> None:
            found: list[str] | Exception
            try:
                found = self._resolve(*name)
            except Exception as error:  # noqa: BLE001 (raised where it is waited for)
                found = error
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._answered, name, found)

        try:
            threading.Thread(target=ask, name="webhook-dns", daemon=True).start()
        except RuntimeError:  # no more threads are to be had
            self._free.release()
            raise
        return loop.create_future()

    def _answered(self, name: tuple[str, int], found: list[str] | Exception) -> None:
        self._free.release()
        asked = self._asked.pop(name)
        if isinstance(found, Exception):
            asked.set_exception(found)
            asked.exception()  # nobody may be left to hear of it
        else:
            asked.set_result(found)
