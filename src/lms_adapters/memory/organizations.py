"""Organizations and who belongs to them, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.audit.model import Link
from lms_domain.identity.model import User
from lms_domain.kernel import OrganizationId, UserId
from lms_domain.organizations.model import MemberAdded, Membership, Organization, OrganizationSlugTaken, UnknownUser
from lms_domain.standing import OrganizationRole


class MemoryOrganizations(MemoryRepository[Organization]):
    entity = Organization
    unique = ((("slug",), OrganizationSlugTaken),)

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        store["organizations"] = self._rows  # where standings look

    async def add_as_first_free(self, organization: Organization, slugs: Sequence[str], /) -> None:
        if not await self._add_as_first_free(organization, slugs):
            raise OrganizationSlugTaken(slug=slugs[0])


def member_of(store: Store, organization_id: OrganizationId, user_id: UserId) -> Membership | None:
    """Who has accepted. Whatever gives rights or asks for something looks here."""
    found: Membership | None = store.get("memberships", {}).get((organization_id, user_id))
    return found if found and found.accepted_at else None


class MemoryMemberships:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._users: dict[UserId, User] = store.setdefault(User, {})
        self._all: dict[tuple[OrganizationId, UserId], Membership] = store.setdefault("memberships", {})

    async def of(self, organization_id: OrganizationId, user_id: UserId, /) -> Membership | None:
        return self._all.get((organization_id, user_id))

    async def admins(self, organization_id: OrganizationId, /) -> Sequence[UserId]:
        members = (m for m in self._all.values() if m.organization_id == organization_id)
        admins = [member for member in members if member.role is OrganizationRole.ADMIN]
        return [admin.user_id for admin in admins if admin.accepted_at]

    async def put(self, membership: Membership, /) -> Membership:
        if membership.user_id not in self._users:
            raise UnknownUser(user_id=membership.user_id)
        key = membership.organization_id, membership.user_id
        known = self._all.get(key)
        kept = membership
        if known:
            role, accepted_at = membership.role, membership.accepted_at
            kept = replace(known, role=role, accepted_at=accepted_at, version=known.version + 1)
        self._all[key] = kept
        return kept

    async def added_before(self, event: MemberAdded, /, *, since: datetime) -> int:
        links: list[Link] = list(self._store.get("audit", {}).values())
        end = next((link.seq for link in links if link.entry.id == event.id), 0)
        theirs = (link for link in links if link.entry.target_id == event.user_id and link.entry.action == event.name)
        return sum(1 for link in theirs if link.seq < end and link.entry.at >= since)

    async def address_of(self, user_id: UserId, /) -> str | None:
        return self._users[user_id].email if user_id in self._users else None

    async def remove(self, organization_id: OrganizationId, user_id: UserId, /) -> None:
        self._all.pop((organization_id, user_id), None)
