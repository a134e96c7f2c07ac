"""Policies of organizations, in memory."""

from copy import deepcopy

from lms_adapters.memory.organizations import member_of
from lms_adapters.memory.store import Store
from lms_domain.courses.model import Course, StaffMember
from lms_domain.identity.model import Role, User
from lms_domain.kernel import OrganizationId, UserId
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID, Organization
from lms_domain.policies import Held, Policy
from lms_domain.standing import OrganizationRole

STAFF = {OrganizationRole.ADMIN, OrganizationRole.INSTRUCTOR}


class MemoryPolicies:
    def __init__(self, store: Store) -> None:
        self._all: dict[OrganizationId, Policy] = store.setdefault(Policy, {})
        self._store = store

    async def of(self, organization_id: OrganizationId, /) -> Policy | None:
        return deepcopy(self._all.get(organization_id))

    async def of_default(self) -> Policy | None:
        return await self.of(DEFAULT_ORGANIZATION_ID)

    async def held_by(self, user_id: UserId, /) -> list[Held]:
        user: User = self._store[User][user_id]
        return [held for policy in self._all.values() if (held := self._held(deepcopy(policy), user))]

    async def put(self, policy: Policy, /) -> None:
        self._all[policy.organization_id] = deepcopy(policy)

    def _held(self, policy: Policy, user: User) -> Held | None:
        id = policy.organization_id
        member = member_of(self._store, id, user.id)
        courses: dict[object, Course] = self._store.get(Course, {})
        staff: list[StaffMember] = list(self._store.get(StaffMember, {}).values())
        teaches = any(each.user_id == user.id and courses[each.course_id].organization_id == id for each in staff)
        is_default = id == DEFAULT_ORGANIZATION_ID
        if not (member or is_default):
            return None
        known: Organization | None = self._store.get("organizations", {}).get(id)
        is_instance_staff = is_default and bool({Role.ADMIN, Role.INSTRUCTOR} & set(user.roles))
        return Held(
            policy=policy,
            organization=known.name if known else "",
            is_default=is_default,
            since=member.accepted_at if member and member.accepted_at else user.created_at,
            is_staff=teaches or is_instance_staff or bool(member and member.role in STAFF),
        )
