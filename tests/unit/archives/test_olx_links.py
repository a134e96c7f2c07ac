"""Links within an Open edX course lead to the lessons that their targets became."""

from pathlib import Path

import pytest
from tests.unit.archives.samples import a_tar, an_olx_course, package_in, reasons, the_lesson

from lms_adapters.archives.olx_links import jump_target
from lms_domain.courses.package import CoursePackage

QUESTION = (
    '<problem url_name="why"><stringresponse answer="x"><label>{0}</label><textline/></stringresponse>'
    '<solution><a href="/jump_to_id/text">back</a></solution></problem>'
)
UNITS = """
<course display_name="Course"><chapter url_name="c1"><sequential url_name="s1">
  <vertical url_name="v1"><html url_name="text"><p>{0}</p></html></vertical>
  <vertical url_name="v2"><html url_name="later"><p>Hi</p></html>
    <video url_name="film" youtube_id_1_0="abcdefghijk"/><poll url_name="poll"/></vertical>
</sequential></chapter><chapter url_name="c2"><sequential url_name="s2"><vertical url_name="v3">
  <problem url_name="why"><stringresponse answer="x"><label>Why?</label><textline/></stringresponse></problem>
</vertical><vertical url_name="secret" visible_to_staff_only="true"><html url_name="hidden"><p>x</p></html></vertical>
</sequential></chapter></course>
"""


def linking_to(tmp_path: Path, address: str) -> CoursePackage:
    run = UNITS.format(f'<a href="{address}">there</a>')
    return package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": '<course url_name="r"/>', "course/r.xml": run}))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("text", "vertical/v1/text/1"),
        ("v1", "vertical/v1/text/1"),
        ("later", "vertical/v2/text/1"),
        ("v2", "vertical/v2/text/1"),
        ("film", "video/film"),
        ("poll", "vertical/v2/text/1"),  # left out: to the page it stood on
        ("why", "vertical/v3/quiz/1"),
        ("s1", "vertical/v1/text/1"),
        ("c2", "vertical/v3/quiz/1"),
    ],
)
def test_a_link_leads_to_what_its_target_became(tmp_path: Path, name: str, key: str) -> None:
    package = linking_to(tmp_path, f"/jump_to_id/{name}")
    body = next(package.lessons).content["body"]
    assert body == f'<p><a href="lesson:{key}" rel="noopener noreferrer">there</a></p>'
    assert "text" not in reasons(package)


@pytest.mark.parametrize("name", ["nowhere", "hidden", "secret"])
def test_a_link_to_what_was_not_taken_is_text_and_told(tmp_path: Path, name: str) -> None:
    package = linking_to(tmp_path, f"/jump_to_id/{name}")
    assert "href" not in next(package.lessons).content["body"]
    assert "there" in next(package.lessons).content["body"]
    assert reasons(package)["text"] == f"Its link to '{name}' became plain text: nothing of that name was taken."
    [omission] = [omission for omission in package.omissions if omission.name == "text"]
    assert omission.is_partial


@pytest.mark.parametrize(
    "address",
    [
        "/jump_to_id/abc",
        "jump_to_id/abc",
        "../jump_to_id/abc",
        "../../jump_to_id/abc/",
        "/jump_to_id/abc#part",
        "/jump_to_id/abc?activate_block_id=x",
        "/courses/course-v1:Org+X1+run/jump_to_id/abc",
        "/courses/course-v1:Org+X1+run/jump_to/block-v1:Org+X1+run+type@vertical+block@abc",
        "/courses/Org/X1/run/jump_to/i4x://Org/X1/html/abc",
        "/jump_to/i4x://Org/X1/html/abc",
    ],
)
def test_links_are_known_however_they_are_written(address: str) -> None:
    assert jump_target(address) == "abc"


@pytest.mark.parametrize(
    "address",
    ["/static/jump_to_id.png", "https://example.org/jump_to_id/abc", "/jump_to_id/", "/jump_to_id", "#abc", "/about"],
)
def test_other_addresses_are_no_such_links(address: str) -> None:
    assert jump_target(address) is None


def test_problems_link_as_well(tmp_path: Path) -> None:
    question = QUESTION.format("&lt;x&gt; <a href='/jump_to_id/text'>see</a>")
    path = an_olx_course(tmp_path, '<html url_name="text"><p>Hi</p></html>', question)
    [_, quiz] = package_in(path).lessons
    [problem] = quiz.content["problems"]
    assert 'href="lesson:vertical/v1/text/1"' in problem["prompt_html"]
    assert 'href="lesson:vertical/v1/text/1"' in problem["explanation_html"]


def test_a_name_with_odd_letters_is_found_and_cannot_break_out(tmp_path: Path) -> None:
    block = '<html url_name="&quot;&gt;&lt;b&gt; é"><a href="/jump_to_id/%22%3E%3Cb%3E%20é">x</a></html>'
    body = the_lesson(package_in(an_olx_course(tmp_path, block))).content["body"]
    assert body == '<a href="lesson:vertical/v1/text/1" rel="noopener noreferrer">x</a>'


def test_the_page_of_the_course_has_no_links_to_lessons(tmp_path: Path) -> None:
    about = {"course/about/overview.html": '<p><a href="/jump_to_id/a">x</a></p>'}
    package = package_in(an_olx_course(tmp_path, '<html url_name="a"><p>Hi</p></html>', files=about))
    assert "href" not in package.page["description"]
    assert [omission.reason for omission in package.omissions] == [
        "1 link to other places of the course became plain text."
    ]
