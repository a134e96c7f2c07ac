"""What people ask about organizations."""

from lms_domain.kernel import Actor, Forbidden, OrganizationId, Page, PageRequest, Permission, UserId
from lms_domain.organizations.model import Organization
from lms_domain.organizations.ports import OrganizationReads
from lms_domain.organizations.views import MemberLine
from lms_domain.standing import OrganizationRole


async def organizations(reads: OrganizationReads, actor: Actor, paging: PageRequest) -> Page[Organization]:
    """One's own; all of them for an instance admin."""
    return await reads.organization_lists.page(_as_member(actor), paging)


async def organization(reads: OrganizationReads, actor: Actor, organization_id: OrganizationId) -> Organization:
    return await reads.organization_lists.one(organization_id, _as_member(actor))


async def members(
    reads: OrganizationReads, actor: Actor, organization_id: OrganizationId, paging: PageRequest
) -> Page[MemberLine]:
    """Names and addresses: for those who teach or administer there."""
    await reads.organization_lists.one(organization_id, _as_member(actor))
    role = await reads.organization_lists.role(organization_id, actor.id)
    if role in {None, OrganizationRole.STUDENT} and not actor.can(Permission.MANAGE_ORGANIZATIONS):
        raise Forbidden("Only the organization's staff may see its members.")
    return await reads.organization_lists.members(organization_id, paging)


def _as_member(actor: Actor) -> UserId | None:
    return None if actor.can(Permission.MANAGE_ORGANIZATIONS) else actor.id
