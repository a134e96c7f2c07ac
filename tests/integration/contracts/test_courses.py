"""What any adapter of courses promises. Runs on memory and PostgreSQL alike."""

import pytest
from tests.builders import a_draft, a_published_course, a_teacher, an_admin, registered

from lms_domain.courses.errors import SlugTaken
from lms_domain.courses.model import Course, CoursePage, StaffMember
from lms_domain.courses.outline import Order, SectionOrder
from lms_domain.courses.revision import ContentId, LessonContent, digest_of
from lms_domain.courses.use_cases import authoring, lessons, publishing, sections
from lms_domain.courses.views.course import CourseView
from lms_domain.kernel import Actor, Again, CourseId, NotFound, Stale, new_id
from lms_domain.organizations import use_cases as organizations
from lms_domain.ports import AllPorts, Database
from lms_domain.standing import NOBODY, CourseRole


@pytest.fixture
async def teacher(database: Database) -> Actor:
    async with database.begin() as ports:
        return await registered(ports, a_teacher())


@pytest.fixture
async def course(database: Database, teacher: Actor) -> CourseView:
    async with database.begin() as ports:
        return await a_published_course(ports, teacher, lessons=3)


async def the_order(ports: AllPorts, course: CourseView) -> list[list[int]]:
    """Lessons by the day in their titles, section by section."""
    draft = await ports.drafts.of(course.id)
    return [[int(lesson.title[-1]) for lesson in each.lessons] for each in draft.sections]


async def test_what_goes_in_comes_out(database: Database, teacher: Actor) -> None:
    async with database.begin() as ports:
        made = await authoring.create(
            ports,
            teacher,
            {"title": "Bees", "tags": ["a"], "seats": 3, "metadata": {"deep": [{"er": None}]}, "level": "beginner"},
        )
        section = await sections.add_section(ports, teacher, made.id, {"title": "S"})
        lesson = await lessons.add_lesson(ports, teacher, section.id, {"title": "L", "content": {"body": "B"}})
    async with database.begin() as ports:
        kept = await ports.courses.get(made.id)
        assert (kept.page.title, kept.page.tags, kept.seats, kept.metadata) == ("Bees", ["a"], 3, made.metadata)
        assert await ports.sections.get(section.id) == section
        drafted = await ports.lessons.get(lesson.id)
        assert (drafted.content, drafted.kind) == (lesson.content, lesson.kind)
        assert (await ports.course_pages.of(made.id, teacher.id)).view(draft=True).lesson_count == 1


async def test_unknown_ids_are_not_found(database: Database, teacher: Actor) -> None:
    async with database.begin() as ports:
        unknown = CourseId(new_id())
        for asked in (
            ports.courses.get(unknown),
            ports.courses.locked(unknown),
            ports.turnstiles.lock(unknown),
            ports.drafts.lines(unknown),
            ports.course_pages.of(unknown, None),
            ports.course_pages.by_slug("nowhere", None),
            ports.revisions.numbered(unknown, 1),
        ):
            with pytest.raises(NotFound):
                await asked
        assert await ports.standings.of(unknown, teacher.id) == NOBODY
        assert await ports.revisions.last(unknown) is None


async def test_a_slug_is_taken_once(database: Database, course: CourseView) -> None:
    async with database.begin() as ports:
        now = ports.clock.now()
        other = Course(
            id=CourseId(new_id()),
            organization_id=course.organization_id,
            slug="",
            page=CoursePage(title="x"),
            created_at=now,
            updated_at=now,
        )
        with pytest.raises(SlugTaken):
            await ports.courses.add_as_first_free(other, [course.slug])
        await ports.courses.add_as_first_free(other, [course.slug, "free"])
        assert other.slug == "free"
        assert (await ports.courses.get(other.id)).slug == "free"


async def test_a_stale_save_is_refused(database: Database, course: CourseView) -> None:
    async with database.begin() as ports:
        first, second = await ports.courses.get(course.id), await ports.courses.get(course.id)
        await ports.courses.save(first)
        with pytest.raises(Stale):
            await ports.courses.save(second)
        lesson = next((await ports.drafts.of(course.id)).lessons)
        await ports.lessons.save(lesson)
        lesson.version -= 1
        with pytest.raises(Stale):
            await ports.lessons.save(lesson)


async def test_saving_a_lesson_leaves_its_place(database: Database, course: CourseView) -> None:
    async with database.begin() as ports:
        lesson = next((await ports.drafts.of(course.id)).lessons)
        lesson.position, lesson.title = 99, "Lesson 9"
        await ports.lessons.save(lesson)
        assert await the_order(ports, course) == [[9, 1, 2]]


async def test_an_order_is_given_and_kept(database: Database, teacher: Actor, course: CourseView) -> None:
    async with database.begin() as ports:
        second = await sections.add_section(ports, teacher, course.id, {"title": "Summer"})
        order = await ports.drafts.order(course.id)
        [a, b, c] = order.sections[0].lessons
        wanted = Order(
            course_id=course.id,
            sections=(
                SectionOrder(id=second.id, lessons=(c, a)),
                SectionOrder(id=order.sections[0].id, lessons=(b,)),
            ),
        )
        await ports.drafts.arrange(wanted)
        assert await ports.drafts.order(course.id) == wanted
        assert await the_order(ports, course) == [[2, 0], [1]]
        assert await ports.lessons.next_position(second.id) == 2
        assert await ports.sections.next_position(course.id) == 2
        lines = await ports.drafts.lines(course.id)
        assert [[line.id for line in section.lessons] for section in lines.sections] == [[c, a], [b]]


async def test_the_draft_becomes_what_a_revision_was(database: Database, teacher: Actor, course: CourseView) -> None:
    async with database.begin() as ports:
        before = await ports.drafts.of(course.id)
        first, second, _ = before.lessons
        await lessons.delete_lesson(ports, teacher, first.id)
        await lessons.change_lesson(ports, teacher, second.id, {"title": "Lesson 8", "content": {"body": "Other"}})
        new = await sections.add_section(ports, teacher, course.id, {"title": "New"})
        await lessons.add_lesson(ports, teacher, new.id, {"title": "Lesson 7"})
        assert await the_order(ports, course) == [[8, 2], [7]]
        revision = await ports.revisions.numbered(course.id, 1)
        await ports.drafts.reset(revision, now=ports.clock.now())
        after = await ports.drafts.of(course.id)
        assert await the_order(ports, course) == [[0, 1, 2]]
        assert [(x.id, x.content) for x in after.lessons] == [(x.id, x.content) for x in before.lessons]
        again = await publishing.publish(ports, teacher, course.id)
        assert isinstance(again, Again)


async def test_contents_are_known_by_lesson_and_digest(database: Database, course: CourseView) -> None:
    async with database.begin() as ports:
        first, second, _ = (await ports.drafts.of(course.id)).lessons
        known = await ports.contents.known({first.id: digest_of(first.content), second.id: digest_of(first.content)})
        assert set(known) == {first.id}
        content = {"body": "Other"}
        new = LessonContent(id=ContentId(new_id()), lesson_id=first.id, digest=digest_of(content), content=content)
        await ports.contents.add_all([new])
        assert await ports.contents.known({first.id: digest_of(content)}) == {first.id: new.id}
        assert await ports.contents.known({}) == {}


async def test_a_revision_is_read_as_it_was_written(database: Database, course: CourseView) -> None:
    async with database.begin() as ports:
        last = await ports.revisions.last(course.id)
        assert last is not None
        assert last == await ports.revisions.get(last.id) == await ports.revisions.numbered(course.id, 1)
        frozen = await ports.revisions.lessons(last.id)
        assert [lesson.position for lesson in frozen] == [0, 1, 2]
        contents = await ports.revisions.contents(last.id)
        drafted = (await ports.drafts.of(course.id)).lessons
        assert [contents[lesson.content_id].content for lesson in frozen] == [lesson.content for lesson in drafted]


async def test_staff_is_put_changed_and_removed(database: Database, teacher: Actor, course: CourseView) -> None:
    async with database.begin() as ports:
        other = await registered(ports, a_teacher())
        for role in (CourseRole.ASSISTANT, CourseRole.INSTRUCTOR):
            member = StaffMember(
                course_id=course.id, user_id=other.id, role=role, added_by=teacher.id, added_at=ports.clock.now()
            )
            await ports.course_staff.put(member)
        assert [each.role for each in await ports.course_staff.of(course.id)] == [CourseRole.OWNER, member.role]
        assert (await ports.standings.of(course.id, other.id)).course_role is CourseRole.INSTRUCTOR
        await ports.course_staff.remove(course.id, other.id)
        assert await ports.standings.of(course.id, other.id) == NOBODY
        assert await ports.standings.of(course.id, None) == NOBODY


async def test_what_a_course_builds_on_is_followed_to_the_ground(database: Database, teacher: Actor) -> None:
    async with database.begin() as ports:
        a, b, c = [(await authoring.create(ports, teacher, {"title": title})).id for title in "ABC"]
        for course, on in ((b, a), (c, b)):
            await authoring.change(ports, teacher, course, {"prerequisite_ids": [on]})
        assert await ports.courses.foundations([c]) == {a, b, c}
        assert await ports.courses.foundations([]) == set()
        organization = (await ports.courses.get(a)).organization_id
        assert [course.id for course in await ports.courses.within(organization, [a, CourseId(new_id())])] == [a]
        standings = await ports.standings.of_each([a, CourseId(new_id())], teacher.id)
        assert standings == {a: await ports.standings.of(a, teacher.id)}


async def test_a_place_is_known_by_its_organization(database: Database, teacher: Actor) -> None:
    async with database.begin() as ports:
        place = await ports.standings.in_organization(None, teacher.id)
        assert (place.is_default, place.role) == (True, None)
        assert await ports.standings.in_organization(place.organization_id, teacher.id) == place


async def test_a_draft_is_undone_with_its_transaction(database: Database, teacher: Actor) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012 (the transaction is what is undone)
        async with database.begin() as ports:
            lost = await a_draft(ports, teacher)
            raise RuntimeError
    async with database.begin() as ports:
        with pytest.raises(NotFound):
            await ports.courses.get(lost.id)


async def test_a_course_of_a_deleted_organization_is_out_of_everybodys_sight(database: Database) -> None:
    async with database.begin() as ports:
        admin = await registered(ports, an_admin())
        place = await organizations.create(ports, admin, {"name": "Bee school"})
        made = await authoring.create(ports, admin, {"title": "Bees"}, organization_id=place.id)
        assert (await ports.standings.of(made.id, admin.id)).course_role is CourseRole.OWNER
        assert (await ports.sights.of(made.id, admin.id)).is_active
        await organizations.delete(ports, admin, place.id)
    async with database.begin() as ports:
        for actor_id in (admin.id, None):
            with pytest.raises(NotFound):
                await ports.standings.of(made.id, actor_id)
        assert not (await ports.sights.of(made.id, admin.id)).is_active
