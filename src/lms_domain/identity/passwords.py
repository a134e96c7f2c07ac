"""Which passwords are taken: by how hard they are to guess, never by which characters they hold (NIST SP 800-63B)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lms_domain.identity.fields import LONGEST_PASSWORD, SHORTEST_PASSWORD
from lms_domain.kernel import Problem, Secret


@dataclass(frozen=True, slots=True)
class Strength:
    """`score`: 0 to 4, of zxcvbn. `warning`: what makes it weak, if that can be said."""

    score: int
    is_common: bool
    warning: str = ""


class Strengths(Protocol):
    async def of(self, password: Secret, hints: Sequence[str], /) -> Strength:
        """`hints`: what a guesser would try first, such as the owner's name."""


async def must_be_strong(
    password: Secret,
    strengths: Strengths,
    problems: list[Problem],
    *,
    hints: Sequence[str],
    least_score: int,
    field: str = "password",
) -> None:
    if not SHORTEST_PASSWORD <= len(password.reveal()) <= LONGEST_PASSWORD:
        problems.append(Problem(field, f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"))
        return
    strength = await strengths.of(password, hints)
    if strength.is_common:
        problems.append(Problem(field, "none of the most common passwords"))
    elif strength.score < least_score:
        rule = f"harder to guess: score {least_score} of 4 or more, this has {strength.score}"
        problems.append(Problem(field, f"{rule}. {strength.warning}".rstrip(". ")))
