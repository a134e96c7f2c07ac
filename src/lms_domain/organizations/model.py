"""Organizations: every course belongs to one, and people belong to them with a role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain.kernel import Actor, Conflict, Event, Forbidden, Invalid, NotFound, OrganizationId, UserId, changes
from lms_domain.policies import NetworkRefused, Policies, is_within
from lms_domain.standing import OrganizationRole

# There from the first migration on; courses belong to it unless they say otherwise.
DEFAULT_ORGANIZATION_ID = OrganizationId(UUID(int=1))


@dataclass(slots=True, kw_only=True)
class Organization:
    id: OrganizationId
    slug: str
    name: str
    is_default: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def change(self, values: Mapping[str, Any], *, by: UserId, now: datetime) -> Iterator[Event]:
        changed = tuple(name for name, value in values.items() if getattr(self, name) != value)
        old = {name: getattr(self, name) for name in changed}
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            self.updated_at = now
            before, after = changes(old, {name: values[name] for name in changed}, kept=("name", "slug"))
            yield OrganizationChanged(
                at=now, organization_id=self.id, by=by, fields=changed, before=before, after=after
            )

    def delete(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        """Softly: its courses are out of sight with it."""
        if self.is_default:
            raise DefaultOrganization
        self.is_active, self.updated_at = False, now
        yield OrganizationDeleted(at=now, organization_id=self.id, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`accepted_at`: None while it is an invitation, which gives nothing and asks for nothing."""

    organization_id: OrganizationId
    user_id: UserId
    role: OrganizationRole
    added_by: UserId | None
    added_at: datetime
    accepted_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationEvent(Event):
    organization_id: OrganizationId
    by: UserId

    @property
    def aggregate_id(self) -> UUID:
        return self.organization_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(OrganizationEvent):
    name = "organization.created"
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChanged(OrganizationEvent):
    name = "organization.changed"
    fields: tuple[str, ...]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDeleted(OrganizationEvent):
    name = "organization.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(OrganizationEvent):
    name = "organization.policy_changed"
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(OrganizationEvent):
    """They belong to it when the membership is accepted, which is told as well, and may be at once."""

    name = "organization.member_added"
    user_id: UserId
    role: OrganizationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipAccepted(OrganizationEvent):
    """From now on it holds. `by` is another's id where an admin of the instance says so."""

    name = "organization.membership_accepted"
    user_id: UserId
    role: OrganizationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleChanged(OrganizationEvent):
    name = "organization.member_role_changed"
    user_id: UserId
    before: OrganizationRole
    role: OrganizationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(OrganizationEvent):
    name = "organization.member_removed"
    user_id: UserId
    role: OrganizationRole


async def must_administer(
    policies: Policies, actor: Actor, organization_id: OrganizationId, role: OrganizationRole | None
) -> None:
    """An organization that somebody is not in does not exist for them."""
    if role is None:
        raise NotFound(entity="Organization", id=organization_id)
    if role is not OrganizationRole.ADMIN:
        raise Forbidden("Only the organization's admins may do this.")
    policy = await policies.of(organization_id)
    if policy and not is_within(actor.ip, policy.staff_networks):
        raise NetworkRefused


class OrganizationSlugTaken(Conflict):
    message = "Another organization has this slug; choose another one."


class DefaultOrganization(Conflict):
    message = "The default organization cannot be deleted."


class LastOrganizationAdmin(Conflict):
    message = "An organization keeps at least one admin; make somebody else one first."


class AddressRefused(Conflict):
    message = "This organization takes only people with an address at its own domains."


class UnknownUser(Invalid):
    message = "There is no such user."
