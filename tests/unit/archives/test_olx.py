"""Open edX courses: what is taken, what is left out, and that odd content never fails."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.archives.samples import HTML, Content, a_tar, an_olx_course, opened, package_in, reasons, the_lesson

from lms_domain.courses import fields
from lms_domain.courses.package import CoursePackage
from lms_domain.kernel import Problem

VIDEO = '<video url_name="film" display_name="Film" youtube_id_1_0="abcdefghijk"/>'
QUESTION = (
    '<problem url_name="{0}"><multiplechoiceresponse><label>Why?</label><choicegroup>'
    '<choice correct="true">Yes</choice><choice correct="false">No</choice>'
    "</choicegroup></multiplechoiceresponse></problem>"
)


def html(name: str, content: str = "<p>Hello</p>", **attributes: str) -> str:
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<html url_name="{name}"{said}>{content}</html>'


def titles(package: CoursePackage) -> list[tuple[str, str]]:
    return [(lesson.kind, lesson.title) for lesson in package.lessons]


def test_texts_that_follow_each_other_are_one_lesson(tmp_path: Path) -> None:
    lesson = the_lesson(package_in(an_olx_course(tmp_path, html("a", "<p>One</p>"), html("b", "<p>Two</p>"))))
    assert lesson.content == {"format": "html", "body": "<p>One</p>\n<p>Two</p>"}
    assert lesson.key == "vertical/v1/text/1"
    assert lesson.metadata == {"subsection": "Subsection", "source": ["v1", "a", "b"]}


def test_a_unit_is_split_where_the_kind_of_content_changes(tmp_path: Path) -> None:
    blocks = [html("a"), VIDEO, html("b"), QUESTION.format("q1"), QUESTION.format("q2"), html("c")]
    package = package_in(an_olx_course(tmp_path, *blocks))
    assert titles(package) == [
        ("text", "Unit"), ("video", "Unit: Film"), ("text", "Unit (3)"), ("quiz", "Unit (4)"), ("text", "Unit (5)"),
    ]  # fmt: skip
    assert len({lesson.key for lesson in package.lessons}) == 5


def test_a_quiz_is_not_required_while_nobody_can_pass_it(tmp_path: Path) -> None:
    package = package_in(an_olx_course(tmp_path, QUESTION.format("q1"), QUESTION.format("q2")))
    assert the_lesson(package).required is False
    assert len(the_lesson(package).content["problems"]) == 2
    assert "optional" in package.notices[0]


def test_what_is_only_for_some_is_left_out_with_all_that_stands_in_it(tmp_path: Path) -> None:
    package = package_in(an_olx_course(tmp_path, html("a"), unit='visible_to_staff_only="true" display_name="Unit"'))
    assert list(package.lessons) == []
    assert reasons(package) == {
        "v1": "Only the staff of the course may see it.",
        "a": "It stands in a vertical that was left out.",
    }


def test_content_of_groups_is_left_out(tmp_path: Path) -> None:
    package = package_in(an_olx_course(tmp_path, html("a", group_access="{&quot;1&quot;: [2]}"), html("b")))
    assert the_lesson(package).metadata["source"] == ["v1", "b"]
    assert "groups" in reasons(package)["a"]


def test_a_random_choice_is_left_out_with_its_problems(tmp_path: Path) -> None:
    library = f'<library_content url_name="lib">{QUESTION.format("q1")}{QUESTION.format("q2")}</library_content>'
    assert set(reasons(package_in(an_olx_course(tmp_path, library)))) == {"lib", "q1", "q2"}


@pytest.mark.parametrize("tag", ["lti", "discussion", "poll", "drag-and-drop-v2", "openassessment", "never-heard-of"])
def test_what_is_not_supported_is_told_with_its_place(tmp_path: Path, tag: str) -> None:
    package = package_in(an_olx_course(tmp_path, f'<{tag} url_name="x" display_name="A thing"/>', html("a")))
    [omission] = package.omissions
    assert (omission.kind, omission.name, omission.title) == (tag, "x", "A thing")
    assert omission.place == "Chapter > Subsection > Unit"
    assert omission.reason.endswith("supported.") or "yet" in omission.reason


def test_scripts_and_style_sheets_alone_are_left_out(tmp_path: Path) -> None:
    only = '<script src="/static/a.js"/><link rel="stylesheet" href="/static/a.css"/>'
    package = package_in(an_olx_course(tmp_path, html("a", only), html("b")))
    assert reasons(package) == {"a": "It holds only what is never taken: 1 script, 1 style sheet."}


def test_frames_are_told_with_their_address(tmp_path: Path) -> None:
    framed = '<p>Look at this simulation.</p><iframe src="https://phet.colorado.edu/x">frames</iframe>'
    package = package_in(an_olx_course(tmp_path, html("a", framed)))
    assert the_lesson(package).content["body"] == "<p>Look at this simulation.</p>"
    assert package.omissions[0].is_partial
    assert package.omissions[0].reason == "Taken without 1 frame (https://phet.colorado.edu/x)."


@pytest.mark.parametrize(
    "address",
    [
        "/static/My_Picture_1_.png",
        "/static/My%20Picture%20(1).png",
        "static/My Picture (1).png",
        "/asset-v1:Org+X1+run+type@asset+block@My_Picture_1_.png",
        "/assets/courseware/v1/0123abcd/asset-v1:Org+X1+run+type@asset+block/My_Picture_1_.png",
        "https://studio.example.org/asset-v1:Org+X1+run+type@asset+block@My_Picture_1_.png?raw=1",
        "/c4x/Org/X1/asset/My_Picture_1_.png",
    ],
)
def test_pictures_become_assets_however_they_are_addressed(tmp_path: Path, address: str) -> None:
    files: dict[str, Content] = {"course/static/My Picture (1).png": b"picture"}
    path = an_olx_course(tmp_path, html("a", f'<img src="{address}" alt="x"/>'), files=files)
    with opened(path) as archive:
        [asset] = archive.package.assets
        assert b"".join(archive.read(asset)) == b"picture"
        assert the_lesson(archive.package).content["body"] == '<img src="asset:My_Picture__1_.png" alt="x">'


def test_files_in_folders_are_found_by_their_flat_names(tmp_path: Path) -> None:
    files: dict[str, Content] = {"course/static/slides/week 1.pdf": b"pdf"}
    path = an_olx_course(tmp_path, html("a", '<a href="/static/slides_week_1.pdf">Slides</a>'), files=files)
    assert [asset.name for asset in package_in(path).assets] == ["slides_week_1.pdf"]


def test_files_that_come_to_the_same_name_stay_two(tmp_path: Path) -> None:
    files: dict[str, Content] = {"course/static/a/é.png": b"1", "course/static/a_e.png": b"2"}
    images = '<img src="/static/a/é.png"/><img src="/static/a_e.png"/>'
    package = package_in(an_olx_course(tmp_path, html("a", images), files=files))
    assert len({asset.name for asset in package.assets}) == len({asset.sha256 for asset in package.assets}) == 2


def test_only_files_that_are_shown_are_packed_and_the_others_told(tmp_path: Path) -> None:
    files: dict[str, Content] = {"course/static/used.png": b"1", "course/static/unused.png": b"2"}
    shown = '<img src="/static/used.png"/><img src="/static/missing.png"/><a href="/courses/x/wiki">there</a>'
    package = package_in(an_olx_course(tmp_path, html("a", shown), files=files))
    assert [asset.name for asset in package.assets] == ["used.png"]
    told = [omission.reason for omission in package.omissions]
    assert "1 link to other places of the course became plain text." in told
    assert "It shows 'missing.png', which the archive does not hold." in told
    assert reasons(package)["unused.png"] == "No lesson shows it."


def test_pages_and_scripts_are_never_packed(tmp_path: Path) -> None:
    files: dict[str, Content] = {"course/static/evil.html": b"<script>", "course/static/evil.svg.js": b"x"}
    links = '<p>x</p><a href="/static/evil.html">a</a><a href="/static/evil.svg.js">b</a>'
    package = package_in(an_olx_course(tmp_path, html("a", links), files=files))
    assert package.assets == ()
    assert "href" not in the_lesson(package).content["body"]


def test_a_video_brings_its_captions_its_transcript_and_its_handout(tmp_path: Path) -> None:
    video = (
        '<video url_name="film" display_name="Film" youtube="1.00:abcdefghijk" start_time="00:01:10" '
        'handout="/static/sheet.pdf"><transcript language="en" src="film-en.srt"/>'
        '<source src="https://example.org/film.mp4"/><video_asset duration="95.4"/></video>'
    )
    srt = "1\n00:00:00,000 --> 00:00:02,000\nHello <i>there</i>\n\n2\n00:00:02,000 --> 00:00:04,000\nBye &amp; thanks\n"
    files: dict[str, Content] = {"course/static/film-en.srt": srt, "course/static/sheet.pdf": b"pdf"}
    film, sheet = package_in(an_olx_course(tmp_path, video, files=files)).lessons
    assert film.content == {
        "url": "https://www.youtube.com/watch?v=abcdefghijk&t=70s",
        "sources": ["https://example.org/film.mp4"],
        "captions": [{"language": "en", "url": "asset:film-en.vtt"}],
        "transcript": "Hello there Bye & thanks",
    }
    assert (film.completion_rule, film.duration_seconds) == ({"kind": "watched_share", "percent": 80}, 95)
    assert film.metadata["youtube_id"] == "abcdefghijk"
    assert (sheet.kind, sheet.required) == ("file", False)
    assert sheet.content == {"url": "asset:sheet.pdf", "name": "sheet.pdf", "size": 3}


def test_a_video_without_a_duration_is_complete_when_it_was_viewed(tmp_path: Path) -> None:
    assert the_lesson(package_in(an_olx_course(tmp_path, VIDEO))).completion_rule == {"kind": "viewed"}


def test_a_video_that_cannot_be_played_is_left_out(tmp_path: Path) -> None:
    package = package_in(an_olx_course(tmp_path, '<video url_name="film" edx_video_id="123" youtube="1.00:"/>'))
    assert "no address" in reasons(package)["film"]


def test_a_script_as_a_video_address_is_never_taken(tmp_path: Path) -> None:
    video = '<video url_name="film"><source src="javascript:alert(1)"/></video>'
    assert list(package_in(an_olx_course(tmp_path, video)).lessons) == []


def test_the_course_is_described_by_its_policy_and_its_about_pages(tmp_path: Path) -> None:
    policy = {"course/run": {"display_name": "Better name", "language": "pt_BR", "course_image": "card.png"}}
    files: dict[str, Content] = {
        "course/policies/run/policy.json": json.dumps(policy),
        "course/about/short_description.html": "A <b>short</b> one",
        "course/about/overview.html": "<h2>Hi</h2>\n\n\n   <p>*there*<script>x</script></p>",
        "course/static/card.png": b"card",
    }
    package = package_in(an_olx_course(tmp_path, files=files))
    assert package.key == "olx:Org/X1/run"
    assert package.page == {
        "title": "Better name",
        "summary": "A short one",
        "description": "<div>\n<h2>Hi</h2>\n<p>*there*</p>\n</div>",
        "language": "pt-BR",
        "thumbnail": "asset:card.png",
    }
    assert HTML.markdown_to_html(package.page["description"]).strip() == package.page["description"]


def test_policies_and_pointers_name_blocks(tmp_path: Path) -> None:
    policy = {"html/a": {"visible_to_staff_only": True}, "html/b": {"display_name": "Named"}}
    files: dict[str, Content] = {
        "course/policies/run/policy.json": json.dumps(policy),
        "course/html/a.xml": '<html filename="a"/>',
        "course/html/b.xml": '<html filename="deep/b"/>',
        "course/html/deep/b.html": "<p>B</p>",
        "course/html/gone.xml": '<html filename="gone"/>',
        "course/html/broken.xml": "<html",
        "course/html/bomb.xml": '<!DOCTYPE html [<!ENTITY a "b">]><html>&a;</html>',
        "course/html/orphan.xml": "<html/>",
        "course/drafts/vertical/d.xml": "<vertical/>",
    }
    pointers = [f'<html url_name="{name}"/>' for name in ("a", "b", "gone", "broken", "bomb")]
    package = package_in(an_olx_course(tmp_path, *pointers, files=files))
    assert the_lesson(package).content["body"] == "<p>B</p>"
    told = reasons(package)
    assert told["gone"] == "The archive does not hold its text."
    assert told["broken"].startswith("Its XML is broken")
    assert "entities" in told["bomb"]
    assert told["orphan"] == "Nothing in the course refers to it."
    assert "draft" in told["vertical/d.xml"]
    assert "staff" in told["a"]


def test_a_block_that_stands_in_itself_ends(tmp_path: Path) -> None:
    files: dict[str, Content] = {"course/vertical/loop.xml": '<vertical><vertical url_name="loop"/></vertical>'}
    package = package_in(an_olx_course(tmp_path, '<vertical url_name="loop"/>', html("a"), files=files))
    assert "second time" in reasons(package)["loop"]
    assert the_lesson(package).kind == "text"


def test_units_may_be_missing_from_the_structure(tmp_path: Path) -> None:
    run = (
        '<course><wiki slug="w"/><html url_name="lost"/><chapter display_name="C">'
        '<html url_name="a" display_name="Alone"><p>Hi</p></html>'
        '<sequential display_name="S"><video url_name="film" youtube_id_1_0="abcdefghijk"/></sequential>'
        "</chapter></course>"
    )
    root = '<course url_name="run"/>'
    package = package_in(a_tar(tmp_path / "a.tar.gz", {"x/course.xml": root, "x/course/run.xml": run}))
    assert titles(package) == [("text", "Alone"), ("video", "S")]
    assert reasons(package) == {"lost": "It stands outside of every chapter."}


def test_progress_is_told(tmp_path: Path) -> None:
    from lms_adapters.archives.archives import CourseArchives  # noqa: PLC0415 - the port, used by this test alone

    told: list[tuple[int, int, str]] = []
    path = an_olx_course(tmp_path, html("a"))
    with CourseArchives(HTML).open(path, progress=lambda *step: told.append(step)):
        pass
    assert {what for _, _, what in told} >= {"Unpacking", "Reading lessons"}
    assert all(0 <= done <= total for done, total, _ in told)


tags = st.sampled_from([
    "html", "problem", "video", "vertical", "sequential", "chapter", "library_content", "lti", "p", "choice",
    "choicegroup", "multiplechoiceresponse", "choiceresponse", "checkboxgroup", "optionresponse",
    "optioninput", "option", "stringresponse", "numericalresponse", "responseparam", "solution", "demandhint",
    "hint", "label", "textline", "additional_answer", "correcthint", "transcript", "source", "video_asset",
])  # fmt: skip
letters = st.text(st.sampled_from("ab 1/%[(,])$.-:_'\"<>&\u0958\x07é"), max_size=12)
attributes = st.dictionaries(
    st.sampled_from(
        ["url_name", "display_name", "answer", "correct", "options", "type", "default", "filename", "weight", "src",
         "youtube", "html5_sources", "transcripts", "group_access", "language", "start_time", "duration", "handout"]
    ),
    letters
    | st.sampled_from(["true", "5%", "[1,2)", "{}", "[]", '{"en": "a.srt"}', "a", "('x','y')", "nan", "1e999"]),
    max_size=4,
)  # fmt: skip


@st.composite
def odd_blocks(draw: st.DrawFn, depth: int = 4) -> str:
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415 - writes, never reads

    tag = draw(tags)
    said = "".join(f" {name}={quoteattr(clean(value))}" for name, value in draw(attributes).items())
    inner = escape(clean(draw(letters)))
    if depth:
        inner += "".join(draw(st.lists(odd_blocks(depth - 1), max_size=3)))
    return f"<{tag}{said}>{inner}</{tag}>"


def clean(text: str) -> str:
    return text.replace("\x07", "")  # XML cannot say it


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(odd_blocks(), max_size=4))
def test_odd_content_never_fails_and_always_passes_the_rules_of_a_draft(blocks: list[str]) -> None:
    with TemporaryDirectory() as folder:
        package = package_in(an_olx_course(Path(folder), *blocks, files={"course/static/a.srt": "1\nx"}))
    problems: list[Problem] = []
    addressed = json.loads(json.dumps(package.page).replace("asset:", "/api/v1/assets/"))
    fields.page_fields(addressed, HTML, problems)
    for lesson in package.lessons:
        values: dict[str, Any] = {
            "title": lesson.title,
            "kind": lesson.kind,
            "content": json.loads(json.dumps(lesson.content).replace("asset:", "/api/v1/assets/")),
            "completion_rule": lesson.completion_rule,
            "duration_seconds": lesson.duration_seconds,
            "metadata": lesson.metadata,
        }
        fields.lesson_fields(values, HTML, problems)
    for section in package.sections:
        fields.section_fields({"title": section.title, "summary": section.summary}, problems)
    assert problems == []
    assert len({lesson.key for lesson in package.lessons}) == len(list(package.lessons))
