"""Organizations."""

from uuid import UUID

from lms_domain.kernel import OrganizationId

DEFAULT_ORGANIZATION_ID = OrganizationId(UUID(int=1))
