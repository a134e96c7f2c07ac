"""What happens to accounts. No event holds a password, a hash or a token."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain.kernel import Event, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(Event):
    user_id: UserId

    @property
    def aggregate_id(self) -> UUID:
        return self.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(UserEvent):
    name = "user.registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(UserEvent):
    """By an operator or an admin; `by` is None at the command line."""

    name = "user.created"
    by: UserId | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(UserEvent):
    """`before` and `after` by the names of the fields, without what is personal."""

    name = "user.changed"
    by: UserId | None
    fields: tuple[str, ...]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChanged(UserEvent):
    """`by` is None at the command line."""

    name = "user.roles_changed"
    by: UserId | None
    before: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(UserEvent):
    name = "session.opened"
    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRefreshed(UserEvent):
    name = "session.refreshed"
    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(UserEvent):
    """Its access tokens are void from now on, on every instance."""

    name = "session.ended"
    session_id: UUID
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensOutdated(UserEvent):
    """Access tokens made before are void: their owner may do something else now, or nothing at all."""

    name = "user.tokens_outdated"
    auth_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenCreated(UserEvent):
    name = "api_token.created"
    token_id: UUID
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenRevoked(UserEvent):
    """Void from now on, on every instance. `by` is None where it went with the account."""

    name = "api_token.revoked"
    token_id: UUID
    by: UserId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRefused(UserEvent):
    """`user_id` is nobody's where there is no such account: the same is written."""

    name = "user.sign_in_refused"
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketIssued(UserEvent):
    """A letter with a link is to be sent; its token is made when it is written, and is in no event."""

    name = "user.ticket_issued"
    ticket_id: UUID
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAsked(UserEvent):
    """`user_id` is nobody's where the address was: the same is done whether there is an account or not."""

    name = "user.reset_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked(UserEvent):
    """As with ResetAsked."""

    name = "user.verification_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(UserEvent):
    """`by_reset`: by a link, and not with the old password."""

    name = "user.password_changed"
    by_reset: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(UserEvent):
    name = "user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRefused(UserEvent):
    """No letter reaches the address."""

    name = "user.email_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(UserEvent):
    name = "user.email_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRepeated(UserEvent):
    """Somebody registered with the address of this account; its owner is told, and nobody else."""

    name = "user.registration_repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaEnabled(UserEvent):
    name = "user.mfa_enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaDisabled(UserEvent):
    """By its owner or an admin."""

    name = "user.mfa_disabled"
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesRenewed(UserEvent):
    name = "user.recovery_codes_renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(UserEvent):
    name = "user.recovery_code_used"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpRemoved(UserEvent):
    """Passkeys are left, so the second factor stays on."""

    name = "user.totp_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAdded(UserEvent):
    name = "passkey.added"
    passkey_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRenamed(UserEvent):
    name = "passkey.renamed"
    passkey_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRemoved(UserEvent):
    name = "passkey.removed"
    passkey_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCopySuspected(UserEvent):
    """It answered rightly, but its count of signatures had not risen: two devices have it. Nothing was opened."""

    name = "passkey.copy_suspected"
    passkey_id: UUID
    known_count: int
    seen_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingBegan(UserEvent):
    """An admin stands in for the user."""

    name = "user.acting_began"
    by: UserId
    session_id: UUID
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataGiven(UserEvent):
    """To their owner: an archive of all there is about them."""

    name = "user.personal_data_given"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(UserEvent):
    """What was personal is gone. `by` is None at the command line."""

    name = "user.erased"
    by: UserId | None
    erasure_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPassedOver(UserEvent):
    """As RegistrationRepeated, too often within an hour for another letter."""

    name = "user.registration_passed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCompleted(UserEvent):
    """What requests in flight had still written is gone as well."""

    name = "user.erasure_completed"
    erasure_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailHalfConfirmed(UserEvent):
    """One of the two letters of a change of address was answered."""

    name = "user.email_half_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpBegun(UserEvent):
    """Somebody was shown the secret for their app, which a code has to confirm."""

    name = "user.totp_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(UserEvent):
    """An admin made the account; a letter asks its owner to choose a password."""

    name = "user.invited"
    by: UserId
    roles: tuple[str, ...]
