"""The names of things in addresses, made of what people call them."""

from uuid import UUID

from lms_domain.text import SLUG_LENGTH, slugify

SUFFIX_LENGTH = 13  # a hyphen and 48 bits in hex


def slugs_for(name: str, id: UUID, *, otherwise: str) -> list[str]:
    """In order of beauty: `bees`, `bees-2`, `bees-3`, and one that nobody has.

    `otherwise`: what stands for a name that has no letter of a slug in it.
    """
    plain = slugify(name, longest=SLUG_LENGTH - SUFFIX_LENGTH) or otherwise
    return [plain, f"{plain}-2", f"{plain}-3", f"{plain}-{id.hex[-12:]}"]
