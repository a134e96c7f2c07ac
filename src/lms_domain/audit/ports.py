"""What the audit trail asks of the outside. It is written by the database adapter itself, with every transaction."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from lms_domain.audit.model import Link
from lms_domain.audit.views import AuditFilter, AuditLine, Tip
from lms_domain.kernel import Page, PageRequest
from lms_domain.organizations.ports import OrganizationReads


class AuditTrail(Protocol):
    async def page(self, wanted: AuditFilter, paging: PageRequest, /) -> Page[AuditLine]:
        """The newest first."""

    async def erased(self) -> Mapping[UUID, int]:
        """People, and the entries that tell it."""

    async def tip(self) -> Tip: ...
    async def after(self, seq: int | None, limit: int, /) -> Sequence[Link]:
        """The next ones in their order; None: from the first there is."""


class AuditReads(OrganizationReads, Protocol):
    @property
    def audit_trail(self) -> AuditTrail: ...
