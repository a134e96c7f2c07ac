"""Letters: what is written to people, and what carries it. Their words, in every language, are the adapter's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from lms_domain.kernel import LmsError


class LetterKind(StrEnum):
    VERIFICATION = "verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a kind of letter, as below)
    INVITATION = "invitation"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    REGISTRATION_REPEATED = "registration_repeated"
    NEW_SIGN_IN = "new_sign_in"
    MFA_ENABLED = "mfa_enabled"
    MFA_DISABLED = "mfa_disabled"
    TOTP_REMOVED = "totp_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    WEBHOOK_DISABLED = "webhook_disabled"
    MEMBERSHIP_INVITATION = "membership_invitation"
    WELCOME = "welcome"
    ENROLLED = "enrolled"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    ACCESS_ENDING = "access_ending"
    ACCESS_ENDED = "access_ended"
    INACTIVE = "inactive"
    COURSE_COMPLETED = "course_completed"
    CERTIFICATE = "certificate"
    GRADE = "grade"
    ANNOUNCEMENT = "announcement"
    DIGEST = "digest"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What each kind tells: no more and no less. Moments are datetimes, `life` is a timedelta, `items` are of other kinds.
VALUES: Mapping[LetterKind, frozenset[str]] = dict.fromkeys(LetterKind, frozenset()) | {
    LetterKind.VERIFICATION: _names("url life"),
    LetterKind.PASSWORD_RESET: _names("url life"),
    LetterKind.INVITATION: _names("url life"),
    LetterKind.OLD_EMAIL: _names("url life email"),
    LetterKind.NEW_EMAIL: _names("url life"),
    LetterKind.NEW_SIGN_IN: _names("device ip at"),
    LetterKind.WEBHOOK_DISABLED: _names("origin because"),
    LetterKind.MEMBERSHIP_INVITATION: _names("organization url"),
    LetterKind.WELCOME: _names("name url"),
    LetterKind.ENROLLED: _names("name course url"),
    LetterKind.WAITLISTED: _names("name course url"),
    LetterKind.PROMOTED: _names("name course url"),
    LetterKind.ACCESS_ENDING: _names("name course url at"),
    LetterKind.ACCESS_ENDED: _names("name course url at"),
    LetterKind.INACTIVE: _names("name course url at"),
    LetterKind.COURSE_COMPLETED: _names("name course url"),
    LetterKind.CERTIFICATE: _names("name course url"),
    LetterKind.GRADE: _names("name course url title grade"),
    LetterKind.ANNOUNCEMENT: _names("name course url title text html"),
    LetterKind.DIGEST: _names("name url items"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`id`: of what it tells about. A letter that is sent twice, after a crash, has the same one.

    `unsubscribe_url`: where its reader says that they want no more of its kind; None for what must be told.
    """

    id: UUID
    kind: LetterKind
    to: str
    locale: str = "en"
    timezone: str = "UTC"
    values: Mapping[str, Any] = field(default_factory=dict)
    unsubscribe_url: str | None = None

    def __post_init__(self) -> None:
        if self.values.keys() != VALUES[self.kind]:
            wanted = ", ".join(sorted(VALUES[self.kind])) or "nothing"
            raise TypeError(f"A letter of the kind {self.kind} tells {wanted}; this one {sorted(self.values)}.")


class Refused(LmsError):
    """The letter will not be taken, however often it is sent. Of what the mail server said only numbers are told."""

    message = "The mail server refused the letter for good."

    def __init__(self, status: str, answer: str, *, is_address: bool) -> None:
        """`status`: such as `550 5.1.1`. `is_address`: there is no such mailbox, or it takes nothing."""
        super().__init__(f"{self.message} ({status})")
        self.answer, self.is_address = answer, is_address


class Mailer(Protocol):
    async def send(self, letter: Letter, /) -> None:
        """Raises Unavailable when it could not be handed on; it may be tried again. Raises Refused."""


class KeptLetters(Protocol):
    async def forget(self, addresses: Sequence[str], /) -> None:
        """Letters to these that are kept here are removed."""


class UnsubscribeStep(StrEnum):
    ASK = "ask"
    DONE = "done"
    NOT_GOOD = "not_good"  # the link


class LetterPages(Protocol):
    def unsubscribing(self, step: UnsubscribeStep, what: str, locales: Sequence[str], /) -> str:
        """HTML, in the first of these languages that there is. `what`: a kind of letters, where the link is good."""
