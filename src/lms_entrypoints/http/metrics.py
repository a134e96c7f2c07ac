"""Figures for whoever watches over the service."""

import hmac
from typing import Any

from litestar import Controller, Request, Response, get

from lms_domain.kernel import NotFound, Unauthenticated
from lms_domain.tasks.queries import standing_for_operator
from lms_domain.upkeep.queries import open_drifts
from lms_entrypoints.http.given import GivenServices

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class MetricsController(Controller):
    @get("/metrics", include_in_schema=False)
    async def metrics(self, request: Request[Any, Any, Any], services: GivenServices) -> Response[bytes]:
        given = services.settings.metrics
        if not given.token.reveal() and services.settings.is_production:
            raise NotFound
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if given.token.reveal() and not hmac.compare_digest(shown.encode(), given.token.reveal().encode()):
            raise Unauthenticated("Send METRICS_TOKEN as: Authorization: Bearer <token>")
        standing, drifts = await services.ask(standing_for_operator), await services.ask(open_drifts)
        return Response(services.metrics.text(standing, drifts), media_type=TEXT)
