"""The Open edX demo course: a real archive, counted in the test independently of the reader."""

import json
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.archives.samples import HTML, opened

from lms_domain.courses import fields
from lms_domain.courses.assets import REFERENCE
from lms_domain.courses.package import CoursePackage
from lms_domain.kernel import Problem

DEMO = Path(__file__).parents[4] / "shared/courses/openedx-demo-course.tar.gz"
pytestmark = pytest.mark.skipif(not DEMO.exists(), reason=f"the Open edX demo course is not at {DEMO}")


@pytest.fixture(scope="module")
def package() -> Iterator[CoursePackage]:
    with opened(DEMO) as archive:
        yield archive.package


def blocks_in_units() -> list[tuple[str, str]]:
    """(type, url_name) of everything a vertical or a library lists, straight from the XML."""
    found = []
    with tarfile.open(DEMO) as archive:
        for member in archive:
            if member.name.startswith(("course/vertical/", "course/library_content/")):
                file = archive.extractfile(member)
                assert file is not None
                found += [(child.tag, child.attrib["url_name"]) for child in ET.parse(file).getroot()]  # noqa: S314
    return found


def test_its_structure_is_taken(package: CoursePackage) -> None:
    assert [section.title for section in package.sections] == [
        "Module 1: Dive into the Open edX® platform!",
        "Module 2: Crafting Captivating Content",
        "Module 3: Ace the Assessments!",
        "Module 4: Social Learning: Engaging Through Interaction",
        "Module 5: Your Open edX Community",
        "Conclusion",
    ]
    assert Counter(lesson.kind for lesson in package.lessons) == {"text": 65, "video": 11, "quiz": 8, "file": 2}
    assert len({lesson.metadata["subsection"] for lesson in package.lessons}) == 17


def test_its_page_is_taken(package: CoursePackage) -> None:
    assert package.key == "olx:OpenedX/DemoX/DemoCourse"
    assert package.page["title"] == "Open edX Demo Course"
    assert package.page["thumbnail"] == "asset:DemoX-Course-Card.png"
    assert package.page["description"].startswith("<div>\n<section>")
    assert package.settings["metadata"]["start"] == "2020-01-01T00:00:00Z"


def test_its_problems_are_taken(package: CoursePackage) -> None:
    problems = [problem for lesson in package.lessons for problem in lesson.content.get("problems", [])]
    kinds = Counter(problem["kind"] for problem in problems)
    assert kinds == {"single_choice": 13, "multiple_choice": 2, "text": 4, "numeric": 2}
    assert len({problem["group"] for problem in problems}) == 14  # blocks; one of them has 8 dropdowns
    assert len({problem["id"] for problem in problems}) == len(problems)


def test_every_block_is_taken_or_told(package: CoursePackage) -> None:
    blocks = blocks_in_units()
    assert Counter(tag for tag, _ in blocks)["html"] == 266
    taken = {name for lesson in package.lessons for name in lesson.metadata["source"][1:]}
    told = {omission.name for omission in package.omissions if not omission.is_partial}
    assert not taken & told
    assert [block for block in blocks if block[1] not in taken | told] == []
    assert all(omission.reason and omission.place for omission in package.omissions if omission.kind == "html")


def test_every_file_is_taken_or_told(package: CoursePackage) -> None:
    with tarfile.open(DEMO) as archive:
        files = [member.name for member in archive if member.isfile() and member.name.startswith("course/static/")]
    told = [omission.name for omission in package.omissions if omission.kind == "file"]
    assert len(package.assets) + len(told) == len(files) == 124
    assert len(package.assets) == 58


def test_every_file_that_is_shown_is_there(package: CoursePackage) -> None:
    with opened(DEMO) as archive:
        shown = set(REFERENCE.findall(json.dumps([package.page, [lesson.content for lesson in package.lessons]])))
        assert {name.rstrip("\\") for name in shown} == {asset.name for asset in package.assets}
        for asset in archive.package.assets:
            assert sum(len(piece) for piece in archive.read(asset)) == asset.size


def test_all_of_it_passes_the_rules_of_a_draft(package: CoursePackage) -> None:
    problems: list[Problem] = []
    for lesson in package.lessons:
        content = json.loads(json.dumps(lesson.content).replace("asset:", "/api/v1/assets/"))
        values = {"title": lesson.title, "kind": lesson.kind, "content": content, "metadata": lesson.metadata,
                  "completion_rule": lesson.completion_rule, "duration_seconds": lesson.duration_seconds}  # fmt: skip
        cleaned = fields.lesson_fields(values, HTML, problems)
        if lesson.kind == "text":
            assert cleaned["content"]["html"] == content["body"]
    assert problems == []


def test_reading_it_twice_gives_the_same(package: CoursePackage) -> None:
    with opened(DEMO) as again:
        assert again.package == package
