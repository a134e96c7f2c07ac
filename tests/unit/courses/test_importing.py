"""A package becomes a draft: what it does not say stays, and links between lessons lead to the lessons of the draft."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import a_teacher

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.courses.lesson_links import reference_to
from lms_domain.courses.model import Lesson
from lms_domain.courses.package import CoursePackage, PackedAsset, PackedLesson, PackedSection
from lms_domain.courses.packing import Packing
from lms_domain.courses.use_cases.copying import duplicate
from lms_domain.courses.use_cases.importing import ImportReport, import_course
from lms_domain.kernel import Actor, CourseId

ODD_KEY = "vertical/Été (1)/text/1"


class Opened:
    def __init__(self, package: CoursePackage) -> None:
        self.package = package

    def read(self, asset: PackedAsset, /) -> Iterator[bytes]:
        raise AssertionError(asset)


def a_package(first: str = f'<a href="{reference_to(ODD_KEY)}">on</a>') -> CoursePackage:
    """The first lesson links to the second one, which is read later; the second one back."""
    lessons = (
        PackedLesson(key="l1", title="One", kind="text", content={"format": "html", "body": first}),
        PackedLesson(key=ODD_KEY, title="Two", kind="text", content={"body": "[back](lesson:l1)"}),
    )
    section = PackedSection(key="s", title="All", lessons=lessons)
    return CoursePackage(format="olx", key="k", page={"title": "Bees"}, sections=(section,))


async def imported(ports: MemoryPorts, teacher: Actor, package: CoursePackage) -> ImportReport:
    return await import_course(ports, teacher, Opened(package))


async def lessons_of(ports: MemoryPorts, course_id: CourseId) -> list[Lesson]:
    return list((await ports.drafts.of(course_id)).lessons)


def body(lesson: Lesson) -> Any:
    return lesson.content["body"]


async def test_a_link_leads_to_the_lesson_of_the_draft_whichever_is_read_first() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    report = await imported(ports, teacher, a_package())
    one, two = await lessons_of(ports, report.course_id)
    assert body(one) == f'<a href="/api/v1/lessons/{two.id}">on</a>'
    assert body(two) == f"[back](/api/v1/lessons/{one.id})"
    assert "lesson:" not in one.content["html"]


async def test_a_second_import_changes_nothing() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    before = await lessons_of(ports, (await imported(ports, teacher, a_package())).course_id)
    report = await imported(ports, teacher, a_package())
    assert (report.lessons.unchanged, report.lessons.updated) == (2, 0)
    assert await lessons_of(ports, report.course_id) == before


async def test_a_link_to_a_lesson_that_the_package_does_not_hold_stays_as_it_is() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    report = await imported(ports, teacher, a_package('<a href="lesson:gone">on</a>'))
    assert body((await lessons_of(ports, report.course_id))[0]) == '<a href="lesson:gone">on</a>'


async def test_what_was_packed_arrives_elsewhere_with_links_of_its_own() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    report = await imported(ports, teacher, a_package())
    course = await ports.courses.get(report.course_id)
    packed = Packing(course, await ports.drafts.of(report.course_id), {}).pack()
    assert [lesson.content["body"] for lesson in packed.lessons] == [
        lesson.content["body"] for lesson in a_package().lessons
    ]
    elsewhere = MemoryPorts()
    arrived = await lessons_of(elsewhere, (await imported(elsewhere, teacher, packed)).course_id)
    assert body(arrived[0]) == f'<a href="/api/v1/lessons/{arrived[1].id}">on</a>'


async def test_an_address_of_another_course_is_packed_as_it_is() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    foreign = '<a href="/api/v1/lessons/01a20700-0000-7000-8000-000000000000">on</a>'
    report = await imported(ports, teacher, a_package(foreign))
    draft = await ports.drafts.of(report.course_id)
    packed = Packing(await ports.courses.get(report.course_id), draft, {}).pack()
    assert next(packed.lessons).content["body"] == foreign


async def test_a_copy_is_linked_within_itself() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    report = await imported(ports, teacher, a_package())
    copy = await duplicate(ports, teacher, report.course_id)
    one, two = await lessons_of(ports, copy.id)
    assert body(one) == f'<a href="/api/v1/lessons/{two.id}">on</a>'
    assert str(two.id) in one.content["html"]


@pytest.mark.parametrize("key", ["l1", ODD_KEY, "a?b#c", "a'b\"c", "100%", "b&c"])
def test_every_key_can_be_linked_to_from_html(key: str) -> None:
    assert not set(reference_to(key)) & set("<>\"'& ()?#")


async def test_what_a_package_does_not_say_is_left_alone() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    whole = replace(a_package(), page={"title": "Bees", "summary": "All"}, settings={"seats": 5, "access_days": 30})
    await imported(ports, teacher, whole)
    report = await imported(ports, teacher, replace(a_package(), page={"title": "Wasps"}, settings={"seats": None}))
    course = await ports.courses.get(report.course_id)
    assert (course.page.title, course.page.summary, course.seats, course.access_days) == ("Wasps", "All", None, 30)
