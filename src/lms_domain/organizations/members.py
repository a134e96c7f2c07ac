"""Who belongs to an organization: who has accepted it, or was put there by an admin of the instance."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lms_domain.kernel import (
    Actor,
    Invalid,
    NotFound,
    OrganizationId,
    Outdated,
    OwnerNeeded,
    Permission,
    Problem,
    UserId,
    must_be_current,
)
from lms_domain.organizations.model import (
    AddressRefused,
    LastOrganizationAdmin,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    Membership,
    MembershipAccepted,
)
from lms_domain.organizations.ports import OrganizationPorts
from lms_domain.organizations.use_cases import held
from lms_domain.organizations.views import MembershipView, view_of
from lms_domain.policies import takes_address
from lms_domain.presence import must_be_fresh
from lms_domain.standing import OrganizationRole


async def put_member(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    user_id: UserId,
    role: OrganizationRole,
    *,
    expected: int | None = None,
) -> MembershipView:
    """Invite somebody, or give them another role. Who expects a version expects a member.

    What an admin of the instance says holds at once.
    """
    await held(ports, actor, organization_id)
    await must_be_fresh(ports, actor)
    known = await ports.memberships.of(organization_id, user_id)
    if known is not None:
        must_be_current(known.version, expected)
        return view_of(await _change(ports, actor, known, role))
    if expected is not None:
        raise Outdated(current_version=None, expected_version=expected)
    now = ports.clock.now()
    new = Membership(organization_id=organization_id, user_id=user_id, role=role, added_by=actor.id, added_at=now)
    added = await ports.memberships.put(await _as_decided(ports, actor, new, now=now))
    ports.emit(MemberAdded(at=now, organization_id=organization_id, by=actor.id, user_id=user_id, role=role))
    ports.emit(*_accepted(added, by=actor.id))
    return view_of(added)


async def remove_member(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    user_id: UserId,
    *,
    expected: int | None = None,
) -> None:
    await held(ports, actor, organization_id)
    await must_be_fresh(ports, actor)
    known = await ports.memberships.of(organization_id, user_id)
    if known is None:
        raise NotFound(entity="Membership", user_id=user_id)
    must_be_current(known.version, expected)
    await _end(ports, actor, known)


async def accept(ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId) -> MembershipView:
    """One's own membership; again: the same. Nobody accepts in the name of somebody else."""
    if actor.acting_admin_id is not None:
        raise OwnerNeeded
    known = await _own(ports, actor, organization_id)
    if known.accepted_at is None:
        if domains := await _refusing_domains(ports, organization_id, actor.id):
            raise AddressRefused(email_domains=domains)
        known = await ports.memberships.put(replace(known, accepted_at=ports.clock.now()))
        ports.emit(*_accepted(known, by=actor.id))
    return view_of(known)


async def leave(
    ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId, *, expected: int | None = None
) -> None:
    """Or decline."""
    known = await _own(ports, actor, organization_id)
    must_be_current(known.version, expected)
    await _end(ports, actor, known)


def _accepted(membership: Membership, *, by: UserId) -> Iterator[MembershipAccepted]:
    if membership.accepted_at is not None:
        yield MembershipAccepted(
            at=membership.accepted_at,
            organization_id=membership.organization_id,
            by=by,
            user_id=membership.user_id,
            role=membership.role,
        )


async def _own(ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId) -> Membership:
    """With its organization held, if there is one: to whom it was not offered there is none to wait for."""
    if await ports.memberships.of(organization_id, actor.id) is not None:
        organization = await ports.organizations.locked(organization_id)
        known = await ports.memberships.of(organization_id, actor.id)
        if known is not None and organization.is_active:
            return known
    raise NotFound(entity="Membership", organization_id=organization_id)


async def _end(ports: OrganizationPorts, actor: Actor, known: Membership) -> None:
    await _must_keep_an_admin(ports, actor, known.organization_id, known.user_id)
    await ports.memberships.remove(known.organization_id, known.user_id)
    ports.emit(
        MemberRemoved(
            at=ports.clock.now(),
            organization_id=known.organization_id,
            by=actor.id,
            user_id=known.user_id,
            role=known.role,
        )
    )


async def _change(ports: OrganizationPorts, actor: Actor, known: Membership, role: OrganizationRole) -> Membership:
    """The role; an invitation stays one, unless an admin of the instance speaks."""
    now = ports.clock.now()
    wanted = await _as_decided(ports, actor, replace(known, role=role), now=now)
    if wanted == known:
        return known
    if known.role is OrganizationRole.ADMIN and role is not known.role:
        await _must_keep_an_admin(ports, actor, known.organization_id, known.user_id)
    changed = await ports.memberships.put(wanted)
    if known.role is not role:
        ports.emit(_role_changed(changed, known.role, by=actor.id, now=now))
    ports.emit(*_accepted(changed, by=actor.id) if known.accepted_at is None else ())
    return changed


def _role_changed(changed: Membership, before: OrganizationRole, *, by: UserId, now: datetime) -> MemberRoleChanged:
    return MemberRoleChanged(
        at=now,
        organization_id=changed.organization_id,
        by=by,
        user_id=changed.user_id,
        before=before,
        role=changed.role,
    )


async def _as_decided(ports: OrganizationPorts, actor: Actor, membership: Membership, *, now: datetime) -> Membership:
    """Accepted, where an admin of the instance decides."""
    if membership.accepted_at is not None or not actor.can(Permission.MANAGE_ORGANIZATIONS):
        return membership
    if domains := await _refusing_domains(ports, membership.organization_id, membership.user_id):
        raise Invalid(Problem("user_id", f"somebody with an address at {', '.join(domains)}"))
    return replace(membership, accepted_at=now)


async def _refusing_domains(ports: OrganizationPorts, organization_id: OrganizationId, user_id: UserId) -> list[str]:
    """At none of which their address is. Not asked when somebody is invited: who invites learns nothing of it."""
    policy, address = await ports.policies.of(organization_id), await ports.memberships.address_of(user_id)
    return policy.email_domains if policy and address and not takes_address(address, policy.email_domains) else []


async def _must_keep_an_admin(
    ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId, leaving: UserId
) -> None:
    """An instance admin may take the last one away: they can put another one there."""
    if actor.can(Permission.MANAGE_ORGANIZATIONS):
        return
    if set(await ports.memberships.admins(organization_id)) == {leaving}:
        raise LastOrganizationAdmin
