"""What every process of ours does while it lives: take up rotated secrets, and let go of everything at the end."""

import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from msgspec.structs import replace

from lms_entrypoints import configuration, logs, settings
from lms_entrypoints.adapters import take
from lms_entrypoints.container import Container, close
from lms_entrypoints.rotation import Rotation
from lms_entrypoints.settings import Settings, SettingsError

log = structlog.get_logger("lms.processes")

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def begin(*, connections: int | None = None) -> tuple[Container, Mapping[str, str]]:
    """The container by the settings of this process, and what of them lies in Vault. Raises SettingsError.

    `connections`: to the database, where it is not DATABASE_POOL_SIZE that says how many.
    """
    kept = configuration.kept_in_vault()
    given = settings.load(kept=kept)
    if connections is not None:
        given = replace(given, database=replace(given.database, pool_size=connections))
    logs.configure(given.log.level)
    return Container(settings=given), kept


@asynccontextmanager
async def living(container: Container, kept: Mapping[str, str]) -> AsyncIterator[None]:
    command = sys.argv[1] if len(sys.argv) > 1 else None
    log.info("process_started", command=command)
    try:
        async with _rotating(container, kept):
            yield
    finally:
        await close(container)
        log.info("process_ended", command=command)


@asynccontextmanager
async def _rotating(container: Container, kept: Mapping[str, str]) -> AsyncIterator[None]:
    given: Settings = container.settings()
    if not given.vault.addr:
        yield
        return
    with configuration.vault(given.vault) as secrets:
        rotation = Rotation(secrets, kept, partial(take, container), seconds=given.vault.refresh_seconds)
        async with rotation.running():
            yield


def must_have_queue(given: Settings) -> None:
    """Relays, workers and schedulers are of use only where the server does not do their work."""
    if not given.redis.url:
        raise SettingsError("REDIS_URL must be set: servers and workers share it")
    if given.runs_tasks_inline:
        raise SettingsError("TASKS_FORCE_INLINE must be false: the server performs tasks itself, as it is set now")
