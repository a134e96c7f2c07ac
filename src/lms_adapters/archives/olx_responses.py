"""How OLX problems are answered: by a choice, several choices, a text or a number."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from lms_adapters.archives.olx_numbers import number_or_range, tolerance
from lms_adapters.archives.olx_prompts import inner
from lms_adapters.archives.olx_text import is_true, plain

HINTS = {"choicehint", "optionhint"}
QUOTED = re.compile(r"""'((?:\\.|(?<=\w)'(?=\w)|[^'\\])*)'|"((?:\\.|[^"\\])*)\"""")
FEWEST_CHOICES, MOST_CHOICES = 2, 100


class LeftOut(ValueError):
    """The problem cannot be represented; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    fields: dict[str, Any]
    lost: tuple[str, ...] = ()  # what could not be taken of it


def single_choice(response: Element) -> Answer:
    group = _only(response, "choicegroup")
    choices = [_choice(choice, number) for number, choice in enumerate(group.iter("choice"), 1)]
    return _choices("single_choice", choices, response)


def multiple_choice(response: Element) -> Answer:
    group = _only(response, "checkboxgroup")
    choices = [_choice(choice, number) for number, choice in enumerate(group.iter("choice"), 1)]
    answer = _choices("multiple_choice", choices, response)
    combined = ("the feedback on combinations of choices",) if group.find(".//compoundhint") is not None else ()
    return Answer(fields=answer.fields, lost=answer.lost + combined)


def dropdown(response: Element) -> Answer:
    field = _only(response, "optioninput")
    choices = [_choice(option, number) for number, option in enumerate(field.iter("option"), 1)]
    if not choices:
        right = field.get("correct", "").strip().strip("'\"")
        texts = [first or second for first, second in QUOTED.findall(field.get("options", ""))]
        choices = [
            {"id": f"choice-{number}", "html": plain(_escaped(text)), "correct": text == right, "feedback_html": ""}
            for number, text in enumerate((re.sub(r"\\(.)", r"\1", text) for text in texts), 1)
        ]
    return _choices("single_choice", choices, response)


def text(response: Element) -> Answer:
    kinds = response.get("type", "cs").lower().split()
    answers = response.get("answer", "").split("_or_") if "answer" in response.attrib else []
    answers += [extra.get("answer") or extra.text or "" for extra in response.iter("additional_answer")]
    answers = [plain(answer).strip() for answer in answers if answer.strip()]
    if not answers:
        raise LeftOut("it has no right answer")
    feedback = [
        {"answer": plain(hint.get("answer", "")), "html": inner(hint)} for hint in response.iter("stringequalhint")
    ]
    fields = {
        "kind": "text",
        "answer": answers[0],
        "additional_answers": answers[1:],
        "case_sensitive": "ci" not in kinds,
        "is_pattern": "regexp" in kinds,
        "feedback": feedback + _feedback_on(response, answers),
    }
    lost = ("the feedback on patterns",) if response.find(".//regexphint") is not None else ()
    return Answer(fields=fields, lost=lost)


def numeric(response: Element) -> Answer:
    answers = [response.get("answer", "")]
    answers += [extra.get("answer", "") for extra in response.iter("additional_answer")]
    read = [number_or_range(answer) for answer in answers]
    if read[0] is None:
        raise LeftOut(f"its answer {plain(answers[0])[:50]!r} is a formula, which is not supported")
    fields = {
        "kind": "numeric",
        "answer": read[0],
        "additional_answers": [answer for answer in read[1:] if answer is not None],
        "tolerance": tolerance(response),
        "feedback": _feedback_on(response, answers),
    }
    partly = ("its partial credit",) if response.get("partial_credit") else ()
    return Answer(fields=fields, lost=partly)


def _only(response: Element, tag: str) -> Element:
    found = list(response.iter(tag))
    if len(found) != 1:
        raise LeftOut("it has several fields for one answer" if found else "it has nothing to choose from")
    return found[0]


def _choices(kind: str, choices: list[dict[str, Any]], response: Element) -> Answer:
    right = sum(choice["correct"] for choice in choices)
    if not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES:
        raise LeftOut(f"it has {len(choices)} choices")
    if not right and kind == "single_choice":
        raise LeftOut("no choice of it is right")
    shuffles = any(is_true(element.get("shuffle")) for element in response.iter())
    lost = ("its partial credit",) if response.get("partial_credit") else ()
    return Answer(fields={"kind": kind, "choices": choices, "shuffle": shuffles}, lost=lost)


def _choice(element: Element, number: int) -> dict[str, Any]:
    """Feedback on a box is either for one that was ticked or for one that was not."""
    hints = [child for child in element if child.tag in HINTS]
    unticked = [hint for hint in hints if hint.get("selected", "true").lower() == "false"]
    choice = {
        "id": f"choice-{number}",
        "html": _without(element, hints).strip(),
        "correct": is_true(element.get("correct")),
        "feedback_html": "".join(inner(hint) for hint in hints if hint not in unticked),
    }
    if unticked:
        choice["feedback_unless_chosen_html"] = "".join(inner(hint) for hint in unticked)
    return choice


def _without(element: Element, dropped: list[Element]) -> str:
    copy = Element(element.tag, element.attrib)
    copy.text = element.text
    for child in element:
        if child not in dropped:
            copy.append(child)
        elif len(copy):
            copy[-1].tail = (copy[-1].tail or "") + (child.tail or "")
        else:
            copy.text = (copy.text or "") + (child.tail or "")
    return inner(copy)


def _feedback_on(response: Element, answers: list[str]) -> list[dict[str, str]]:
    own = [{"answer": plain(answers[0]), "html": inner(hint)} for hint in response.findall("correcthint")]
    for extra in response.iter("additional_answer"):
        own += [{"answer": plain(extra.get("answer", "")), "html": inner(hint)} for hint in extra.iter("correcthint")]
    return own


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


READERS: dict[str, Callable[[Element], Answer]] = {
    "choiceresponse": multiple_choice,
    "multiplechoiceresponse": single_choice,
    "numericalresponse": numeric,
    "optionresponse": dropdown,
    "stringresponse": text,
}
