"""Webhooks leave by HTTP: bounded in time and in what is read, never led anywhere else, and never an exception."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpcore

from lms_adapters.http.guarded import AddressRefusedError, GuardedBackend, NameNotFoundError, Resolve, resolve
from lms_domain.webhooks.addresses import is_public
from lms_domain.webhooks.deliveries import Failure, Outcome, Sending

TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 5.0
EXCERPT = 4096  # bytes of the answer that are read
IDLE_SECONDS = 15.0  # for which a connection is kept
USER_AGENT = "LMS-Webhooks/1.0"
REDIRECTS, SUCCESS = range(300, 400), range(200, 300)

# The first that fits. What is not named here is a fault of ours, or unknown to us.
FAILURES: Mapping[type[BaseException], Failure] = {
    NameNotFoundError: Failure.NAME_NOT_FOUND,
    AddressRefusedError: Failure.ADDRESS_REFUSED,
    ssl.SSLError: Failure.TLS,
    TimeoutError: Failure.TIMEOUT,
    httpcore.TimeoutException: Failure.TIMEOUT,
    httpcore.ConnectError: Failure.NOT_CONNECTED,
    httpcore.ProtocolError: Failure.NOT_HTTP,
    httpcore.NetworkError: Failure.CONNECTION_LOST,
    OSError: Failure.CONNECTION_LOST,
}


@dataclass(slots=True)
class _Heard:
    """What has come of an answer so far."""

    status: int | None = None
    body: bytearray = field(default_factory=bytearray)


class HttpWebhookSender:
    """`private`: whether addresses in networks of one's own are allowed. `trust`: whom certificates are verified by.

    What is sent to slow receivers has connections and threads of its own: their name servers may hang as well.
    """

    def __init__(
        self,
        *,
        private: bool,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._seconds = seconds
        trust = trust or ssl.create_default_context()
        is_allowed = (lambda _: True) if private else is_public
        self._quick, self._slow = (_pool(trust, GuardedBackend(is_allowed, resolve=resolve)) for _ in range(2))

    async def close(self) -> None:
        for pool in (self._quick, self._slow):
            await pool.aclose()

    async def send(self, sending: Sending, /) -> Outcome:
        began, heard = time.perf_counter(), _Heard()
        failure: Failure | None = None
        try:
            async with asyncio.timeout(self._seconds):
                await self._exchange(sending, heard)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is written into the log of deliveries)
            failure = _failure_of(error)
        return Outcome(
            status=heard.status,
            # What was answered counts, though the rest of the body may never come.
            failure=failure if heard.status is None else _judged(heard.status),
            excerpt=bytes(heard.body[:EXCERPT]).decode(errors="replace").replace("\0", "\ufffd"),
            duration_ms=round((time.perf_counter() - began) * 1000),
        )

    async def _exchange(self, sending: Sending, heard: _Heard) -> None:
        pool = self._slow if sending.is_slow else self._quick
        async with pool.stream(
            "POST",
            sending.url,
            headers=_headers(sending),
            content=sending.body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        ) as answer:
            heard.status = answer.status
            async for piece in answer.aiter_stream():
                heard.body += piece[: EXCERPT - len(heard.body)]
                if len(heard.body) >= EXCERPT:
                    break


def _pool(trust: ssl.SSLContext, backend: GuardedBackend) -> httpcore.AsyncConnectionPool:
    """As many connections as are asked for: how much is sent at once, and to whom, others decide."""
    return httpcore.AsyncConnectionPool(
        ssl_context=trust,
        max_connections=None,
        max_keepalive_connections=100,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=backend,
    )


def _headers(sending: Sending) -> list[tuple[str, str]]:
    return [
        ("Host", urlsplit(sending.url).netloc),
        ("User-Agent", USER_AGENT),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(sending.body))),
        ("Accept", "*/*"),
        *sending.headers.items(),
    ]


def _judged(status: int) -> Failure | None:
    if status in SUCCESS:
        return None
    return Failure.REDIRECT if status in REDIRECTS else Failure.STATUS


def _failure_of(error: BaseException) -> Failure:
    """Httpcore raises its own instead of what has happened, which it keeps beside."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return Failure.TLS
        seen = seen.__cause__ or seen.__context__
    return next((failure for kind, failure in FAILURES.items() if isinstance(error, kind)), Failure.NOT_CONNECTED)
