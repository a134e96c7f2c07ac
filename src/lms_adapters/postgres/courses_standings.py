"""What an actor is to a course: one row of what memberships, staff and enrollments say."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.identity_tables import MEMBERS
from lms_domain.kernel import CourseId, NotFound, OrganizationId, UserId
from lms_domain.standing import NOBODY, CourseRole, OrganizationRole, Place, Standing

# For every read that has a course as `c` and the one who asks as %(actor)s; `standing_of` reads the columns.
STANDING_COLUMNS = """
    membership.role as organization_role, staff.role as course_role, enrollment.id is not null as enrolled,
    enrollment.id is not null and (enrollment.expires_at is null or enrollment.expires_at > now()) as access,
    policy.staff_networks
"""
STANDING_JOINS = f"""
    left join {MEMBERS} membership
        on membership.organization_id = c.organization_id and membership.user_id = %(actor)s::uuid
    left join course_staff staff on staff.course_id = c.id and staff.user_id = %(actor)s::uuid
    left join enrollments enrollment
        on enrollment.course_id = c.id and enrollment.learner_id = %(actor)s::uuid
        and enrollment.status in ('active', 'completed')
    left join organization_policies policy on policy.organization_id = c.organization_id
"""

_OF = f"""
    select o.is_active as in_sight, {STANDING_COLUMNS}
    from courses c join organizations o on o.id = c.organization_id {STANDING_JOINS}
    where c.id = %(course)s::uuid
"""
_OF_EACH = f"""
    select c.id, {STANDING_COLUMNS}
    from courses c join organizations o on o.id = c.organization_id and o.is_active {STANDING_JOINS}
    where c.id = any(%(courses)s)
"""
_PLACE = text(f"""
    select o.id, o.is_default, m.role, p.staff_networks
    from organizations o
    left join organization_policies p on p.organization_id = o.id
    left join {MEMBERS} m on m.organization_id = o.id and m.user_id = :actor
    where o.is_active and (o.id = :id or (cast(:id as uuid) is null and o.is_default))
""")


def standing_of(row: dict[str, Any]) -> Standing:
    organization_role, course_role = row["organization_role"], row["course_role"]
    return Standing(
        organization_role=OrganizationRole(organization_role) if organization_role else None,
        course_role=CourseRole(course_role) if course_role else None,
        enrolled=row["enrolled"],
        access=row["access"],
        staff_networks=tuple(row["staff_networks"] or ()),
    )


class PgStandings:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> Standing:
        given = {"course": course_id, "actor": actor_id}
        row = await fetch_first(self._conn, _OF, given)
        if row is None:
            return NOBODY
        if not row["in_sight"]:
            raise NotFound(entity="Course", id=course_id)
        return standing_of(row)

    async def of_each(self, course_ids: Collection[CourseId], actor_id: UserId, /) -> dict[CourseId, Standing]:
        rows = await fetch_all(self._conn, _OF_EACH, {"courses": list(course_ids), "actor": actor_id})
        return {row["id"]: standing_of(row) for row in rows}

    async def in_organization(self, organization_id: OrganizationId | None, actor_id: UserId, /) -> Place:
        row = (await self._conn.execute(_PLACE, {"id": organization_id, "actor": actor_id})).first()
        if row is None:
            raise NotFound(entity="Organization", id=organization_id)
        role = OrganizationRole(row.role) if row.role else None
        networks = tuple(row.staff_networks or ())
        return Place(organization_id=row.id, is_default=row.is_default, role=role, staff_networks=networks)
