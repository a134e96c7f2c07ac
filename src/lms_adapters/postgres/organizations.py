"""Organizations and who belongs to them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, from_row, to_row
from lms_adapters.postgres.identity_tables import memberships, organizations, users
from lms_domain.kernel import NotFound, OrganizationId, Page, PageRequest, UserId
from lms_domain.organizations.model import Membership, Organization, OrganizationSlugTaken, UnknownUser
from lms_domain.organizations.views import MemberLine
from lms_domain.standing import OrganizationRole


class PgOrganizations(PgRepository[Organization]):
    entity = Organization
    table = organizations
    clashes = {"uq_organizations_slug": OrganizationSlugTaken}


class PgMemberships:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, organization_id: OrganizationId, user_id: UserId, /) -> Membership | None:
        query = select(memberships).where(
            memberships.c.organization_id == organization_id, memberships.c.user_id == user_id
        )
        row = (await self._conn.execute(query)).first()
        return None if row is None else from_row(row, Membership)

    async def admins(self, organization_id: OrganizationId, /) -> Sequence[UserId]:
        query = select(memberships.c.user_id).where(
            memberships.c.organization_id == organization_id, memberships.c.role == OrganizationRole.ADMIN
        )
        return (await self._conn.execute(query)).scalars().all()

    async def put(self, membership: Membership, /) -> None:
        query = insert(memberships).values(to_row(membership))
        new = {name: query.excluded[name] for name in ("role", "added_by", "added_at")}
        changing = query.on_conflict_do_update(index_elements=["organization_id", "user_id"], set_=new)
        try:
            await self._conn.execute(changing)
        except IntegrityError as error:
            raise UnknownUser(user_id=membership.user_id) from error

    async def remove(self, organization_id: OrganizationId, user_id: UserId, /) -> None:
        where = (memberships.c.organization_id == organization_id) & (memberships.c.user_id == user_id)
        await self._conn.execute(delete(memberships).where(where))


class PgOrganizationLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, member: UserId | None, paging: PageRequest, /) -> Page[Organization]:
        query = _visible(member)
        ordered = query.order_by(organizations.c.name, organizations.c.id)
        rows = (await self._conn.execute(ordered.limit(paging.page_size).offset(paging.offset))).all()
        total = (await self._conn.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
        return Page(
            items=[from_row(row, Organization) for row in rows],
            total=total,
            page=paging.page,
            page_size=paging.page_size,
        )

    async def one(self, organization_id: OrganizationId, member: UserId | None, /) -> Organization:
        row = (await self._conn.execute(_visible(member).where(organizations.c.id == organization_id))).first()
        if row is None:
            raise NotFound(entity="Organization", id=organization_id)
        return from_row(row, Organization)

    async def role(self, organization_id: OrganizationId, user_id: UserId, /) -> OrganizationRole | None:
        query = select(memberships.c.role).where(
            memberships.c.organization_id == organization_id, memberships.c.user_id == user_id
        )
        role = (await self._conn.execute(query)).scalar()
        return None if role is None else OrganizationRole(role)

    async def members(self, organization_id: OrganizationId, paging: PageRequest, /) -> Page[MemberLine]:
        joined = memberships.join(users, users.c.id == memberships.c.user_id)
        theirs = memberships.c.organization_id == organization_id
        query = (
            select(
                memberships.c.user_id,
                users.c.full_name,
                users.c.email,
                memberships.c.role,
                memberships.c.added_by,
                memberships.c.added_at,
            )
            .select_from(joined)
            .where(theirs)
            .order_by(users.c.full_name, users.c.id)
            .limit(paging.page_size)
            .offset(paging.offset)
        )
        items = [from_row(row, MemberLine) for row in await self._conn.execute(query)]
        total = (await self._conn.execute(select(func.count()).where(theirs))).scalar_one()
        return Page(items=items, total=total, page=paging.page, page_size=paging.page_size)


def _visible(member: UserId | None) -> Select[Any]:
    query = select(organizations).where(organizations.c.is_active)
    if member is None:
        return query
    belongs = select(memberships.c.organization_id).where(memberships.c.user_id == member)
    return query.where(organizations.c.id.in_(belongs))
