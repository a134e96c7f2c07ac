"""What an actor is to a course and its organization, and what follows from it. Every context asks here."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lms_domain.kernel import Actor, CourseId, Forbidden, NotFound, OrganizationId, Permission, UserId
from lms_domain.policies import NetworkRefused, is_within


class OrganizationRole(StrEnum):
    ADMIN = "admin"
    INSTRUCTOR = "instructor"
    STUDENT = "student"


class CourseRole(StrEnum):
    OWNER = "owner"
    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"


class CourseStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"  # taken back: only the staff see it
    ARCHIVED = "archived"  # nobody new comes in; who is enrolled goes on reading


class Visibility(StrEnum):
    PUBLIC = "public"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`enrolled`: active or completed. `access`: enrolled, and the access has not expired. `staff_networks`: where the
    organization's staff may be staff; none: anywhere.
    """

    organization_role: OrganizationRole | None = None
    course_role: CourseRole | None = None
    enrolled: bool = False
    access: bool = False
    staff_networks: tuple[str, ...] = ()


NOBODY = Standing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An organization, and what an actor is in it."""

    organization_id: OrganizationId
    is_default: bool = False
    role: OrganizationRole | None = None
    staff_networks: tuple[str, ...] = ()


class Standings(Protocol):
    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> Standing:
        """NOBODY for an anonymous actor, a stranger, or a course that does not exist.

        Raises NotFound for a course of a deleted organization: it is out of everybody's sight.
        """

    async def of_each(self, course_ids: Collection[CourseId], actor_id: UserId, /) -> dict[CourseId, Standing]:
        """In one question. A course that does not exist, or of a deleted organization, is not among them."""

    async def in_organization(self, organization_id: OrganizationId | None, actor_id: UserId, /) -> Place:
        """None: the default organization. Raises NotFound where there is no such organization, or no longer."""


def must_create(actor: Actor, place: Place) -> None:
    """May the actor put a course into this organization? One they are not in does not exist for them."""
    allowed = (
        actor.can(Permission.MANAGE_ANY_COURSE)
        or place.role in {OrganizationRole.ADMIN, OrganizationRole.INSTRUCTOR}
        or (place.is_default and actor.can(Permission.CREATE_COURSES))
    )
    if allowed:
        if not actor.can(Permission.MANAGE_ANY_COURSE) and not is_within(actor.ip, place.staff_networks):
            raise NetworkRefused
        return
    if place.role is None and not place.is_default:
        raise NotFound(entity="Organization", id=place.organization_id)
    raise Forbidden("Only instructors may create courses.")


def may_edit(actor: Actor | None, standing: Standing) -> bool:
    if actor is None:
        return False
    edits = standing.organization_role is OrganizationRole.ADMIN or standing.course_role in {
        CourseRole.OWNER,
        CourseRole.INSTRUCTOR,
    }
    return actor.can(Permission.MANAGE_ANY_COURSE) or (edits and is_within(actor.ip, standing.staff_networks))


def may_teach(actor: Actor | None, standing: Standing) -> bool:
    """Sees the draft, the roster and everybody's progress."""
    if actor is None or may_edit(actor, standing):
        return actor is not None
    return standing.course_role is CourseRole.ASSISTANT and is_within(actor.ip, standing.staff_networks)


def may_appoint(actor: Actor, standing: Standing) -> bool:
    """Decides who else is on the staff."""
    owns = standing.course_role is CourseRole.OWNER or standing.organization_role is OrganizationRole.ADMIN
    return actor.can(Permission.MANAGE_ANY_COURSE) or (owns and is_within(actor.ip, standing.staff_networks))


def must_be_within(actor: Actor | None, standing: Standing) -> None:
    """For who is refused: staff are told that it is for where they are."""
    is_staff = standing.course_role is not None or standing.organization_role is OrganizationRole.ADMIN
    if actor is not None and is_staff and not is_within(actor.ip, standing.staff_networks):
        raise NetworkRefused


def may_see(
    actor: Actor | None, standing: Standing, *, status: CourseStatus, visibility: Visibility, is_active: bool = True
) -> bool:
    if not is_active:
        return False
    if may_teach(actor, standing):
        return True
    if status is CourseStatus.ARCHIVED:
        return standing.enrolled
    if status is not CourseStatus.PUBLISHED:
        return False
    inside = standing.organization_role is not None or standing.enrolled
    return visibility is Visibility.PUBLIC or inside


class OfCourse(Protocol):
    """What the rules need to know of a course; each context has a shape of its own for it."""

    @property
    def id(self) -> CourseId: ...
    @property
    def status(self) -> CourseStatus: ...
    @property
    def visibility(self) -> Visibility: ...
    @property
    def is_active(self) -> bool: ...


def must_see(actor: Actor | None, course: OfCourse, standing: Standing) -> None:
    """A course that the actor may not see does not exist for them."""
    if not may_see(actor, standing, status=course.status, visibility=course.visibility, is_active=course.is_active):
        must_be_within(actor, standing)
        raise NotFound(entity="Course", id=course.id)


def must_edit(actor: Actor, course: OfCourse, standing: Standing) -> None:
    must_see(actor, course, standing)
    if not may_edit(actor, standing):
        must_be_within(actor, standing)
        raise Forbidden("Only the course's instructors may do this.")


def must_teach(actor: Actor, course: OfCourse, standing: Standing) -> None:
    must_see(actor, course, standing)
    if not may_teach(actor, standing):
        must_be_within(actor, standing)
        raise Forbidden("Only the course's staff may see this.")
