"""Organizations and who belongs to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, case, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, bounded_count, from_row, to_row
from lms_adapters.postgres.cursors import Words
from lms_adapters.postgres.direct import fetch_first
from lms_adapters.postgres.identity_tables import members, memberships, organizations, users
from lms_adapters.postgres.keyset import Keyset
from lms_adapters.postgres.slugs import add_as_first_free
from lms_domain.kernel import NotFound, OrganizationId, Page, PageRequest, UserId
from lms_domain.organizations.model import MemberAdded, Membership, Organization, OrganizationSlugTaken, UnknownUser
from lms_domain.organizations.views import MemberLine, OwnMembership
from lms_domain.standing import OrganizationRole

T = TypeVar("T")

_ADDED_BEFORE = """
    select count(*)::int as times
    from audit_entries e join audit_entries this on this.target_id = e.target_id and this.id = %(id)s
    where e.target_id = %(user_id)s and e.action = %(action)s and e.at >= %(since)s and e.seq < this.seq
"""


class PgOrganizations(PgRepository[Organization]):
    entity = Organization
    table = organizations
    clashes = {"uq_organizations_slug": OrganizationSlugTaken}

    async def add_as_first_free(self, organization: Organization, slugs: Sequence[str], /) -> None:
        if not await add_as_first_free(self._conn, organizations, organization, slugs):
            raise OrganizationSlugTaken(slug=slugs[0])


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
        query = select(members.c.user_id).where(
            members.c.organization_id == organization_id, members.c.role == OrganizationRole.ADMIN
        )
        return (await self._conn.execute(query)).scalars().all()

    async def put(self, membership: Membership, /) -> Membership:
        query = insert(memberships).values(to_row(membership))
        said: dict[str, Any] = {name: query.excluded[name] for name in ("role", "accepted_at")}
        new = said | {"version": memberships.c.version + 1}
        changing = query.on_conflict_do_update(index_elements=["organization_id", "user_id"], set_=new)
        try:
            row = (await self._conn.execute(changing.returning(memberships))).one()
        except IntegrityError as error:
            raise UnknownUser(user_id=membership.user_id) from error
        return from_row(row, Membership)

    async def added_before(self, event: MemberAdded, /, *, since: datetime) -> int:
        """By the audit trail, which has one order: of two at once one was before the other."""
        given = {"id": event.id, "user_id": event.user_id, "action": event.name, "since": since}
        row = await fetch_first(self._conn, _ADDED_BEFORE, given)
        return row["times"] if row else 0

    async def address_of(self, user_id: UserId, /) -> str | None:
        return (await self._conn.execute(select(users.c.email).where(users.c.id == user_id))).scalar()

    async def remove(self, organization_id: OrganizationId, user_id: UserId, /) -> None:
        where = (memberships.c.organization_id == organization_id) & (memberships.c.user_id == user_id)
        await self._conn.execute(delete(memberships).where(where))


class PgOrganizationLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, member: UserId | None, paging: PageRequest, /) -> Page[Organization]:
        keyset = Keyset.of(paging, "sort_key", "organizations", member, kind=Words)
        return await self._page(_visible(member), organizations.c.name, organizations.c.id, keyset, Organization)

    async def one(self, organization_id: OrganizationId, member: UserId | None, /) -> Organization:
        row = (await self._conn.execute(_visible(member).where(organizations.c.id == organization_id))).first()
        if row is None:
            raise NotFound(entity="Organization", id=organization_id)
        return from_row(row, Organization)

    async def role_in(self, organization_id: OrganizationId, user_id: UserId, /) -> OrganizationRole | None:
        theirs = (members.c.organization_id == organizations.c.id) & (members.c.user_id == user_id)
        query = (
            select(members.c.role)
            .select_from(organizations.outerjoin(members, theirs))
            .where(organizations.c.id == organization_id, organizations.c.is_active)
        )
        row = (await self._conn.execute(query)).first()
        if row is None:
            raise NotFound(entity="Organization", id=organization_id)
        return None if row.role is None else OrganizationRole(row.role)

    async def member(self, organization_id: OrganizationId, user_id: UserId, /) -> MemberLine:
        query = _members(organization_id).where(memberships.c.user_id == user_id)
        row = (await self._conn.execute(query)).first()
        if row is None:
            raise NotFound(entity="Membership", user_id=user_id)
        return from_row(row, MemberLine)

    async def members(self, organization_id: OrganizationId, paging: PageRequest, /) -> Page[MemberLine]:
        query = _members(organization_id)
        keyset = Keyset.of(paging, "sort_key", "members", organization_id, kind=Words)
        return await self._page(query, func.coalesce(_told(users.c.full_name), ""), users.c.id, keyset, MemberLine)

    async def memberships(self, user_id: UserId, paging: PageRequest, /) -> Page[OwnMembership]:
        query = (
            select(organizations.c.id, organizations.c.name.label("organization_name"), memberships)
            .add_columns(organizations.c.slug.label("organization_slug"))
            .select_from(memberships.join(organizations, organizations.c.id == memberships.c.organization_id))
            .where(memberships.c.user_id == user_id, organizations.c.is_active)
        )
        keyset = Keyset.of(paging, "sort_key", "memberships", user_id, kind=Words)
        return await self._page(query, organizations.c.name, organizations.c.id, keyset, OwnMembership)

    async def _page(
        self, query: Select[Any], name: ColumnElement[str], id: Column[UUID], keyset: Keyset, shape: type[T]
    ) -> Page[T]:
        """By name, whatever its case. It sorts the whole list, which costs the same for every page."""
        key, given = func.lower(name), keyset.parameters
        cut = query.add_columns(key.label("sort_key")).order_by(key, id)
        if keyset.follows:
            cut = cut.where(tuple_(key, id) > (given["key"], given["last_id"]))
        rows = await self._conn.execute(cut.limit(given["size"]).offset(given["skip"]))
        total = (await self._conn.execute(select(bounded_count(query)))).scalar_one()
        return keyset.page([{str(name): value for name, value in row.items()} for row in rows.mappings()], shape, total)


def _members(organization_id: OrganizationId) -> Select[Any]:
    return (
        select(users.c.id, *(_told(each).label(each.name) for each in (users.c.full_name, users.c.email)), memberships)
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(memberships.c.organization_id == organization_id)
    )


def _told(column: Column[str]) -> ColumnElement[str | None]:
    """Of who has accepted."""
    return case((memberships.c.accepted_at.is_not(None), column), else_=None)


def _visible(member: UserId | None) -> Select[Any]:
    query = select(organizations).where(organizations.c.is_active)
    if member is None:
        return query
    belongs = select(members.c.organization_id).where(members.c.user_id == member)
    return query.where(organizations.c.id.in_(belongs))
