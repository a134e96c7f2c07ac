"""What identity refuses, in the words of the one who is told."""

from lms_domain.kernel import Conflict, Forbidden, Invalid, Problem, TooMany, Unauthenticated, Unavailable
from lms_domain.policies import NetworkRefused


class EmailTaken(Conflict):
    message = "There is an account with this email address already."


class WrongCredentials(Unauthenticated):
    message = "The email address or the password is wrong."


class NotOpened(WrongCredentials):
    """The password was right and opens nothing, which nobody learns. Commits: the attempt is noted."""

    leaves_trail = True

    @property
    def code(self) -> str:
        return "wrong_credentials"


class WrongPassword(Invalid):
    message = "The present password is wrong."
    field, rule = "current_password", "your present password"

    def __init__(self) -> None:
        super().__init__(Problem(self.field, self.rule))


class NotRegisteredByYou(WrongPassword):
    """Anybody may register with somebody's address: who proves it has to be who made the account."""

    message = "This is not the password of the account. If somebody else made it, ask for a new password."
    field, rule = "password", "the password of the account"


class EmailNotVerified(Forbidden):
    leaves_trail = True
    message = "Open the link in the letter that was sent to your address first, or ask for another."


class SignInElsewhere(NetworkRefused):
    leaves_trail = True

    @property
    def code(self) -> str:
        return "network_refused"


class MfaSetupRequired(Unauthenticated):
    message = "A second factor is required now: sign in again, and set one up."


class MfaIsRequired(Conflict):
    message = "An organization of yours requires a second factor."


class ActingRefused(Forbidden):
    message = "Nobody can stand in for an admin, for themselves, or for a closed account."


class SessionEnded(Unauthenticated):
    message = "This session has ended; sign in again."


class RefreshTokenReused(SessionEnded):
    """Commits: whoever else holds tokens of this session has lost them."""

    leaves_trail = True
    message = "This refresh token was used before, so its session has been ended; sign in again."


class TokenRevoked(SessionEnded):
    message = "This access token is no longer good; refresh it, or sign in again."


class LastAdmin(Conflict):
    message = "Somebody has to stay an admin; make another user one first."


class TooManyAttempts(TooMany):
    """`what`: was tried."""

    def __init__(self, wait: int, what: str) -> None:
        super().__init__(f"Too many wrong {what}; try again in {wait} s.", wait_seconds=wait)


class TooManyAtOnce(Unavailable):
    message = "Too many sign-ins at once; try again in a moment."


class TooManyRequests(TooMany):
    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many requests; try again in {wait} s.", wait_seconds=wait)
