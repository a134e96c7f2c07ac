"""What people ask about organizations."""

from lms_domain.kernel import Actor, OrganizationId, Page, PageRequest, Permission, UserId
from lms_domain.organizations.model import Organization, must_administer
from lms_domain.organizations.ports import OrganizationReads
from lms_domain.organizations.views import MemberLine


async def organizations(reads: OrganizationReads, actor: Actor, paging: PageRequest) -> Page[Organization]:
    """One's own; all of them for an instance admin."""
    return await reads.organization_lists.page(_as_member(actor), paging)


async def organization(reads: OrganizationReads, actor: Actor, organization_id: OrganizationId) -> Organization:
    return await reads.organization_lists.one(organization_id, _as_member(actor))


async def members(
    reads: OrganizationReads, actor: Actor, organization_id: OrganizationId, paging: PageRequest
) -> Page[MemberLine]:
    """For its admins: the lines hold addresses."""
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        must_administer(organization_id, role)
    return await reads.organization_lists.members(organization_id, paging)


def _as_member(actor: Actor) -> UserId | None:
    return None if actor.can(Permission.MANAGE_ORGANIZATIONS) else actor.id
