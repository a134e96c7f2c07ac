"""A small HTTP/1.1 load generator: bounded in requests, keep-alive connections, loopback only."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """One request, ready to be sent. `sender`: the address that a trusted proxy says it comes from."""

    method: str
    path: str
    token: str | None = None
    body: bytes = b""
    sender: str = ""

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(self.body)}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.sender:
            lines.append(f"X-Forwarded-For: {self.sender}")
        if self.body:
            lines.append("Content-Type: application/json")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Result:
    """Latencies in seconds, sorted; `seconds` for all of it; how many answers were not 2xx."""

    latencies: list[float]
    seconds: float
    refused: int

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


async def fire(port: int, shots: Sequence[Shot], *, connections: int) -> Result:
    """Send every shot once, over so many connections, each waiting for its answer before the next."""
    queue = iter(shots)
    latencies: list[float] = []
    refused = 0

    async def gunner() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for shot in queue:
            began = time.perf_counter()
            writer.write(shot.encoded())
            status = await _answer(reader)
            latencies.append(time.perf_counter() - began)
            refused += not 200 <= status < 300
        writer.close()

    began = time.perf_counter()
    await asyncio.wait_for(asyncio.gather(*(gunner() for _ in range(connections))), timeout=300)
    return Result(sorted(latencies), time.perf_counter() - began, refused)


async def fire_in_turn(port: int, shots: Sequence[Shot]) -> list[float]:
    """Seconds that each took, one after the other over one connection, whatever it was answered."""
    times = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(600):
        for shot in shots:
            began = time.perf_counter()
            writer.write(shot.encoded())
            await _answer(reader)
            times.append(time.perf_counter() - began)
    writer.close()
    return times


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line[15:]))
            return status
    if b"transfer-encoding: chunked" in head.lower():
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status
