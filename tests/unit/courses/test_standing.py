"""Who may see, edit and create: the whole table of it."""

from typing import Any

import pytest
from tests.builders import a_learner, a_teacher, an_admin

from lms_domain.kernel import Forbidden, NotFound, OrganizationId, new_id
from lms_domain.standing import (
    NOBODY,
    CourseRole,
    CourseStatus,
    OrganizationRole,
    Place,
    Standing,
    Visibility,
    may_appoint,
    may_edit,
    may_see,
    may_teach,
    must_create,
)

OWNER, INSTRUCTOR, ASSISTANT = (Standing(course_role=role) for role in CourseRole)
BOSS, COLLEAGUE, MEMBER = (Standing(organization_role=role) for role in OrganizationRole)
ENROLLED = Standing(enrolled=True, access=True)


@pytest.mark.parametrize(
    ("standing", "edits", "teaches", "appoints"),
    [
        (OWNER, True, True, True),
        (INSTRUCTOR, True, True, False),
        (ASSISTANT, False, True, False),
        (BOSS, True, True, True),
        (COLLEAGUE, False, False, False),
        (MEMBER, False, False, False),
        (ENROLLED, False, False, False),
        (NOBODY, False, False, False),
    ],
)
def test_rights_come_from_the_standing(standing: Standing, edits: bool, teaches: bool, appoints: bool) -> None:  # noqa: FBT001
    actor = a_teacher()
    assert (may_edit(actor, standing), may_teach(actor, standing), may_appoint(actor, standing)) == (
        edits,
        teaches,
        appoints,
    )
    assert may_edit(an_admin(), standing)
    assert not may_edit(None, standing)
    assert not may_teach(None, standing)


@pytest.mark.parametrize(
    ("status", "visibility", "who"),
    [
        ("draft", "public", {"owner"}),
        ("unpublished", "public", {"owner"}),
        ("published", "public", {"owner", "member", "enrolled", "nobody"}),
        ("published", "members", {"owner", "member", "enrolled"}),
        ("archived", "public", {"owner", "enrolled"}),
        ("archived", "members", {"owner", "enrolled"}),
    ],
)
def test_who_sees_a_course(status: str, visibility: str, who: set[str]) -> None:
    people = {"owner": OWNER, "member": MEMBER, "enrolled": ENROLLED, "nobody": NOBODY}
    course: dict[str, Any] = {"status": CourseStatus(status), "visibility": Visibility(visibility)}
    actor = a_learner()
    assert {name for name, standing in people.items() if may_see(actor, standing, **course)} == who
    assert not any(may_see(actor, standing, **course, is_active=False) for standing in people.values())
    assert may_see(None, NOBODY, **course) == ("nobody" in who)


def test_an_organization_one_is_not_in_does_not_exist() -> None:
    place = Place(organization_id=OrganizationId(new_id()))
    with pytest.raises(NotFound):
        must_create(a_teacher(), place)
    must_create(an_admin(), place)
    with pytest.raises(Forbidden):
        must_create(a_teacher(), Place(organization_id=place.organization_id, role=OrganizationRole.STUDENT))
    must_create(a_learner(), Place(organization_id=place.organization_id, role=OrganizationRole.INSTRUCTOR))
    default = Place(organization_id=place.organization_id, is_default=True)
    must_create(a_teacher(), default)
    with pytest.raises(Forbidden):
        must_create(a_learner(), default)
