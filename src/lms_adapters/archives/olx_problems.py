"""OLX problems: from one block to the problems of a quiz.

A problem is a dict: `id`, `kind` (single_choice, multiple_choice, text, numeric), `group` (the block it comes from),
`title`, `prompt_html`, `weight`, `hints`, `explanation_html`, and by kind `choices` or `answer` with its rules. See
docs/course-archive.md.
"""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element

from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_html import HtmlReader
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_prompts import inner, prompts
from lms_adapters.archives.olx_responses import READERS, LeftOut

# What is answered otherwise than by a choice, a text or a number.
REFUSED = {
    "annotationresponse": "problems on annotations are not supported",
    "choicetextresponse": "choices with fields in them are not supported",
    "coderesponse": "code that another service grades is not supported",
    "customresponse": "an answer that a Python program of its own grades is not supported",
    "drag_and_drop_input": "drag and drop problems are not supported",
    "externalresponse": "an answer that another service grades is not supported",
    "formularesponse": "a formula as an answer is not supported",
    "imageresponse": "a place on a picture as an answer is not supported",
    "javascriptresponse": "problems in JavaScript are not supported",
    "jsinput": "problems in JavaScript are not supported",
    "optionresponse_v2": "dropdowns of this kind are not supported",
    "schematicresponse": "circuits are not supported",
    "symbolicresponse": "a formula as an answer is not supported",
    "truefalseresponse": "several statements that are right or wrong are not supported",
}
MOST_RESPONSES = 100
HEAVIEST = 1000
LARGEST = 1_000_000  # bytes of JSON
VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*")


class ProblemReader:
    def __init__(self, html: HtmlReader, ledger: Ledger) -> None:
        self._html = html
        self._ledger = ledger

    def read(self, block: Block) -> list[dict[str, Any]] | None:
        """None, and told, where a part of the block cannot be represented: half a problem cannot be answered."""
        try:
            return self._problems(block)
        except LeftOut as error:
            self._ledger.left_out(block, str(error))
            return None

    def _problems(self, block: Block) -> list[dict[str, Any]]:
        responses = _responses(block)
        answers = [READERS[response.tag](response) for response in responses]
        texts = prompts(block.element, responses)
        hints = [inner(hint) for hint in block.element.iterfind(".//demandhint/hint")]
        problems = [
            {
                "id": f"{block.name}-{number}",
                "group": block.name,
                "title": block.title,
                "prompt_html": self._html.read(text, block) or self._html.read(f"<p>{block.title}</p>", block),
                "weight": _weight(block) / len(responses),
                "hints": [self._html.read(hint, block) for hint in hints] if number == 1 else [],
                "explanation_html": self._html.read(_explanation(block, responses, number), block),
                **self._sanitized(answer.fields, block),
            }
            for number, (text, answer) in enumerate(zip(texts, answers, strict=True), 1)
        ]
        if len(json.dumps(problems)) > LARGEST:
            raise LeftOut(f"it has more than {LARGEST} bytes")
        losses = [lost for answer in answers for lost in answer.lost]
        if block.element.find(".//script") is not None:
            losses.append("its Python program, which no answer of it uses")
        for lost in dict.fromkeys(losses):
            self._ledger.taken_without(block, f"taken without {lost}")
        return problems

    def _sanitized(self, fields: dict[str, Any], block: Block) -> dict[str, Any]:
        """Wherever a field is called `html` or ends so, it is HTML."""
        clean: dict[str, Any] = {}
        for name, value in fields.items():
            if isinstance(value, list):
                clean[name] = [self._sanitized(item, block) if isinstance(item, dict) else item for item in value]
            elif isinstance(value, str) and name.endswith("html"):
                clean[name] = self._html.read(value, block)
            else:
                clean[name] = value
        return clean


def _responses(block: Block) -> list[Element]:
    """Raises LeftOut."""
    for element in block.element.iter():
        if element.tag in REFUSED:
            raise LeftOut(REFUSED[element.tag])
        if element.tag.endswith("response") and element.tag not in READERS:
            raise LeftOut(f"answers of the type {element.tag!r} are not supported")
    responses = [element for element in block.element.iter() if element.tag in READERS]
    if not responses or len(responses) > MOST_RESPONSES:
        raise LeftOut("it asks for too many answers" if responses else "it has nothing to answer")
    if block.element.find(".//script") is not None and _uses_variables(block.element):
        raise LeftOut("its numbers are made by a Python program of its own, which is not supported")
    return responses


def _uses_variables(problem: Element) -> bool:
    for element in problem.iter():
        texts = [element.tail or "", *element.attrib.values()]
        if element.tag != "script":
            texts.append(element.text or "")
        if any(VARIABLE.search(text) for text in texts):
            return True
    return False


def _explanation(block: Block, responses: list[Element], number: int) -> str:
    """A solution stands in its response, or it explains all of them: then the last one has it."""
    own = list(responses[number - 1].iter("solution"))
    if number == len(responses):
        others = {id(solution) for response in responses for solution in response.iter("solution")}
        own += [solution for solution in block.element.iter("solution") if id(solution) not in others]
    return "".join(inner(solution) for solution in own)


def _weight(block: Block) -> float:
    try:
        weight = float(block.attributes.get("weight", "1"))
    except ValueError:
        return 1.0
    return weight if 0 <= weight <= HEAVIEST else 1.0
