"""docs/course-archive.md is true: what no other test shows of it is shown here."""

import json
import re
import zipfile
from dataclasses import fields
from pathlib import Path

import pytest
from tests.unit.archives.samples import Content, a_tar, a_zip, an_olx_course, opened, package_in, reasons, the_lesson

from lms_adapters.archives.archives import CourseArchives
from lms_adapters.archives.limits import MIB, Limits
from lms_adapters.archives.names import ASSET_NAME
from lms_adapters.archives.native_reading import _Page, _Settings
from lms_adapters.content.html import HtmlRendering
from lms_domain.courses.fields import PAGE, SETTINGS
from lms_domain.courses.package import ArchiveNotReadable, CoursePackage, PackedAsset, PackedLesson, PackedSection

PAGE_OF_DOCS = (Path(__file__).parents[3] / "docs/course-archive.md").read_text()
SRT = "1\n00:00:00,000 --> 00:00:02,000\n{}\n"


def part(heading: str) -> str:
    return PAGE_OF_DOCS.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    table = part("Limits").replace(",", "")
    for row in (
        f"| files and folders | {limits.members} |",
        f"| one file | {limits.member_bytes // MIB} MiB |",
        (
            f"| all files | {limits.total_bytes // MIB} MiB and {limits.ratio} times the size of the archive or "
            f"{limits.free_bytes // MIB} MiB whichever is more |"
        ),
        f"| one document | {limits.document_bytes // MIB} MiB |",
        f"| all documents | {limits.text_bytes // MIB} MiB and {limits.elements} XML elements |",
        f"| depth of XML | {limits.depth};",
    ):
        assert row in table
    assert len(fields(limits)) == 9


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a"])
def test_the_format_is_told_by_the_content(tmp_path: Path, name: str) -> None:
    files: dict[str, Content] = {"course.xml": '<course url_name="r"><chapter/></course>'}
    assert package_in(a_zip(tmp_path / name, files)).format == "olx"
    assert package_in(a_tar(tmp_path / name, files)).format == "olx"
    assert package_in(a_tar(tmp_path / name, files, gz=False)).format == "olx"
    documents: dict[str, Content] = {
        "manifest.json": '{"format": "lms-course", "version": 1}',
        "course.json": '{"key": "k", "page": {"title": "x"}, "sections": []}',
    }
    assert package_in(a_zip(tmp_path / name, files | documents)).format == "lms-course"
    assert package_in(a_tar(tmp_path / name, documents)).format == "lms-course"


def test_what_is_written_has_no_times_no_compression_and_sorted_keys(tmp_path: Path) -> None:
    lesson = PackedLesson(key="l", title="L", kind="text", content={"format": "html", "body": "ü"})
    section = PackedSection(key="s", title="S", lessons=(lesson,))
    package = CoursePackage(format="olx", key="k", page={"title": "T", "summary": "S"}, sections=(section,))
    CourseArchives(HtmlRendering()).write(package, lambda _: iter(()), tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert [(i.compress_type, i.date_time) for i in archive.infolist()] == [(0, (1980, 1, 1, 0, 0, 0))] * 4
        for name in archive.namelist():
            text = archive.read(name).decode()
            document = json.loads(text)
            assert text == json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_page_and_settings_have_the_fields_of_the_api_but_for_two() -> None:
    assert set(_Page.__struct_fields__) == set(PAGE)
    assert set(_Settings.__struct_fields__) == set(SETTINGS) - {"slug", "prerequisite_ids"}


def test_the_fields_of_sections_lessons_and_files_are_named() -> None:
    ours = part("Our own format, version 1")
    for kind in (PackedSection, PackedLesson, PackedAsset):
        assert all(f"`{field.name}`" in ours for field in fields(kind))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.png", True), ("_a", True), ("A-1_b.c", True), (".a", False), ("-a", False), ("a b", False), ("é", False)],
)
def test_names_of_files(name: str, is_one: bool) -> None:  # noqa: FBT001 - a column of the table
    assert bool(ASSET_NAME.fullmatch(name)) is is_one


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"sections": [{"key": "s", "title": "A", "lessons": []}, {"key": "s", "title": "B", "lessons": []}]}, "'s'"),
        ({"page": {"summary": "no title"}}, "title"),
        ({"page": {"title": "x", "slug": "y"}}, "slug"),
        ({"settings": {"slug": "y"}}, "slug"),
        ({"settings": {"prerequisite_ids": []}}, "prerequisite_ids"),
    ],
)
def test_what_is_refused_of_a_course(tmp_path: Path, changes: dict[str, object], what: str) -> None:
    course = {"key": "k", "page": {"title": "x"}, "sections": []} | changes
    documents: dict[str, Content] = {
        "manifest.json": '{"format": "lms-course", "version": 1}',
        "course.json": json.dumps(course),
    }
    with pytest.raises(ArchiveNotReadable, match=what):
        package_in(a_zip(tmp_path / "a.zip", documents))


EVERY_KIND = (
    (
        "<problem url_name='p1'><multiplechoiceresponse><choicegroup><choice correct='true'>a<choicehint>x</choicehint>"
        "</choice><choice correct='false'>b</choice></choicegroup></multiplechoiceresponse></problem>"
    ),
    (
        "<problem url_name='p2'><choiceresponse><checkboxgroup><choice correct='true'>a<choicehint selected='false'>x"
        "</choicehint></choice><choice correct='false'>b</choice></checkboxgroup></choiceresponse></problem>"
    ),
    (
        "<problem url_name='p3'><stringresponse answer='x' type='ci regexp'><additional_answer answer='y'/>"
        "<correcthint>z</correcthint><textline/></stringresponse></problem>"
    ),
    (
        "<problem url_name='p4'><numericalresponse answer='[1,2)'><responseparam type='tolerance' default='5%'/>"
        "</numericalresponse></problem>"
    ),
)


def test_every_field_of_a_problem_is_named_and_every_name_is_one(tmp_path: Path) -> None:
    problems = the_lesson(package_in(an_olx_course(tmp_path, *EVERY_KIND))).content["problems"]
    table = part("Our own format, version 1").partition("### Problems")[2]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {name for first, _ in rows for name in re.findall(r"`(\w+)`", first)} | {"shuffle"}
    assert named == {name for problem in problems for name in problem}
    inner = {name for problem in problems for choice in problem.get("choices", []) for name in choice}
    assert inner == {"id", "html", "correct", "feedback_html", "feedback_unless_chosen_html"}
    assert {problem["kind"] for problem in problems} == {"single_choice", "multiple_choice", "text", "numeric"}
    assert set(problems[3]["answer"]) == {"from", "to", "includes_from", "includes_to"}


def test_dates_and_what_one_will_learn_are_taken(tmp_path: Path) -> None:
    said = {
        "start": "2030-01-01T00:00:00Z",
        "end": "2030-02-01T00:00:00Z",
        "learning_info": ["To fly", " ", 5, "To buzz"],
    }
    package = package_in(
        an_olx_course(tmp_path, files={"course/policies/run/policy.json": json.dumps({"course/run": said})})
    )
    assert package.page["objectives"] == ["To fly", "To buzz"]
    assert package.settings["metadata"] == {
        "imported_from": "Open edX", "start": "2030-01-01T00:00:00Z", "end": "2030-02-01T00:00:00Z",
    }  # fmt: skip
    assert set(package.settings) == {"metadata"}


def test_the_transcript_is_in_the_language_of_the_course_or_else_the_first(tmp_path: Path) -> None:
    video = """<video url_name="{0}" youtube_id_1_0="abcdefghijk" transcripts='{1}'/>"""
    both = video.format("both", '{"de": "a.srt", "fr": "b.srt"}')
    one = video.format("one", '{"de": "a.srt", "it": "b.srt"}')
    files: dict[str, Content] = {
        "course/static/a.srt": SRT.format("Hallo"),
        "course/static/b.srt": SRT.format("Salut"),
        "course/policies/run/policy.json": '{"course/run": {"language": "fr"}}',
    }
    lessons = list(package_in(an_olx_course(tmp_path, both, one, files=files)).lessons)
    assert [lesson.content["transcript"] for lesson in lessons] == ["Salut", "Hallo"]


def test_a_handout_and_a_transcript_to_download_are_lessons_behind_their_video(tmp_path: Path) -> None:
    video = (
        '<video url_name="film" youtube_id_1_0="abcdefghijk" handout="/static/a.pdf" track="/static/a.srt"/>'
        '<html url_name="a"><p>x</p></html>'
    )
    files: dict[str, Content] = {"course/static/a.pdf": b"pdf", "course/static/a.srt": SRT}
    lessons = list(package_in(an_olx_course(tmp_path, video, files=files)).lessons)
    assert [(lesson.kind, lesson.key, lesson.required) for lesson in lessons] == [
        ("video", "video/film", True),
        ("file", "handout/film", False),
        ("file", "track/film", False),
        ("text", "vertical/v1/text/1", True),
    ]


def test_what_stands_beside_the_course_is_left_out_and_told(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "course/info/updates.html": "<ol><li>Hello</li></ol>",
        "course/info/handouts.html": "<ol></ol>",
        "course/tabs/faq.html": "<p>Questions</p>",
        "course/policies/run/grading_policy.json": '{"GRADER": []}',
        "course/policies/run/policy.json": '{"course/run": {"pdf_textbooks": [{"tab_title": "Book"}]}}',
    }
    surveys = ['<survey url_name="s1"/>', '<scorm url_name="s2"/>', '<lti_consumer url_name="s3"/>']
    told = reasons(package_in(an_olx_course(tmp_path, *surveys, files=files)))
    assert told == {
        "s1": "Surveys are not supported.",
        "s2": "SCORM packages are not supported.",
        "s3": "External tools (LTI) are not supported.",
        "updates.html": "Announcements and handouts of the course are not supported.",
        "faq.html": "Pages beside the course are not supported.",
        "grading_policy.json": "Weights of assignments and grades are not supported yet.",
        "pdf_textbooks": "Textbooks are not supported.",
    }


def test_one_document_that_is_beyond_the_limits_is_left_out_and_told(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "course/html/large.html": "x" * 5_000,
        "course/problem/deep.xml": "<problem>" + "<p>" * 150 + "</p>" * 150 + "</problem>",
    }
    blocks = ['<html url_name="large" filename="large"/>', '<problem url_name="deep"/>', "<html url_name='a'>x</html>"]
    with opened(an_olx_course(tmp_path, *blocks, files=files), Limits(document_bytes=4_000)) as archive:
        assert the_lesson(archive.package).content["body"] == "x"
        told = reasons(archive.package)
    assert told["large"].startswith("Its text is larger than")
    assert "nested more than 100 deep" in told["deep"]


def test_a_small_archive_may_unpack_to_more_than_100_times_its_size(tmp_path: Path) -> None:
    path = a_zip(
        tmp_path / "a.zip", {"course.xml": '<course url_name="r"><chapter/></course>', "zeros": bytes(15 * MIB)}
    )
    assert path.stat().st_size * 100 < 15 * MIB
    assert package_in(path).format == "olx"
