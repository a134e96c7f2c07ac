"""The floor: a handler that does nothing, on the same server, framework and envelope."""

from litestar import Litestar, get

from lms_entrypoints.http.envelope import Envelope


@get("/bare")
async def bare() -> dict[str, str]:
    return {"hello": "world"}


@get("/health")
async def health() -> dict[str, str]:
    return {"status": "alive"}


def create_app() -> Litestar:
    return Litestar([bare, health], response_class=Envelope, openapi_config=None, logging_config=None)
