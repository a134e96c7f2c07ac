"""Policies of organizations in PostgreSQL."""

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row, to_row
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.identity_tables import MEMBERS, organization_policies, organizations
from lms_domain.kernel import OrganizationId, UserId
from lms_domain.policies import Held, Policy

MOST_HELD = 100

_HELD = f"""
    select p.*, o.name as organization, o.is_default, coalesce(m.accepted_at, u.created_at) as since,
        coalesce(m.role in ('admin', 'instructor'), false) or i.teaches
        or (o.is_default and u.roles ?| array['admin', 'instructor']) as is_staff
    from users u
    cross join lateral (
        select organization_id, bool_or(teaches) as teaches
        from (
            select id as organization_id, false as teaches from organizations where is_default
            union all select organization_id, false from {MEMBERS} m where user_id = u.id
            union all select c.organization_id, true from course_staff s join courses c on c.id = s.course_id
            join organizations t on t.id = c.organization_id
            where s.user_id = u.id and (t.is_default or exists (
                select from {MEMBERS} b where b.organization_id = t.id and b.user_id = u.id
            ))
        ) belongs
        group by organization_id
    ) i
    join organization_policies p on p.organization_id = i.organization_id
    join organizations o on o.id = p.organization_id and o.is_active
    left join {MEMBERS} m on m.organization_id = p.organization_id and m.user_id = u.id
    where u.id = %(user_id)s
    order by o.is_default desc, o.name, o.id
    limit %(most)s
"""


class PgPolicies:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, organization_id: OrganizationId, /) -> Policy | None:
        return await self._one(organization_policies.c.organization_id == organization_id)

    async def of_default(self) -> Policy | None:
        default = select(organizations.c.id).where(organizations.c.is_default).scalar_subquery()
        return await self._one(organization_policies.c.organization_id == default)

    async def held_by(self, user_id: UserId, /) -> list[Held]:
        rows = await fetch_all(self._conn, _HELD, {"user_id": user_id, "most": MOST_HELD})
        return [
            Held(
                policy=msgspec.convert(row, Policy),
                organization=row["organization"],
                is_default=row["is_default"],
                since=row["since"],
                is_staff=row["is_staff"],
            )
            for row in rows
        ]

    async def put(self, policy: Policy, /) -> None:
        query = insert(organization_policies).values(to_row(policy))
        new = {name: query.excluded[name] for name in to_row(policy) if name != "organization_id"}
        await self._conn.execute(query.on_conflict_do_update(index_elements=["organization_id"], set_=new))

    async def _one(self, which: Any) -> Policy | None:
        row = (await self._conn.execute(select(organization_policies).where(which))).first()
        return None if row is None else from_row(row, Policy)
