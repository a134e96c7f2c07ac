"""Problems of Open edX in all the ways in which they were ever written."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.archives.samples import an_olx_course, package_in, reasons, the_lesson

from lms_adapters.archives.olx_numbers import number, number_or_range
from lms_domain.courses.package import CoursePackage


def package_of(tmp_path: Path, problem: str, attributes: str = "") -> CoursePackage:
    return package_in(an_olx_course(tmp_path, f'<problem url_name="p" {attributes}>{problem}</problem>'))


def problems_of(tmp_path: Path, problem: str, attributes: str = "") -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = the_lesson(package_of(tmp_path, problem, attributes)).content["problems"]
    return problems


def only(problems: list[dict[str, Any]]) -> dict[str, Any]:
    [problem] = problems
    return problem


def why_not(tmp_path: Path, problem: str) -> str:
    package = package_of(tmp_path, problem)
    assert list(package.lessons) == []
    return reasons(package)["p"]


def test_a_single_choice(tmp_path: Path) -> None:
    problem = only(
        problems_of(
            tmp_path,
            "<multiplechoiceresponse><p>Look:</p><label>Which <b>one</b>?</label><description>Only one.</description>"
            '<choicegroup type="MultipleChoice" shuffle="true">'
            '<choice correct="true">A &amp; B<choicehint>Well <i>done</i></choicehint></choice>'
            '<choice correct="false"><script>alert(1)</script>C</choice></choicegroup>'
            "<solution><p>Because.</p></solution></multiplechoiceresponse>"
            "<demandhint><hint>Think</hint><hint>Harder</hint></demandhint>",
            'display_name="Title" weight="2"',
        )
    )
    assert problem == {
        "id": "p-1",
        "group": "p",
        "kind": "single_choice",
        "title": "Title",
        "prompt_html": "<p>Look:</p><p>Which <b>one</b>?</p><p>Only one.</p>",
        "choices": [
            {"id": "choice-1", "html": "A &amp; B", "correct": True, "feedback_html": "Well <i>done</i>"},
            {"id": "choice-2", "html": "C", "correct": False, "feedback_html": ""},
        ],
        "shuffle": True,
        "hints": ["Think", "Harder"],
        "explanation_html": "<p>Because.</p>",
        "weight": 2.0,
    }


def test_several_choices_with_feedback_on_both_sides(tmp_path: Path) -> None:
    problem = only(
        problems_of(
            tmp_path,
            "<choiceresponse><label>Which?</label><checkboxgroup>"
            '<choice correct="true">A<choicehint selected="true">Yes</choicehint>'
            '<choicehint selected="false">You missed it</choicehint></choice>'
            '<choice correct="false">B</choice><compoundhint value="A B">Both</compoundhint>'
            "</checkboxgroup></choiceresponse>",
        )
    )
    assert problem["kind"] == "multiple_choice"
    assert problem["choices"][0]["feedback_html"] == "Yes"
    assert problem["choices"][0]["feedback_unless_chosen_html"] == "You missed it"


@pytest.mark.parametrize(
    "field",
    [
        """<optioninput options="('Jonas\\' vaccine','B, or C','O'Brien')" correct="B, or C"/>""",
        """<optioninput correct="B, or C"
           options="(&quot;Jonas' vaccine&quot;,&quot;B, or C&quot;,&quot;O'Brien&quot;)"/>""",
        """<optioninput><option correct="False">Jonas' vaccine</option><option correct="True">B, or C</option>
           <option correct="False">O'Brien</option></optioninput>""",
    ],
)
def test_a_dropdown_in_its_old_and_new_form(tmp_path: Path, field: str) -> None:
    problem = only(problems_of(tmp_path, f"<optionresponse><label>Who?</label>{field}</optionresponse>"))
    assert problem["kind"] == "single_choice"
    assert [(choice["html"], choice["correct"]) for choice in problem["choices"]] == [
        ("Jonas' vaccine", False), ("B, or C", True), ("O'Brien", False),
    ]  # fmt: skip


def test_a_text_with_other_right_answers(tmp_path: Path) -> None:
    problem = only(
        problems_of(
            tmp_path,
            '<p>Name one.</p><stringresponse answer="Doc _or_ The Doc" type="ci">'
            '<additional_answer answer="Sleepy"/><additional_answer>Dopey</additional_answer>'
            '<stringequalhint answer="Snow White">She is no dwarf</stringequalhint>'
            '<correcthint>Right!</correcthint><textline size="20" label="Name"/></stringresponse>',
        )
    )
    assert (problem["answer"], problem["additional_answers"]) == ("Doc", ["The Doc", "Sleepy", "Dopey"])
    assert (problem["case_sensitive"], problem["is_pattern"]) == (False, False)
    assert problem["prompt_html"] == "<p>Name one.</p><p>Name</p>"
    assert problem["feedback"] == [
        {"answer": "Snow White", "html": "She is no dwarf"}, {"answer": "Doc", "html": "Right!"},
    ]  # fmt: skip


def test_texts_may_be_patterns_and_are_exact_by_default(tmp_path: Path) -> None:
    texts = problems_of(
        tmp_path,
        '<stringresponse answer="..bble" type="ci regexp"><label>a</label><textline/></stringresponse>'
        '<stringresponse answer="Exact"><label>b</label><textline/></stringresponse>',
    )
    assert [(text["case_sensitive"], text["is_pattern"]) for text in texts] == [(False, True), (True, False)]


@pytest.mark.parametrize(
    ("answer", "param", "expected", "tolerance"),
    [
        ("600", '<responseparam type="tolerance" default="5"/>', 600, {"kind": "absolute", "value": 5}),
        ("-1.5e3", '<responseparam type="tolerance" default="2.5%"/>', -1500, {"kind": "percent", "value": 2.5}),
        ("1/4", "", 0.25, {"kind": "percent", "value": 0.001}),
        ("[5, 7)", "", {"from": 5, "to": 7, "includes_from": True, "includes_to": False}, None),
    ],
)
def test_a_number_with_its_tolerance(
    tmp_path: Path, answer: str, param: str, expected: float | dict[str, Any], tolerance: dict[str, Any] | None
) -> None:
    response = (
        f'<numericalresponse answer="{answer}"><label>?</label>{param}<formulaequationinput/></numericalresponse>'
    )
    problem = only(problems_of(tmp_path, response))
    assert problem["answer"] == expected
    assert tolerance is None or problem["tolerance"] == tolerance


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5%", 0.05),
        ("2.5k", 2500),
        (".5", 0.5),
        ("3+4", None),
        ("$z", None),
        ("1/0", None),
        ("1e999", None),
        ("", None),
    ],
)
def test_numbers_are_read_and_never_calculated(text: str, value: float | None) -> None:
    assert number(text) == (value if value is None else pytest.approx(value))


def test_a_range_has_an_order() -> None:
    assert number_or_range("(7,5)") is None


def test_answers_one_after_another_own_what_stands_before_them(tmp_path: Path) -> None:
    response = '<stringresponse answer="{0}"><textline/></stringresponse>'
    first, second = problems_of(
        tmp_path, f"<p>One</p>{response.format('a')}<p>Two</p>{response.format('b')}<solution>All</solution>"
    )
    assert (first["prompt_html"], second["prompt_html"]) == ("<p>One</p>", "<p>Two</p>")
    assert (first["explanation_html"], second["explanation_html"]) == ("", "All")
    assert first["weight"] == second["weight"] == 0.5


def test_answers_within_a_table_are_numbered(tmp_path: Path) -> None:
    cell = "<td><optionresponse><optioninput options=\"('x','y')\" correct=\"x\"/></optionresponse></td>"
    first, second = problems_of(tmp_path, f"<table><tr>{cell}{cell}</tr></table>")
    assert "<td><strong>(1)</strong></td><td><strong>(2)</strong></td>" in first["prompt_html"]
    assert second["prompt_html"] == "<p><strong>(2)</strong></p>"


def test_a_program_that_no_answer_uses_is_told(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        '<script type="loncapa/python">x = 1</script><p>It costs $20.</p>'
        '<stringresponse answer="yes"><textline/></stringresponse>',
    )
    assert the_lesson(package).kind == "quiz"
    assert package.omissions[0].is_partial
    assert "Python" in package.omissions[0].reason


CHOICES = '<choice correct="{0}">A</choice><choice correct="false">B</choice>'


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        ('<customresponse cfn="f"><textline/></customresponse>', "Python"),
        ('<script>x = random()</script><p>$x</p><numericalresponse answer="$x"/>', "Python"),
        ("<imageresponse><imageinput/></imageresponse>", "picture"),
        ("<schematicresponse/>", "Circuits"),
        ('<formularesponse answer="x"/>', "formula"),
        ('<numericalresponse answer="sin(1)"><label>?</label></numericalresponse>', "formula"),
        ("<annotationresponse/>", "annotations"),
        ("<p>Only a text.</p>", "nothing to answer"),
        ("<newresponse/>", "'newresponse'"),
        (
            f"<multiplechoiceresponse><choicegroup>{CHOICES.format('false')}</choicegroup></multiplechoiceresponse>",
            "right",
        ),
        ("<multiplechoiceresponse/>", "nothing to choose"),
        ("<optionresponse><optioninput options='' correct=''/></optionresponse>", "0 choices"),
        ('<stringresponse answer=""><textline/></stringresponse>', "no right answer"),
    ],
)
def test_what_cannot_be_represented_is_left_out_whole(tmp_path: Path, problem: str, why: str) -> None:
    assert why in why_not(tmp_path, problem)


def test_one_part_that_cannot_be_represented_leaves_out_the_whole(tmp_path: Path) -> None:
    good = '<stringresponse answer="yes"><textline/></stringresponse>'
    assert "picture" in why_not(tmp_path, f"{good}<imageresponse/>")
