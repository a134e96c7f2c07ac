"""What any adapter of organizations promises. Runs on memory and PostgreSQL alike."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import a_learner, registered

from lms_domain.courses.use_cases import authoring
from lms_domain.kernel import Actor, NotFound, OrganizationId, Stale, new_id
from lms_domain.organizations.model import (
    MemberAdded,
    Membership,
    Organization,
    OrganizationSlugTaken,
    UnknownUser,
)
from lms_domain.policies import MfaRule, Policy
from lms_domain.ports import AllPorts, Database
from lms_domain.standing import OrganizationRole


async def added(ports: AllPorts, slug: str = "northern-school") -> Organization:
    now = ports.clock.now()
    made = Organization(
        id=OrganizationId(new_id()), slug=slug, name="School", metadata={"a": [1]}, created_at=now, updated_at=now
    )
    await ports.organizations.add(made)
    return made


def a_membership(organization: Organization, member: Actor, role: OrganizationRole) -> Membership:
    return Membership(
        organization_id=organization.id,
        user_id=member.id,
        role=role,
        added_by=member.id,
        added_at=organization.created_at,
    )


async def test_an_organization_comes_out_as_it_went_in(database: Database) -> None:
    async with database.begin() as ports:
        made = await added(ports)
    async with database.begin() as ports:
        assert await ports.organizations.get(made.id) == await ports.organizations.locked(made.id) == made
        for ask in (ports.organizations.get, ports.organizations.locked):
            with pytest.raises(NotFound):
                await ask(OrganizationId(new_id()))


async def test_a_slug_is_taken_once(database: Database) -> None:
    async with database.begin() as ports:
        await added(ports)
    with pytest.raises(OrganizationSlugTaken):
        async with database.begin() as ports:
            await added(ports)


async def test_the_first_free_slug_is_taken(database: Database) -> None:
    async with database.begin() as ports:
        known = await added(ports, "one")
        other = replace(known, id=OrganizationId(new_id()), slug="")
        with pytest.raises(OrganizationSlugTaken):
            await ports.organizations.add_as_first_free(other, ["one"])
        await ports.organizations.add_as_first_free(other, ["one", "one-2", "one-3"])
        assert other.slug == "one-2"
        assert await ports.organizations.get(other.id) == other


async def test_a_slug_is_taken_once_by_a_change_as_well(database: Database) -> None:
    async with database.begin() as ports:
        await added(ports, "one")
        other = await added(ports, "two")
    other.slug = "one"
    with pytest.raises(OrganizationSlugTaken):
        async with database.begin() as ports:
            await ports.organizations.save(other)


async def test_a_stale_save_is_refused(database: Database) -> None:
    async with database.begin() as ports:
        made = await added(ports)
        first, second = await ports.organizations.get(made.id), await ports.organizations.get(made.id)
        await ports.organizations.save(first)
        with pytest.raises(Stale):
            await ports.organizations.save(second)


async def test_members_are_put_changed_and_removed(database: Database) -> None:
    async with database.begin() as ports:
        made, other = await added(ports, "one"), await added(ports, "two")
        member = await registered(ports, a_learner())
        student = a_membership(made, member, OrganizationRole.STUDENT)
        assert await ports.memberships.put(student) == student
        assert await ports.memberships.of(made.id, member.id) == student
        assert await ports.memberships.of(other.id, member.id) is None
        assert list(await ports.memberships.admins(made.id)) == []
        later = student.added_at + timedelta(days=1)
        other_way = replace(student, role=OrganizationRole.ADMIN, added_by=None, added_at=later)
        changed = replace(student, role=OrganizationRole.ADMIN, version=2)  # who added them, and when, stays
        assert await ports.memberships.put(other_way) == changed
        assert await ports.memberships.of(made.id, member.id) == changed
        assert list(await ports.memberships.admins(made.id)) == []  # who has not accepted is none yet
        accepted = replace(changed, accepted_at=later, version=3)
        assert await ports.memberships.put(replace(changed, accepted_at=later)) == accepted
        assert await ports.memberships.of(made.id, member.id) == accepted
        assert list(await ports.memberships.admins(made.id)) == [member.id]
        await ports.memberships.remove(made.id, member.id)
        await ports.memberships.remove(made.id, member.id)
        assert await ports.memberships.of(made.id, member.id) is None


async def test_nobody_is_no_member(database: Database) -> None:
    async with database.begin() as ports:
        made = await added(ports)
    with pytest.raises(UnknownUser):
        async with database.begin() as ports:
            await ports.memberships.put(a_membership(made, a_learner(), OrganizationRole.STUDENT))


async def test_what_is_not_accepted_gives_nothing_and_asks_for_nothing(database: Database) -> None:
    async with database.begin() as ports:
        made = await added(ports)
        member = await registered(ports, a_learner())
        asked = Policy(organization_id=made.id, mfa=MfaRule.ALL, mfa_since=made.created_at, version=1)
        await ports.policies.put(asked)
        invited = await ports.memberships.put(a_membership(made, member, OrganizationRole.INSTRUCTOR))
        assert await ports.policies.held_by(member.id) == []
        assert (await ports.standings.in_organization(made.id, member.id)).role is None
        later = made.created_at + timedelta(days=9)
        await ports.memberships.put(replace(invited, accepted_at=later))
        [held] = await ports.policies.held_by(member.id)
        assert (held.policy, held.is_staff, held.mfa_due) == (asked, True, later)  # grace begins with the acceptance
        assert (await ports.standings.in_organization(made.id, member.id)).role is OrganizationRole.INSTRUCTOR


async def test_what_is_not_accepted_gives_no_rights_on_courses(database: Database) -> None:
    teacher, member = a_learner(), a_learner()
    async with database.begin() as ports:
        made = await added(ports)
        for each in (teacher, member):
            await registered(ports, each)
        now = made.created_at
        owns = a_membership(made, teacher, OrganizationRole.INSTRUCTOR)
        await ports.memberships.put(replace(owns, accepted_at=now))
        course = await authoring.create(ports, teacher, {"title": "Bees"}, organization_id=made.id)
        invited = await ports.memberships.put(a_membership(made, member, OrganizationRole.ADMIN))

        async def roles() -> set[Any]:
            offer = await ports.offers.to(member.id, course_id=course.id, actor_id=member.id)
            found = [(await ports.sights.of(course.id, member.id)).standing, offer.sight.standing]
            found += [await ports.standings.of(course.id, member.id)]
            found += (await ports.standings.of_each([course.id], member.id)).values()
            return {standing.organization_role for standing in found}

        assert await roles() == {None}
        await ports.memberships.put(replace(invited, accepted_at=now))
        assert await roles() == {OrganizationRole.ADMIN}


async def test_it_is_known_how_often_somebody_was_added_before(database: Database) -> None:
    events: list[MemberAdded] = []
    async with database.begin() as ports:
        made, other = await added(ports, "one"), await added(ports, "two")
        member, another = [await registered(ports, a_learner()) for _ in range(2)]
    now = made.created_at
    for organization, who, minutes in ((made, member, 0), (other, member, 50), (made, another, 55), (made, member, 70)):
        event = MemberAdded(
            at=now + timedelta(minutes=minutes),
            organization_id=organization.id,
            by=another.id,
            user_id=who.id,
            role=OrganizationRole.STUDENT,
        )
        events.append(event)
        async with database.begin() as ports:
            ports.emit(event)
    async with database.begin() as ports:
        hour = timedelta(hours=1)
        before = [await ports.memberships.added_before(event, since=event.at - hour) for event in events]
        assert before == [0, 1, 0, 1]
        assert await ports.memberships.added_before(events[3], since=now) == 2
