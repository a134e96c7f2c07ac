"""Sums that were found wrong, for operators."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery

from lms_domain.drifts import DriftKind
from lms_domain.kernel import Page
from lms_domain.upkeep import mending, queries
from lms_domain.upkeep.model import Drift
from lms_domain.upkeep.views import DriftReport
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun


class DriftController(Controller):
    path = "/drifts"
    tags = ["Operations"]

    @get(summary="List sums that were found wrong")
    async def drifts(
        self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging, kind: FromQuery[DriftKind | None] = None
    ) -> Page[DriftReport]:
        """Of courses (seats, waitlist, reviews) and enrollments (progress), of which a sample is counted anew every
        hour; the newest first. For instance admins.
        """
        return await ask(queries.drifts, actor, kind, paging)

    @post("/{kind:str}/{subject_id:uuid}/mend", summary="Set sums to what counting says", status_code=200)
    async def mend(
        self, run: GivenRun, actor: GivenActor, kind: FromPath[DriftKind], subject_id: FromPath[UUID]
    ) -> Drift:
        """Counted at this moment, not as it was reported; the report goes. Answers what differed: nothing, where
        everything is right by now.
        """
        return await run(mending.mend, actor, kind, subject_id)
