"""What people ask about organizations."""

from lms_domain.kernel import Actor, OrganizationId, Page, PageRequest, Permission, UserId
from lms_domain.organizations.model import Organization, must_administer
from lms_domain.organizations.ports import OrganizationReads
from lms_domain.organizations.views import MemberLine, OwnMembership


async def organizations(reads: OrganizationReads, actor: Actor, paging: PageRequest) -> Page[Organization]:
    """One's own; all of them for an instance admin."""
    return await reads.organization_lists.page(_as_member(actor), paging)


async def organization(reads: OrganizationReads, actor: Actor, organization_id: OrganizationId) -> Organization:
    return await reads.organization_lists.one(organization_id, _as_member(actor))


async def members(
    reads: OrganizationReads, actor: Actor, organization_id: OrganizationId, paging: PageRequest
) -> Page[MemberLine]:
    """For its admins: the lines hold addresses, of who has accepted."""
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        await must_administer(reads.policies, actor, organization_id, role)
    return await reads.organization_lists.members(organization_id, paging)


async def member(
    reads: OrganizationReads, actor: Actor, organization_id: OrganizationId, user_id: UserId
) -> MemberLine:
    """For its admins, and each member for themselves."""
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    is_oneself = role is not None and actor.id == user_id
    if not is_oneself and not actor.can(Permission.MANAGE_ORGANIZATIONS):
        await must_administer(reads.policies, actor, organization_id, role)
    return await reads.organization_lists.member(organization_id, user_id)


async def memberships(reads: OrganizationReads, actor: Actor, paging: PageRequest) -> Page[OwnMembership]:
    """One's own, and what one is invited to."""
    return await reads.organization_lists.memberships(actor.id, paging)


def _as_member(actor: Actor) -> UserId | None:
    return None if actor.can(Permission.MANAGE_ORGANIZATIONS) else actor.id
