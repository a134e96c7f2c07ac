"""What is written to people whom an organization wants to have."""

from datetime import timedelta
from typing import Protocol

from lms_domain.identity.letters import about_account
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.kernel import NotFound
from lms_domain.mailing import Letter, LetterKind
from lms_domain.organizations.model import MemberAdded
from lms_domain.organizations.ports import OrganizationPorts

MOST_AN_HOUR = 5  # for one person, whoever invites them: nobody's mailbox is flooded by a stranger


class InvitationPorts(IdentityPorts, OrganizationPorts, Protocol): ...


async def membership_invitation(ports: InvitationPorts, event: MemberAdded) -> Letter | None:
    """To an address that was proved, while they have not accepted. What is beyond MOST_AN_HOUR stands in their list."""
    known = await ports.memberships.of(event.organization_id, event.user_id)
    organization = await ports.organizations.get(event.organization_id)
    if known is None or known.accepted_at is not None or not organization.is_active:
        return None
    if not await _is_reached(ports, event):
        return None
    values = {"organization": organization.name, "url": ports.links.page("memberships")}
    return await about_account(ports, event.user_id, event.id, LetterKind.MEMBERSHIP_INVITATION, values)


async def _is_reached(ports: InvitationPorts, event: MemberAdded) -> bool:
    try:
        user = await ports.users.get(event.user_id)
    except NotFound:
        return False
    if not user.is_active or user.email_verified_at is None:
        return False
    return await ports.memberships.added_before(event, since=event.at - timedelta(hours=1)) < MOST_AN_HOUR
