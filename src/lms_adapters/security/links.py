"""Tokens that only we can make: in the links of letters, and on devices where somebody signed in.

The token of a link stands behind a #, where no server and no log sees it.
"""

import re
from uuid import UUID

from lms_adapters.security.seals import HmacSeals
from lms_domain.identity.tickets import LinkNotGood, Purpose, Ticket, TicketId
from lms_domain.kernel import UserId

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # RFC 3986 §3.1
# A host without a scheme (§4.2); browsers take a backslash for a slash, and Markdown makes %5C of it.
ELSEWHERE = re.compile(r"(?:[/\\]|%5C){2}", re.IGNORECASE)
PAGES = {
    Purpose.PASSWORD_RESET: "reset-password",
    Purpose.INVITATION: "reset-password",
    Purpose.EMAIL_VERIFICATION: "verify-email",
    Purpose.OLD_EMAIL: "confirm-email",
    Purpose.NEW_EMAIL: "confirm-email",
}


class SealedLinks:
    """`site`: where people use this system; its pages send the token on. `api`: where this server is reached."""

    def __init__(self, seals: HmacSeals, site: str, api: str) -> None:
        self._seals, self._site, self._api = seals, site.rstrip("/"), api.rstrip("/")

    def of(self, ticket: Ticket, /) -> str:
        page = PAGES[ticket.purpose]
        return f"{self.page(page)}#token={self._seals.seal(page, ticket.id)}"

    def page(self, path: str = "", /) -> str:
        return f"{self._site}/{path}"

    def absolute(self, address: str, /) -> str | None:
        """Below the site, wherever its own root is; our own files are below `api`."""
        if SCHEME.match(address):
            return address
        if ELSEWHERE.match(address) or address[:1] in {"", "#"}:
            return None
        below = self._api if address.startswith("/api/") else self._site
        return f"{below}/{address.removeprefix('/')}"

    def unsubscribe(self, user_id: UserId, what: str, /) -> str:
        """Behind no #: mail programs call it themselves (RFC 8058)."""
        return f"{self._api}/api/v1/unsubscribe/{what}/{self._seals.seal(f'unsubscribe:{what}', user_id)}"

    def unsubscriber(self, what: str, token: str, /) -> UserId:
        id = self._seals.open(f"unsubscribe:{what}", token)
        if id is None:
            raise LinkNotGood
        return UserId(id)

    def open(self, purpose: Purpose, token: str, /) -> TicketId:
        id = self._seals.open(PAGES[purpose], token)
        if id is None:
            raise LinkNotGood
        return TicketId(id)


class SealedDevices:
    """One account's token says nothing of another's."""

    def __init__(self, seals: HmacSeals) -> None:
        self._seals = seals

    def issue(self, user_id: UserId, device_id: UUID, /) -> str:
        return self._seals.seal(f"device:{user_id}", device_id)

    def read(self, user_id: UserId, token: str, /) -> UUID | None:
        return self._seals.open(f"device:{user_id}", token)
