"""Places in lists that are read onward, as clients send them back."""

from lms_domain.kernel import Problem, refuse_if_any

NOW = "now"  # none of what was before
LONGEST = 18  # digits


def position_of(cursor: str, field: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= LONGEST):
        refuse_if_any([Problem(field, f"a cursor that was given here, or `{NOW}`")])
    return int(cursor)
