"""What is answered about organizations, where that is not the entity itself."""

from dataclasses import dataclass
from datetime import datetime

from lms_domain.kernel import OrganizationId, UserId
from lms_domain.organizations.model import Membership
from lms_domain.standing import OrganizationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """Who has not accepted (`accepted_at` is null) has neither a name nor an address here."""

    user_id: UserId
    full_name: str | None
    email: str | None
    role: OrganizationRole
    added_at: datetime
    accepted_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMembership:
    """`accepted_at`: null while it is an invitation."""

    organization_id: OrganizationId
    organization_name: str
    organization_slug: str
    role: OrganizationRole
    added_at: datetime
    accepted_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipView:
    """`accepted_at`: null while it is an invitation, which gives nothing and asks for nothing."""

    organization_id: OrganizationId
    user_id: UserId
    role: OrganizationRole
    added_at: datetime
    accepted_at: datetime | None
    version: int


def view_of(membership: Membership) -> MembershipView:
    """Without who added them: that may be an admin of the instance, whom nobody here needs to know."""
    return MembershipView(**{name: getattr(membership, name) for name in MembershipView.__slots__})
