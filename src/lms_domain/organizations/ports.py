"""What organizations ask of the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lms_domain.kernel import OrganizationId, Page, PageRequest, Repository, UserId
from lms_domain.organizations.model import MemberAdded, Membership, Organization
from lms_domain.organizations.views import MemberLine, OwnMembership
from lms_domain.policies import Policies
from lms_domain.presence import PresencePorts
from lms_domain.standing import OrganizationRole


class Organizations(Repository[Organization], Protocol):
    async def locked(self, id: OrganizationId, /) -> Organization: ...
    async def add_as_first_free(self, organization: Organization, slugs: Sequence[str], /) -> None:
        """Add it under the first of these slugs that nobody has, and set that. Raises OrganizationSlugTaken if all
        are taken.
        """


class Memberships(Protocol):
    async def of(self, organization_id: OrganizationId, user_id: UserId, /) -> Membership | None: ...
    async def admins(self, organization_id: OrganizationId, /) -> Sequence[UserId]:
        """Of those who have accepted."""

    async def put(self, membership: Membership, /) -> Membership:
        """Add it; of one that is there, change the role and the acceptance, to the next version. What is there then.

        Raises UnknownUser.
        """

    async def added_before(self, event: MemberAdded, /, *, since: datetime) -> int:
        """How often they were added to any organization, from `since` up to this event, which is not counted."""

    async def address_of(self, user_id: UserId, /) -> str | None:
        """Where letters to them go; None: there is no such account."""

    async def remove(self, organization_id: OrganizationId, user_id: UserId, /) -> None: ...


class OrganizationPorts(PresencePorts, Protocol):
    @property
    def organizations(self) -> Organizations: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def policies(self) -> Policies: ...


class OrganizationLists(Protocol):
    async def page(self, member: UserId | None, paging: PageRequest, /) -> Page[Organization]:
        """Those that `member` belongs to, or all of them for None. Who has not accepted does not belong yet."""

    async def one(self, organization_id: OrganizationId, member: UserId | None, /) -> Organization:
        """Raises NotFound where `member` does not belong to it."""

    async def role_in(self, organization_id: OrganizationId, user_id: UserId, /) -> OrganizationRole | None:
        """None for strangers, and for who has not accepted. Raises NotFound where there is no such organization, or no
        longer.
        """

    async def member(self, organization_id: OrganizationId, user_id: UserId, /) -> MemberLine:
        """Raises NotFound."""

    async def members(self, organization_id: OrganizationId, paging: PageRequest, /) -> Page[MemberLine]:
        """Who has not accepted stands first, and has no name: not even by their place in the list."""

    async def memberships(self, user_id: UserId, paging: PageRequest, /) -> Page[OwnMembership]:
        """Of one person, with those that they have not accepted."""


class OrganizationReads(Protocol):
    @property
    def organization_lists(self) -> OrganizationLists: ...
    @property
    def policies(self) -> Policies: ...
