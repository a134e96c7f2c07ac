"""What is answered about organizations, where that is not the entity itself."""

from dataclasses import dataclass
from datetime import datetime

from lms_domain.kernel import UserId
from lms_domain.standing import OrganizationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    user_id: UserId
    full_name: str
    email: str
    role: OrganizationRole
    added_by: UserId | None
    added_at: datetime
    version: int
