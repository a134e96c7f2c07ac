"""Who writes, runs and assists a course."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.courses import queries
from lms_domain.courses.model import StaffMember
from lms_domain.courses.use_cases import staff
from lms_domain.courses.views.authoring import StaffLine
from lms_domain.kernel import CourseId, UserId
from lms_domain.standing import CourseRole
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenRun


class PutStaff(Struct, forbid_unknown_fields=True, kw_only=True):
    role: Annotated[CourseRole, Meta(examples=["instructor"])]


class StaffController(Controller):
    tags = ("Authoring",)

    @get("/courses/{course_id:uuid}/staff", summary="List the staff of a course")
    async def list(self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId]) -> list[StaffLine]:
        return await ask(queries.staff, actor, course_id)

    @get("/courses/{course_id:uuid}/staff/{user_id:uuid}", summary="Read a member of the staff")
    async def read(
        self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId], user_id: FromPath[UserId]
    ) -> StaffLine:
        return await ask(queries.staff_member, actor, course_id, user_id)

    @put("/courses/{course_id:uuid}/staff/{user_id:uuid}", summary="Put somebody on the staff")
    async def put(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        user_id: FromPath[UserId],
        data: JSONBody[PutStaff],
    ) -> StaffMember:
        """Or give them another role. Owners decide who is on the staff; instructors edit; assistants read."""
        return await run(staff.put_staff, actor, course_id, user_id, data.role)

    @delete("/courses/{course_id:uuid}/staff/{user_id:uuid}", summary="Take somebody off the staff")
    async def remove(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], user_id: FromPath[UserId]
    ) -> None:
        """Owners remove anybody, everybody themselves; the last owner stays."""
        await run(staff.remove_staff, actor, course_id, user_id)
