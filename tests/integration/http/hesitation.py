"""A sign-in that takes its time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.integration.http.keyring import ADDRESS
from tests.integration.http.signed import PASSWORD

RIGHT = {"email": ADDRESS, "password": PASSWORD}


@dataclass
class Hesitation:
    """The first password that is checked is found right or wrong, and then nothing goes on for a while."""

    found: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def meanwhile(self, client: httpx.AsyncClient, happens: Callable[[], Awaitable[Any]]) -> httpx.Response:
        """What a sign-in is answered that was under way when it happened."""
        waiting = asyncio.create_task(client.post("/api/v1/auth/login", json=RIGHT))
        async with asyncio.timeout(10):
            await self.found.wait()
            await happens()
        self.go_on.set()
        return await waiting
