"""Who belongs to an organization, and who decides that; in memory."""

from typing import Any

import pytest
from tests.builders import a_learner, an_admin, registered

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.kernel import Actor, Forbidden, Invalid, NotFound, OrganizationId, Outdated, new_id
from lms_domain.organizations import members, use_cases
from lms_domain.organizations.model import (
    DefaultOrganization,
    LastOrganizationAdmin,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    OrganizationChanged,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationSlugTaken,
    UnknownUser,
)
from lms_domain.organizations.views import view_of
from lms_domain.standing import OrganizationRole

ADMIN, INSTRUCTOR, STUDENT = OrganizationRole.ADMIN, OrganizationRole.INSTRUCTOR, OrganizationRole.STUDENT


@pytest.fixture
def ports() -> MemoryPorts:
    return MemoryPorts()


async def an_organization(ports: MemoryPorts, **people: Actor) -> OrganizationId:
    made = await use_cases.create(ports, an_admin(), {"name": "Northern School"})
    for role, actor in people.items():
        await registered(ports, actor)
        await members.put_member(ports, an_admin(), made.id, actor.id, OrganizationRole(role))
    ports.events.clear()
    return made.id


async def test_an_organization_lives_and_every_step_is_told(ports: MemoryPorts) -> None:
    root = an_admin()
    made = await use_cases.create(ports, root, {"name": " Über  School "})
    assert (made.name, made.slug) == ("Über School", "uber-school")
    await use_cases.change(ports, root, made.id, {"name": "Other"}, expected=1)
    await use_cases.change(ports, root, made.id, {"name": "Other"})
    with pytest.raises(Outdated):
        await use_cases.change(ports, root, made.id, {"name": "Third"}, expected=1)
    await use_cases.delete(ports, root, made.id)
    with pytest.raises(NotFound):
        await use_cases.change(ports, root, made.id, {"name": "Fourth"})
    assert [type(event) for event in ports.events] == [OrganizationCreated, OrganizationChanged, OrganizationDeleted]


async def test_a_name_without_letters_still_has_an_address(ports: MemoryPorts) -> None:
    assert (await use_cases.create(ports, an_admin(), {"name": "学校"})).slug == "organization"
    assert (await use_cases.create(ports, an_admin(), {"name": "大学"})).slug == "organization-2"


async def test_a_slug_that_is_made_of_the_name_is_free_and_one_that_is_given_is_taken_or_not(
    ports: MemoryPorts,
) -> None:
    made = [await use_cases.create(ports, an_admin(), {"name": "Bee school"}) for _ in range(4)]
    assert [each.slug for each in made] == [
        "bee-school",
        "bee-school-2",
        "bee-school-3",
        f"bee-school-{made[3].id.hex[-12:]}",
    ]
    with pytest.raises(OrganizationSlugTaken) as refused:
        await use_cases.create(ports, an_admin(), {"name": "Another", "slug": "bee-school-2"})
    assert refused.value.details == {"slug": "bee-school-2"}
    longest = [await use_cases.create(ports, an_admin(), {"name": "x" * 200}) for _ in range(4)]
    assert max(len(each.slug) for each in longest) == 80


async def test_all_that_is_wrong_is_told_at_once(ports: MemoryPorts) -> None:
    with pytest.raises(Invalid) as refused:
        await use_cases.create(ports, an_admin(), {"name": "", "slug": "A B", "metadata": {"a": "\0"}})
    assert [problem.field for problem in refused.value.problems] == ["name", "slug", "metadata"]


async def test_the_default_organization_stays(ports: MemoryPorts) -> None:
    made = await use_cases.create(ports, an_admin(), {"name": "One"})
    made.is_default = True
    await ports.organizations.save(made)
    with pytest.raises(DefaultOrganization):
        await use_cases.delete(ports, an_admin(), made.id)


async def test_a_role_is_changed_and_who_added_the_member_stays_known(ports: MemoryPorts) -> None:
    boss, member = a_learner(), a_learner()
    id = await an_organization(ports, admin=boss, student=member)
    before = await ports.memberships.of(id, member.id)
    assert before is not None
    answered = await members.put_member(ports, boss, id, member.id, INSTRUCTOR)
    after = await ports.memberships.of(id, member.id)
    assert after is not None
    assert answered == view_of(after)
    assert (after.role, after.added_by, after.added_at) == (INSTRUCTOR, before.added_by, before.added_at)
    await members.put_member(ports, boss, id, member.id, INSTRUCTOR)  # nothing new, nothing told
    [told] = ports.events
    assert isinstance(told, MemberRoleChanged)
    assert (told.before, told.role, told.by) == (STUDENT, INSTRUCTOR, boss.id)


async def test_members_come_and_go(ports: MemoryPorts) -> None:
    boss = a_learner()
    id = await an_organization(ports, admin=boss)
    new = await registered(ports, a_learner())
    added = await members.put_member(ports, boss, id, new.id, STUDENT)
    assert added.accepted_at is None
    kept = await ports.memberships.of(id, new.id)
    assert kept is not None
    assert kept.added_by == boss.id
    await members.remove_member(ports, boss, id, new.id)
    with pytest.raises(NotFound):
        await members.remove_member(ports, boss, id, new.id)
    assert [type(event) for event in ports.events] == [MemberAdded, MemberRemoved]
    with pytest.raises(UnknownUser):
        await members.put_member(ports, boss, id, a_learner().id, STUDENT)


@pytest.mark.parametrize(
    ("role", "refusal"), [(None, NotFound), (STUDENT, Forbidden), (INSTRUCTOR, Forbidden), (ADMIN, None)]
)
async def test_only_its_admins_change_an_organization_and_to_strangers_it_does_not_exist(
    ports: MemoryPorts, role: OrganizationRole | None, refusal: type[Exception] | None
) -> None:
    actor, other = a_learner(), await registered(ports, a_learner())
    id = await an_organization(ports, **({role.value: actor} if role else {}))
    steps: list[Any] = [
        lambda: use_cases.change(ports, actor, id, {"name": "Mine"}),
        lambda: members.put_member(ports, actor, id, other.id, STUDENT),
        lambda: members.remove_member(ports, actor, id, other.id),
    ]
    for step in steps:
        if refusal is None:
            await step()
        else:
            with pytest.raises(refusal):
                await step()
    with pytest.raises(Forbidden if role else NotFound):
        await use_cases.delete(ports, actor, id)
    with pytest.raises(Forbidden):
        await use_cases.create(ports, actor, {"name": "Another"})


async def test_what_does_not_exist_is_refused_as_what_is_foreign(ports: MemoryPorts) -> None:
    id = await an_organization(ports)
    messages = set()
    for each in (id, OrganizationId(new_id())):
        with pytest.raises(NotFound) as refused:
            await use_cases.change(ports, a_learner(), each, {"name": "Mine"})
        messages.add((str(refused.value), *refused.value.details))
    assert len(messages) == 1


async def test_one_admin_stays_unless_an_instance_admin_decides(ports: MemoryPorts) -> None:
    boss = a_learner()
    id = await an_organization(ports, admin=boss)
    with pytest.raises(LastOrganizationAdmin):
        await members.remove_member(ports, boss, id, boss.id)
    with pytest.raises(LastOrganizationAdmin):
        await members.put_member(ports, boss, id, boss.id, STUDENT)
    await members.remove_member(ports, an_admin(), id, boss.id)
    assert await ports.memberships.admins(id) == []


async def test_a_membership_is_changed_by_who_has_read_its_version(ports: MemoryPorts) -> None:
    boss, member = a_learner(), a_learner()
    id = await an_organization(ports, admin=boss)
    await registered(ports, member)
    with pytest.raises(Outdated) as nobody_there:
        await members.put_member(ports, boss, id, member.id, STUDENT, expected=1)
    assert nobody_there.value.details == {"current_version": None, "expected_version": 1}
    added = await members.put_member(ports, boss, id, member.id, STUDENT)
    same = await members.put_member(ports, boss, id, member.id, STUDENT, expected=1)
    changed = await members.put_member(ports, boss, id, member.id, INSTRUCTOR, expected=1)
    assert [each.version for each in (added, same, changed)] == [1, 1, 2]
    with pytest.raises(Outdated):
        await members.put_member(ports, boss, id, member.id, STUDENT, expected=1)
    with pytest.raises(Outdated):
        await members.remove_member(ports, boss, id, member.id, expected=1)
    await members.remove_member(ports, boss, id, member.id, expected=2)
    assert await ports.memberships.of(id, member.id) is None
