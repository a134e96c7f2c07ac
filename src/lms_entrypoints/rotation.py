"""Secrets that are replaced in Vault while the service runs."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from lms_adapters.vault.secrets import SecretsAwayError
from lms_entrypoints import settings
from lms_entrypoints.settings import Settings, SettingsError

# What is looked up anew each time it is used. All else is worked into what was built at the start.
LIVE = frozenset({"DATABASE_URL", "MAIL_USER", "MAIL_PASSWORD", "TOKENS_SIGNING_KEY", "TOKENS_OTHER_KEYS"})
log = structlog.get_logger("lms.rotation")


class Secrets(Protocol):
    def read(self) -> dict[str, str]:
        """Names and values. Raises SecretsAwayError."""
        ...


class Rotation:
    """`take`: hands what may be swapped to whoever uses it. `seconds`: between two looks; 0 for none."""

    def __init__(
        self,
        secrets: Secrets,
        kept: Mapping[str, str],
        take: Callable[[Settings], None],
        *,
        seconds: float,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._secrets, self._take, self._seconds, self._env = secrets, take, seconds, dict(env)
        self._used = dict(kept)
        self._seen = dict(kept)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._work()) if self._seconds else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self.step()

    async def step(self) -> None:
        """Whatever goes wrong, what was good stays in use."""
        try:
            self._look_at(await asyncio.to_thread(self._secrets.read))
        except SecretsAwayError as error:
            log.warning("secrets_away", reason=str(error))
        except SettingsError as error:
            log.error("secrets_refused", reason=str(error))  # noqa: TRY400 (a traceback would tell nothing)
        except Exception as error:  # noqa: BLE001 (the next look may go well)
            log.error("secrets_not_taken", error=type(error).__name__)  # noqa: TRY400 (it might quote one)

    def _look_at(self, kept: dict[str, str]) -> None:
        if kept == self._seen:
            return
        settings.load(self._env, kept)  # the next start will have it whole
        changed = {name for name in kept.keys() | self._used.keys() if kept.get(name) != self._used.get(name)}
        live = {name for name in changed & LIVE if self._may_be_swapped(name, kept)}
        used = {name: value for name, value in self._used.items() if name not in live}
        used |= {name: kept[name] for name in live if name in kept}
        if live:
            self._take(settings.load(self._env, used))
            self._used = used
            log.info("secrets_taken", names=sorted(live))
        if waiting := changed - live:
            log.warning("secrets_wait_for_a_restart", names=sorted(waiting))
        self._seen = kept

    def _may_be_swapped(self, name: str, kept: Mapping[str, str]) -> bool:
        """Another password of the same database, never another database."""
        if name != "DATABASE_URL":
            return True
        return _place(kept.get(name, "")) == _place(self._used.get(name, ""))


def _place(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query
