"""A lesson's text in passages: what is searched and shown one by one, so that no lesson is too long for either."""

PASSAGE = 1_000  # characters: a highlight reads one, and a page has up to a hundred highlights
_ENDS = ("\n", ". ", "。", " ")  # of paragraphs, sentences, words: the best place to cut first


def passages(text: str) -> list[str]:
    """The text in pieces of at most PASSAGE characters; put together again they are the text."""
    pieces = []
    start = 0
    while len(text) - start > PASSAGE:
        end = _end(text, start)
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def _end(text: str, start: int) -> int:
    """In the second half of a full passage, or where it is full."""
    half, full = start + PASSAGE // 2, start + PASSAGE
    found = ((text.rfind(end, half, full), end) for end in _ENDS)
    return next((place + len(end) for place, end in found if place >= 0), full)
