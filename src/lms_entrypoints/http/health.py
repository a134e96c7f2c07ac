"""Is the process alive, and can it do its work?"""

from litestar import Controller, get

from lms_domain.ports import AllReads
from lms_entrypoints.http.given import GivenServices


class HealthController(Controller):
    tags = ["Health"]

    @get("/health", security=[{}])
    async def health(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @get("/ready", security=[{}])
    async def ready(self, services: GivenServices) -> dict[str, str]:
        """The database answers as well: send traffic here."""
        await services.ask(is_answering)
        return {"status": "ready", "database": "ok"}


async def is_answering(reads: AllReads) -> None:
    await reads.ping()
