"""What a search reads of a published course: its words, its passages, and what it may propose for a misspelled word."""

from collections.abc import Sequence
from dataclasses import dataclass

from lms_domain.courses.model import CoursePage
from lms_domain.courses.passages import passages
from lms_domain.courses.revision import LessonText
from lms_domain.courses.spelling import words_of
from lms_domain.courses.words import distinct, folded, spoken, within

# A tsvector holds 1 MB of words and positions, and positions up to 16,383. This much stays below 1 MB whatever it says.
NAMED_BYTES, DESCRIPTION_BYTES, LESSONS_BYTES = 20_000, 30_000, 30_000  # word by word, so that phrases are found
DISTINCT_BYTES = 300_000  # of all words, each once
LESSON_BYTES = 100_000  # of one lesson, in passages
# Of what ranks: more would have to be fetched from beside the row, which makes ranking four times as slow.
RANKED_NAMED_BYTES, RANKED_DESCRIPTION_BYTES = 400, 200
MOST_PROPOSED = 5_000  # words of one course
_NO_CONTROLS = str.maketrans(dict.fromkeys(map(chr, [*range(9), *range(11, 32)]), " "))


@dataclass(frozen=True, slots=True)
class Passage:
    lesson: LessonText
    part: int
    body: str
    words: str  # of the body, as `spoken` gives them


def passages_of(lessons: Sequence[LessonText]) -> list[Passage]:
    """The first one of a lesson begins with its title."""
    return [
        Passage(lesson, part, body, spoken(body))
        for lesson in lessons
        for part, body in enumerate(passages(f"{lesson.title}\n{_cut(lesson.body)}".translate(_NO_CONTROLS)))
    ]


def listing_texts(page: CoursePage, found: Sequence[Passage]) -> tuple[dict[str, str], bool]:
    """Words in their order (`text`), all of them once (`words`), and by weight (`a`, `b`, `c`).

    And whether there was room for all.
    """
    a = spoken(page.title)
    named, description, lessons = spoken(_named(page)), spoken(page.description), [each.words for each in found]
    b, c = within(named, NAMED_BYTES), within(description, DESCRIPTION_BYTES)
    read, all_words = within(" ".join(lessons), LESSONS_BYTES), " ".join(distinct([named, description, *lessons]))
    words = within(all_words, DISTINCT_BYTES)
    texts = {"text": f"{a} {b} {c} {read}", "words": words, "a": a}
    texts |= {"b": within(b, RANKED_NAMED_BYTES), "c": within(c, RANKED_DESCRIPTION_BYTES)}
    return texts, words == all_words


def both_ways(config: str, texts: dict[str, str]) -> dict[str, str]:
    """For the rules of the language, and as `plain_` without accents: all that a language without rules needs."""
    plain = {f"plain_{name}": folded(text) for name, text in texts.items()}
    return plain | (dict.fromkeys(texts, "") if config == "simple" else texts)


def proposals(page: CoursePage, found: Sequence[Passage]) -> list[str]:
    """Of the page and the titles first, then as many as there is room for of the lessons, from the first one on."""
    titles = [passage.lesson.title for passage in found if passage.part == 0]
    first = [page.title, _named(page), *titles]
    return words_of([*map(spoken, first), *(passage.words for passage in found)], most=MOST_PROPOSED)


def _named(page: CoursePage) -> str:
    return "\n".join([page.summary, *page.tags, *page.objectives, page.category or ""])


def _cut(value: str) -> str:
    return value.encode()[:LESSON_BYTES].decode(errors="ignore")
