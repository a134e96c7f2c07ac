"""What identity refuses, in the words of the one who is told."""

from lms_domain.kernel import Conflict, TooMany, Unauthenticated


class EmailTaken(Conflict):
    message = "There is an account with this email address already."


class WrongCredentials(Unauthenticated):
    message = "The email address or the password is wrong."


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


class TooManyRequests(TooMany):
    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many requests; try again in {wait} s.", wait_seconds=wait)
