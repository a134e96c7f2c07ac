"""However a receiver behaves, an attempt ends in bounded time, as an outcome, and nowhere else than where it should."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.webhooks.receiver import OK, Receiver, a_receiver, status

from lms_adapters.http import webhook_sender
from lms_adapters.http.guarded import RESOLVERS, GuardedBackend
from lms_adapters.http.webhook_sender import EXCERPT, HttpWebhookSender
from lms_domain.kernel import new_id
from lms_domain.webhooks.deliveries import Failure, Outcome, Sending
from lms_domain.webhooks.events import DeliveryId, WebhookId


@pytest.fixture
async def sender() -> AsyncIterator[HttpWebhookSender]:
    made = HttpWebhookSender(private=True, seconds=0.5)
    yield made
    await made.close()


def sending(url: str) -> Sending:
    id = DeliveryId(new_id())
    headers = {"webhook-id": str(id)}
    return Sending(
        delivery_id=id, webhook_id=WebhookId(new_id()), at=datetime.now(UTC), url=url, headers=headers, body=b"{}"
    )


def how(outcome: Outcome) -> tuple[int | None, Failure | None]:
    return outcome.status, outcome.failure


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK, (200, None)),
        (status(204), (204, None)),
        (status(301, "Location: http://127.0.0.1:1/elsewhere"), (301, Failure.REDIRECT)),
        (status(307, "Location: /again"), (307, Failure.REDIRECT)),
        (status(400), (400, Failure.STATUS)),
        (status(410), (410, Failure.STATUS)),
        (status(500, body=b"\x00\xff broken"), (500, Failure.STATUS)),
        (None, (None, Failure.TIMEOUT)),
        (b"", (None, Failure.NOT_HTTP)),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", (None, Failure.NOT_HTTP)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nnot all", (200, None)),
        (b"for ever", (200, None)),
        (status(200, body=b"x" * 10_000_000), (200, None)),
    ],
    ids=str,
)
async def test_every_answer_is_an_outcome(
    sender: HttpWebhookSender,
    receiver: Receiver,
    answer: bytes | None,
    expected: tuple[int | None, Failure | None],
) -> None:
    receiver.answers["/hooks"] = [answer]
    outcome = await sender.send(sending(receiver.url()))
    assert how(outcome) == expected
    assert len(outcome.excerpt) <= EXCERPT
    assert "\0" not in outcome.excerpt
    assert [each.path for each in receiver.received] == ["/hooks"]


async def test_nobody_there(sender: HttpWebhookSender, receiver: Receiver) -> None:
    assert how(await sender.send(sending("http://127.0.0.1:1/"))) == (None, Failure.NOT_CONNECTED)
    assert how(await sender.send(sending("http://no-such-name.invalid/"))) == (None, Failure.NAME_NOT_FOUND)


async def test_connections_are_kept(sender: HttpWebhookSender, receiver: Receiver) -> None:
    for _ in range(5):
        assert (await sender.send(sending(receiver.url()))).is_success
    assert receiver.connections == 1
    assert receiver.received[0].headers["user-agent"] == "LMS-Webhooks/1.0"


async def test_proxies_of_the_environment_are_not_asked(
    sender: HttpWebhookSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await sender.send(sending(receiver.url()))).is_success


@pytest.mark.parametrize(
    "leads_to", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["169.254.169.254"], ["::ffff:7f00:1"]]
)
async def test_a_name_that_leads_inside_is_not_followed(receiver: Receiver, leads_to: list[str]) -> None:
    sender = HttpWebhookSender(private=False, resolve=lambda _host, _port: leads_to, seconds=0.5)
    outcome = await sender.send(sending(f"https://example.org:{receiver.port}/hooks"))
    await sender.close()
    assert how(outcome) == (None, Failure.ADDRESS_REFUSED)
    assert receiver.connections == 0


async def test_an_address_that_is_written_out_is_looked_at_as_well(receiver: Receiver) -> None:
    sender = HttpWebhookSender(private=False, seconds=0.5)
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "localhost"):
        outcome = await sender.send(sending(f"http://{host}:{receiver.port}/hooks"))
        assert outcome.failure in {Failure.ADDRESS_REFUSED, Failure.NAME_NOT_FOUND}, host
    await sender.close()
    assert receiver.connections == 0


async def test_a_name_is_resolved_once_for_a_connection(receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    sender = HttpWebhookSender(private=True, resolve=rebinding, seconds=0.5)
    assert (await sender.send(sending(f"http://example.org:{receiver.port}/hooks"))).is_success
    await sender.close()
    assert asked == ["example.org"]
    assert receiver.received[0].headers["host"] == f"example.org:{receiver.port}"


@pytest.mark.parametrize(
    ("names", "are_slow"),
    [
        (["hangs.example.org"] * RESOLVERS, False),
        ([f"hangs{number}.example.org" for number in range(RESOLVERS - 1)], False),
        ([f"hangs{number}.example.org" for number in range(RESOLVERS)], True),
    ],
    ids=["one", "new ones", "of slow receivers"],
)
async def test_names_that_nobody_tells_about_hold_up_no_other(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *, names: list[str], are_slow: bool
) -> None:
    """One name as often as there are threads; as many names of receivers that are known as slow, or one less."""
    told = threading.Event()

    def resolve(host: str, _: int) -> list[str]:
        if host != "example.org":
            told.wait()
        return ["127.0.0.1"]

    monkeypatch.setattr(webhook_sender, "CONNECT_SECONDS", 60.0)
    sender = HttpWebhookSender(private=True, resolve=resolve, seconds=60)
    hanging = [
        asyncio.create_task(sender.send(replace(sending(receiver.url("/late", host=name)), is_slow=are_slow)))
        for name in names
    ]
    await asyncio.sleep(0)  # until all have begun
    try:
        assert (await sender.send(sending(receiver.url("/well", host="example.org")))).is_success
        assert not any(task.done() for task in hanging)
    finally:
        told.set()
    assert all(outcome.is_success for outcome in await asyncio.gather(*hanging))
    await sender.close()
    assert len(receiver.at("/late")) == len(names)


async def test_an_address_that_swallows_all_leaves_time_for_the_next(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = GuardedBackend(lambda _: True, resolve=lambda _host, _port: ["192.0.2.1", "127.0.0.1"])
    asked: list[str] = []

    class Network(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any) -> Any:  # noqa: ASYNC109
            asked.append(host)
            if host == "127.0.0.1":
                return await super().connect_tcp(host, port, timeout, *rest)
            assert timeout is not None
            await asyncio.sleep(timeout)
            raise httpcore.ConnectTimeout

    monkeypatch.setattr(backend, "_network", Network())
    stream = await backend.connect_tcp("example.org", receiver.port, timeout=0.5)
    await stream.aclose()
    assert asked == ["192.0.2.1", "127.0.0.1"]


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Self-signed, and its key."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return cert_file, key_file


async def test_certificates_are_verified_for_the_name(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "example.org")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    trust = ssl.create_default_context(cafile=str(cert))
    async with a_receiver(tls) as receiver:
        expected = {("example.org", True): None, ("other.org", True): Failure.TLS, ("example.org", False): Failure.TLS}
        for (host, is_trusted), failure in expected.items():
            sender = HttpWebhookSender(
                private=True, trust=trust if is_trusted else None, resolve=lambda _host, _port: ["127.0.0.1"], seconds=2
            )
            outcome = await sender.send(sending(f"https://{host}:{receiver.port}/hooks"))
            await sender.close()
            assert outcome.failure == failure, (host, is_trusted)
        assert len(receiver.received) == 1
