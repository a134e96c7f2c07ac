"""What an OLX problem asks: its HTML without the machinery of its answers."""

from collections.abc import Mapping
from html import escape
from xml.etree.ElementTree import Element

MACHINERY = frozenset({
    "additional_answer", "checkboxgroup", "choicegroup", "compoundhint", "correcthint", "demandhint",
    "formulaequationinput", "hintgroup", "numericalhint", "optioninput", "regexphint", "responseparam",
    "script", "solution", "stringequalhint", "textline",
})  # fmt: skip
RESPONSES = frozenset(
    {"choiceresponse", "multiplechoiceresponse", "numericalresponse", "optionresponse", "stringresponse"}
)
UNWRAPPED = RESPONSES | {"center", "endouttext", "problem", "span", "startouttext", "text"}
RENAMED = {"clarification": "small", "description": "p", "label": "p", "legend": "p"}
VOID = {"br", "hr", "img", "wbr"}


def prompts(problem: Element, responses: list[Element]) -> list[str]:
    """One for each response.

    Responses that stand one after another own what stands before them. Where they stand within something else, such
    as a table, the first has all of it, with a number in the place of each answer, and the others their number.
    """
    if len(responses) == 1:
        return [inner(problem)]
    if all(response in list(problem) for response in responses):
        return _one_after_another(problem, responses)
    numbers = {id(response): f"<strong>({number})</strong>" for number, response in enumerate(responses, 1)}
    return [inner(problem, numbers), *(f"<p>{numbers[id(response)]}</p>" for response in responses[1:])]


def _one_after_another(problem: Element, responses: list[Element]) -> list[str]:
    found: list[str] = []
    before = escape(problem.text or "")
    for child in problem:
        before += _outer(child, {})
        if child in responses:
            found.append(before)
            before = ""
        before += escape(child.tail or "")
    found[-1] += before
    return found


def inner(element: Element, marks: Mapping[int, str] | None = None) -> str:
    """`marks`: what stands for a response, by the id of its element."""
    marks = marks or {}
    parts = [escape(element.text or "")]
    for child in element:
        parts += [_outer(child, marks), escape(child.tail or "")]
    return "".join(parts)


def _outer(element: Element, marks: Mapping[int, str]) -> str:
    if element.tag in MACHINERY:
        label = element.get("label", "") if element.tag == "textline" else ""
        return f"<p>{escape(label)}</p>" if label else ""
    content = inner(element, marks) + marks.get(id(element), "")
    if element.tag in UNWRAPPED or not element.tag.isalnum():
        return content
    tag = RENAMED.get(element.tag, element.tag)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items() if name.isidentifier())
    return f"<{tag}{attributes}>" if tag in VOID else f"<{tag}{attributes}>{content}</{tag}>"
