"""Nobody belongs to an organization who has not accepted it, but by an admin of the instance; in memory."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.builders import a_learner, an_admin, registered

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.kernel import Actor, NotFound, OrganizationId, Outdated, OwnerNeeded, UserId, new_id
from lms_domain.organizations import members, policies, use_cases
from lms_domain.organizations.model import (
    AddressRefused,
    LastOrganizationAdmin,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    MembershipAccepted,
)
from lms_domain.policies import MfaRule
from lms_domain.standing import OrganizationRole

ADMIN, INSTRUCTOR, STUDENT = OrganizationRole.ADMIN, OrganizationRole.INSTRUCTOR, OrganizationRole.STUDENT
POSTGRES = Path(__file__).parents[3] / "src" / "lms_adapters" / "postgres"
# The table, the repository that keeps it, and what is given to the one it is about.
READ_THE_TABLE = {"identity_tables.py", "organizations.py", "personal_data.py"}


@pytest.fixture
def ports() -> MemoryPorts:
    return MemoryPorts()


@pytest.fixture
async def boss(ports: MemoryPorts) -> Actor:
    return await registered(ports, a_learner())


@pytest.fixture
async def ada(ports: MemoryPorts) -> Actor:
    return await registered(ports, a_learner())


@pytest.fixture
async def club(ports: MemoryPorts, boss: Actor) -> OrganizationId:
    made = await use_cases.create(ports, an_admin(), {"name": "Club"})
    await members.put_member(ports, an_admin(), made.id, boss.id, ADMIN)
    ports.events.clear()
    return made.id


def told(ports: MemoryPorts) -> list[type]:
    return [type(event) for event in ports.events]


async def test_an_invitation_gives_nothing_and_asks_for_nothing_until_it_is_accepted(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await policies.put_policy(ports, boss, club, {"mfa": MfaRule.ALL})
    ports.events.clear()
    await members.put_member(ports, boss, club, ada.id, ADMIN)
    assert await ports.policies.held_by(ada.id) == []
    assert (await ports.standings.in_organization(club, ada.id)).role is None
    assert await ports.memberships.admins(club) == [boss.id]
    with pytest.raises(NotFound):
        await use_cases.change(ports, ada, club, {"name": "Mine"})
    for _ in range(2):
        mine = await members.accept(ports, ada, club)
        assert (mine.role, mine.accepted_at, mine.version) == (ADMIN, ports.clock.now(), 2)
    [held] = await ports.policies.held_by(ada.id)
    assert (held.since, held.is_staff) == (mine.accepted_at, True)
    assert (await ports.standings.in_organization(club, ada.id)).role is ADMIN
    await use_cases.change(ports, ada, club, {"name": "Ours"})
    assert told(ports)[:2] == [MemberAdded, MembershipAccepted]
    accepted = ports.events[1]
    assert isinstance(accepted, MembershipAccepted)
    assert (accepted.by, accepted.user_id, accepted.role) == (ada.id, ada.id, ADMIN)


async def test_a_role_is_changed_without_anybody_being_asked_again_or_being_in_before_they_are(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await members.put_member(ports, boss, club, ada.id, STUDENT)
    raised = await members.put_member(ports, boss, club, ada.id, ADMIN)
    assert (raised.role, raised.accepted_at, raised.version) == (ADMIN, None, 2)
    await members.accept(ports, ada, club)
    lowered = await members.put_member(ports, boss, club, ada.id, INSTRUCTOR)
    assert (lowered.role, lowered.accepted_at) == (INSTRUCTOR, ports.clock.now())
    assert told(ports) == [MemberAdded, MemberRoleChanged, MembershipAccepted, MemberRoleChanged]


async def test_what_an_admin_of_the_instance_says_holds_at_once(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    root, grace = an_admin(), await registered(ports, a_learner())
    assert (await members.put_member(ports, root, club, grace.id, STUDENT)).accepted_at == ports.clock.now()
    await members.put_member(ports, boss, club, ada.id, STUDENT)
    assert (await members.put_member(ports, root, club, ada.id, STUDENT)).accepted_at == ports.clock.now()
    assert (await members.put_member(ports, root, club, ada.id, STUDENT)).version == 2  # nothing new, nothing told
    assert told(ports) == [MemberAdded, MembershipAccepted, MemberAdded, MembershipAccepted]
    last = ports.events[-1]
    assert isinstance(last, MembershipAccepted)
    assert (last.by, last.user_id) == (root.id, ada.id)


async def test_an_invitation_is_declined_and_a_membership_left_at_any_time(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    for accepts in (False, True):
        await members.put_member(ports, boss, club, ada.id, INSTRUCTOR)
        if accepts:
            await members.accept(ports, ada, club)
            with pytest.raises(Outdated):
                await members.leave(ports, ada, club, expected=1)
        await members.leave(ports, ada, club)
        assert await ports.memberships.of(club, ada.id) is None
        last = ports.events[-1]
        assert isinstance(last, MemberRemoved)
        assert (last.by, last.user_id, last.role) == (ada.id, ada.id, INSTRUCTOR)


async def test_the_last_admin_who_has_accepted_does_not_leave(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await members.put_member(ports, boss, club, ada.id, ADMIN)
    refused: list[Callable[[], Awaitable[object]]] = [
        lambda: members.leave(ports, boss, club),
        lambda: members.remove_member(ports, boss, club, boss.id),
        lambda: members.put_member(ports, boss, club, boss.id, STUDENT),
    ]
    for step in refused:
        with pytest.raises(LastOrganizationAdmin):
            await step()
    await members.accept(ports, ada, club)
    await members.leave(ports, boss, club)
    assert await ports.memberships.admins(club) == [ada.id]


async def test_nobody_accepts_in_the_name_of_somebody_else(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await members.put_member(ports, boss, club, ada.id, STUDENT)
    with pytest.raises(OwnerNeeded):
        await members.accept(ports, replace(ada, acting_admin_id=UserId(new_id())), club)
    await members.accept(ports, replace(ada, scopes=frozenset({"account:write"})), club)


async def test_what_was_not_offered_is_refused_as_what_does_not_exist(
    ports: MemoryPorts, ada: Actor, club: OrganizationId
) -> None:
    refusals = set()
    for each in (club, OrganizationId(new_id())):
        for step in (members.accept, members.leave):
            with pytest.raises(NotFound) as refused:
                await step(ports, ada, each)
            assert refused.value.details == {"entity": "Membership", "organization_id": each}
            refusals.add(str(refused.value))
    assert len(refusals) == 1


async def test_a_deleted_organization_is_neither_accepted_nor_left(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await members.put_member(ports, boss, club, ada.id, STUDENT)
    await use_cases.delete(ports, an_admin(), club)
    for step in (members.accept, members.leave):
        with pytest.raises(NotFound):
            await step(ports, ada, club)


async def test_who_invites_does_not_learn_where_somebody_has_their_address(
    ports: MemoryPorts, boss: Actor, ada: Actor, club: OrganizationId
) -> None:
    await policies.put_policy(ports, boss, club, {"email_domains": ["club.test"]})
    await members.put_member(ports, boss, club, ada.id, STUDENT)
    with pytest.raises(AddressRefused) as refused:
        await members.accept(ports, ada, club)
    assert refused.value.details == {"email_domains": ["club.test"]}
    await policies.put_policy(ports, boss, club, {"email_domains": ["example.org"]})
    assert (await members.accept(ports, ada, club)).accepted_at is not None


def test_whatever_gives_rights_reads_who_has_accepted() -> None:
    """And never the table, in which invitations are as well."""
    reads = re.compile(r"(from|join)\s+memberships\b|^from .* import .*\bmemberships\b", re.MULTILINE)
    assert {each.name for each in POSTGRES.glob("*.py") if reads.search(each.read_text())} == READ_THE_TABLE
