"""The audit trail, for admins."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from lms_domain.audit import queries
from lms_domain.audit.views import AuditFilter, AuditLine
from lms_domain.kernel import CourseId, OrganizationId, Page, SessionId, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging

GivenFilter = NamedDependency[AuditFilter]
Name = Annotated[str | None, QueryParameter(max_length=128)]
Id = Annotated[UUID | None, QueryParameter()]


def audited(
    course_id: Annotated[CourseId | None, QueryParameter()] = None,
    actor_id: Annotated[UserId | None, QueryParameter()] = None,
    action: Annotated[str | None, QueryParameter(max_length=64, description="Such as `user.roles_changed`.")] = None,
    target_kind: Annotated[str | None, QueryParameter(max_length=32, description="Such as `course`.")] = None,
    target_id: Id = None,
    since: Annotated[datetime | None, QueryParameter(description="This moment or later.")] = None,
    until: Annotated[datetime | None, QueryParameter(description="Before this moment.")] = None,
    request_id: Name = None,
    ip: Name = None,
    session_id: Annotated[SessionId | None, QueryParameter()] = None,
    api_token_id: Id = None,
) -> AuditFilter:
    return AuditFilter(
        course_id=course_id,
        actor_id=actor_id,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        since=since,
        until=until,
        request_id=request_id,
        ip=ip,
        session_id=session_id,
        api_token_id=api_token_id,
    )


FILTER = {"audited": Provide(audited, sync_to_thread=False)}


class AuditController(Controller):
    path = "/audit"
    tags = ["Audit"]
    dependencies = FILTER

    @get(summary="List what was done")
    async def entries(
        self, ask: GivenAsk, actor: GivenActor, audited: GivenFilter, paging: GivenPaging
    ) -> Page[AuditLine]:
        """The newest first. For instance admins."""
        return await ask(queries.entries, actor, audited, paging)


class OrganizationAuditController(Controller):
    path = "/organizations/{organization_id:uuid}/audit"
    tags = ["Audit"]
    dependencies = FILTER

    @get(summary="List what was done in an organization")
    async def entries_of(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        audited: GivenFilter,
        paging: GivenPaging,
    ) -> Page[AuditLine]:
        """Its members, settings and courses. The newest first. For its admins."""
        return await ask(queries.entries_of, actor, organization_id, audited, paging)
