"""Enrollment codes: what opens a course that one cannot enter by oneself."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from lms_domain.enrollments.errors import CodeExpired, CodeUsedUp
from lms_domain.enrollments.events import CodeCreated, CodeId, CodeRedeemed, CodeRevoked
from lms_domain.kernel import CourseId, Event, Problem, UserId, new_id, refuse_if_any
from lms_domain.text import clean_moment, clean_text

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base 32 without I, L, O and U: readable aloud
GROUPS, GROUP = 4, 4  # 16 characters are 80 random bits: nobody guesses one
CHOSEN = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
SHORTEST, LONGEST = 6, 40
MOST_USES = 1_000_000
LONGEST_NOTE = 500


def generated() -> str:
    """Such as 7QX2-M0AV-9KTD-ZC3R."""
    return "-".join("".join(secrets.choice(CROCKFORD) for _ in range(GROUP)) for _ in range(GROUPS))


def as_stored(code: str) -> str:
    """People write codes in small letters and with blanks around. What no code can look like becomes ``."""
    stored = code.strip().upper()
    return stored if CHOSEN.fullmatch(stored) and len(stored) <= LONGEST else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDraft:
    """`code` None: one is generated. `max_uses` None: as often as there are seats."""

    code: str | None = None
    max_uses: int | None = 1
    expires_at: datetime | None = None
    note: str = ""


@dataclass(slots=True, kw_only=True)
class EnrollmentCode:
    id: CodeId
    course_id: CourseId
    code: str
    max_uses: int | None
    uses: int = 0
    expires_at: datetime | None = None
    note: str = ""
    is_active: bool = True
    created_by: UserId
    created_at: datetime
    version: int = 1

    @classmethod
    def make(cls, course_id: CourseId, draft: CodeDraft, *, by: UserId, now: datetime) -> Self:
        code = generated() if draft.code is None else as_stored(draft.code)
        problems = list(_problems(draft, code, now))
        clean_moment(draft.expires_at, "expires_at", problems)
        note = clean_text(draft.note, "note", problems, longest=LONGEST_NOTE, multiline=True)
        refuse_if_any(problems)
        return cls(
            id=CodeId(new_id()),
            course_id=course_id,
            code=code,
            max_uses=draft.max_uses,
            expires_at=draft.expires_at,
            note=note,
            created_by=by,
            created_at=now,
        )

    def created(self) -> Event:
        return CodeCreated(at=self.created_at, code_id=self.id, course_id=self.course_id)

    def redeem(self, learner_id: UserId, *, now: datetime) -> Iterator[Event]:
        """Use it once more; a use is never given back, not even by dropping the course."""
        self.must_be_good(now)
        self.uses += 1
        yield CodeRedeemed(at=now, code_id=self.id, course_id=self.course_id, learner_id=learner_id)

    def must_be_good(self, now: datetime) -> None:
        if self.expires_at is not None and self.expires_at <= now:
            raise CodeExpired(expired_at=self.expires_at)
        if self.max_uses is not None and self.uses >= self.max_uses:
            raise CodeUsedUp(max_uses=self.max_uses)

    def revoke(self, *, now: datetime) -> Iterator[Event]:
        self.is_active = False
        yield CodeRevoked(at=now, code_id=self.id, course_id=self.course_id)


def _problems(draft: CodeDraft, code: str, now: datetime) -> Iterator[Problem]:
    if len(code) < SHORTEST:
        yield Problem("code", f"{SHORTEST} to {LONGEST} letters A-Z and digits, with single hyphens between them")
    if draft.max_uses is not None and not 1 <= draft.max_uses <= MOST_USES:
        yield Problem("max_uses", f"must be between 1 and {MOST_USES}")
    if draft.expires_at is not None and draft.expires_at <= now:
        yield Problem("expires_at", "must be in the future")
