"""How mail leaves, and where the links in it lead."""

from typing import Literal

import msgspec


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Without a host, letters become files in a folder: for development alone."""

    host: str = ""
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = "LMS <lms@localhost.localdomain>"
    folder: str = "var/mailbox"
    links: str = "http://127.0.0.1:8000"

    @property
    def kind(self) -> str:
        return "smtp" if self.host else "folder"

    def problems(self, *, production: bool) -> list[str]:
        found = []
        if "@" not in self.sender:
            found.append("MAIL_SENDER must be an address, such as School <school@example.org>")
        if not self.links.startswith(("http://", "https://")):
            found.append("MAIL_LINKS must be the address of your site, such as https://school.example.org")
        if not production:
            return found
        if not self.host:
            found.append("MAIL_HOST must be set in production")
        elif self.tls == "none" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            found.append("MAIL_TLS must be starttls or tls when MAIL_HOST is another machine")
        if not self.links.startswith("https://"):
            found.append("MAIL_LINKS must begin with https:// in production")
        return found
