"""What people do with organizations. Whoever changes the members of one holds its row."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lms_domain.kernel import (
    Actor,
    Invalid,
    NotFound,
    OrganizationId,
    Outdated,
    Permission,
    Problem,
    UserId,
    must_be_current,
    new_id,
    refuse_if_any,
)
from lms_domain.organizations.model import (
    LastOrganizationAdmin,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    Membership,
    Organization,
    OrganizationCreated,
    must_administer,
)
from lms_domain.organizations.ports import OrganizationPorts
from lms_domain.policies import takes_address
from lms_domain.slugs import slugs_for
from lms_domain.standing import OrganizationRole
from lms_domain.text import clean_json, clean_slug, clean_text


async def create(ports: OrganizationPorts, actor: Actor, values: Mapping[str, Any]) -> Organization:
    """By an instance admin. Without a slug it gets one that is made of its name, and free."""
    actor.must(Permission.MANAGE_ORGANIZATIONS)
    cleaned = {"slug": ""} | _cleaned(values)
    now = ports.clock.now()
    organization = Organization(id=OrganizationId(new_id()), created_at=now, updated_at=now, **cleaned)
    made = slugs_for(organization.name, organization.id, otherwise="organization")
    await ports.organizations.add_as_first_free(organization, [organization.slug] if organization.slug else made)
    ports.emit(OrganizationCreated(at=now, organization_id=organization.id, by=actor.id, slug=organization.slug))
    return organization


async def change(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    values: Mapping[str, Any],
    *,
    expected: int | None = None,
) -> Organization:
    organization = await held(ports, actor, organization_id)
    must_be_current(organization.version, expected)
    happened = list(organization.change(_cleaned(values), by=actor.id, now=ports.clock.now()))
    if happened:
        await ports.organizations.save(organization)
    ports.emit(*happened)
    return organization


async def delete(
    ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId, *, expected: int | None = None
) -> None:
    """By an instance admin."""
    organization = await held(ports, actor, organization_id)
    actor.must(Permission.MANAGE_ORGANIZATIONS)
    must_be_current(organization.version, expected)
    ports.emit(*organization.delete(by=actor.id, now=ports.clock.now()))
    await ports.organizations.save(organization)


async def put_member(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    user_id: UserId,
    role: OrganizationRole,
    *,
    expected: int | None = None,
) -> Membership:
    """Add somebody, or give them another role. Who expects a version expects a member."""
    await held(ports, actor, organization_id)
    known = await ports.memberships.of(organization_id, user_id)
    if known is not None:
        must_be_current(known.version, expected)
        return await _change_role(ports, actor, known, role)
    if expected is not None:
        raise Outdated(current_version=None, expected_version=expected)
    await _must_take(ports, organization_id, user_id)
    now = ports.clock.now()
    new = Membership(organization_id=organization_id, user_id=user_id, role=role, added_by=actor.id, added_at=now)
    added = await ports.memberships.put(new)
    ports.emit(MemberAdded(at=now, organization_id=organization_id, by=actor.id, user_id=user_id, role=role))
    return added


async def remove_member(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    user_id: UserId,
    *,
    expected: int | None = None,
) -> None:
    await held(ports, actor, organization_id)
    known = await ports.memberships.of(organization_id, user_id)
    if known is None:
        raise NotFound(entity="Membership", user_id=user_id)
    must_be_current(known.version, expected)
    await _must_keep_an_admin(ports, actor, organization_id, user_id)
    await ports.memberships.remove(organization_id, user_id)
    now = ports.clock.now()
    ports.emit(MemberRemoved(at=now, organization_id=organization_id, by=actor.id, user_id=user_id, role=known.role))


async def _change_role(ports: OrganizationPorts, actor: Actor, known: Membership, role: OrganizationRole) -> Membership:
    if role is known.role:
        return known
    if known.role is OrganizationRole.ADMIN:
        await _must_keep_an_admin(ports, actor, known.organization_id, known.user_id)
    changed = await ports.memberships.put(replace(known, role=role))
    happened = MemberRoleChanged(
        at=ports.clock.now(),
        organization_id=known.organization_id,
        by=actor.id,
        user_id=known.user_id,
        before=known.role,
        role=role,
    )
    ports.emit(happened)
    return changed


async def held(ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId) -> Organization:
    """The organization, for one of its admins. To strangers it does not exist.

    It is locked before the actor's role is read: who was dismissed meanwhile is no admin any more.
    """
    organization = await ports.organizations.locked(organization_id)
    if not organization.is_active:
        raise NotFound(entity="Organization", id=organization_id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        membership = await ports.memberships.of(organization_id, actor.id)
        await must_administer(ports.policies, actor, organization_id, membership.role if membership else None)
    return organization


async def _must_take(ports: OrganizationPorts, organization_id: OrganizationId, user_id: UserId) -> None:
    policy, address = await ports.policies.of(organization_id), await ports.memberships.address_of(user_id)
    if policy and address and not takes_address(address, policy.email_domains):
        raise Invalid(Problem("user_id", f"somebody with an address at {', '.join(policy.email_domains)}"))


async def _must_keep_an_admin(
    ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId, leaving: UserId
) -> None:
    """An instance admin may take the last one away: they can put another one there."""
    if actor.can(Permission.MANAGE_ORGANIZATIONS):
        return
    if set(await ports.memberships.admins(organization_id)) == {leaving}:
        raise LastOrganizationAdmin


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    problems: list[Problem] = []
    cleaned: dict[str, Any] = {}
    if "name" in values:
        cleaned["name"] = clean_text(values["name"], "name", problems, longest=200, shortest=1)
    if "slug" in values:
        cleaned["slug"] = clean_slug(values["slug"], "slug", problems)
    if "metadata" in values:
        cleaned["metadata"] = clean_json(values["metadata"], "metadata", problems)
    refuse_if_any(problems)
    return cleaned
