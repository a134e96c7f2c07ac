"""The names of courses in addresses."""

from lms_domain.kernel import CourseId
from lms_domain.text import slugify

SUFFIX_LENGTH = 13  # a hyphen and 48 bits in hex


def slugs_for(title: str, id: CourseId) -> list[str]:
    """In order of beauty: `bees`, `bees-2`, `bees-3`, and one that nobody has."""
    plain = slugify(title, longest=80 - SUFFIX_LENGTH) or "course"
    return [plain, f"{plain}-2", f"{plain}-3", f"{plain}-{id.hex[-12:]}"]
