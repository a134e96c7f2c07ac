"""What people do with organizations. Whoever changes the members of one holds its row."""

from collections.abc import Mapping
from typing import Any

from lms_domain.kernel import (
    Actor,
    NotFound,
    OrganizationId,
    Permission,
    Problem,
    must_be_current,
    new_id,
    refuse_if_any,
)
from lms_domain.organizations.model import (
    Organization,
    OrganizationCreated,
    must_administer,
)
from lms_domain.organizations.ports import OrganizationPorts
from lms_domain.presence import must_be_fresh
from lms_domain.slugs import slugs_for
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
    """By an instance admin. Its roles and its policy go with it."""
    organization = await held(ports, actor, organization_id)
    actor.must(Permission.MANAGE_ORGANIZATIONS)
    await must_be_fresh(ports, actor)
    must_be_current(organization.version, expected)
    ports.emit(*organization.delete(by=actor.id, now=ports.clock.now()))
    await ports.organizations.save(organization)


async def held(ports: OrganizationPorts, actor: Actor, organization_id: OrganizationId) -> Organization:
    """The organization, for one of its admins. To strangers it does not exist.

    It is locked before the actor's role is read: who was dismissed meanwhile is no admin any more.
    """
    organization = await ports.organizations.locked(organization_id)
    if not organization.is_active:
        raise NotFound(entity="Organization", id=organization_id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        membership = await ports.memberships.of(organization_id, actor.id)
        role = membership.role if membership and membership.accepted_at else None
        await must_administer(ports.policies, actor, organization_id, role)
    return organization


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
