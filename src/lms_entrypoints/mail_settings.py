"""How mail leaves, and where the links in it lead."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lms_domain.kernel import Secret


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Without a host, letters become files in a folder: for development alone."""

    host: Annotated[
        str,
        Meta(
            description="Where letters are handed on by SMTP. Without it they become files in `MAIL_FOLDER`. Required"
            " in production."
        ),
    ] = ""
    port: Annotated[int, Meta(description="587 for `starttls`, 465 for `tls`.")] = 587
    tls: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description="`starttls` wants the server to offer it, `tls` begins with it, `none` is for a server on "
            "this machine."
        ),
    ] = "starttls"
    user: Annotated[str, Meta(description="Where the mail server wants one.")] = ""
    password: Annotated[Secret, Meta(description="The same.")] = Secret("")
    sender: Annotated[str, Meta(description="Who writes.")] = "LMS <lms@localhost.localdomain>"
    folder: Annotated[str, Meta(description="Where letters lie while there is no `MAIL_HOST`.")] = ".data/mailbox"
    links: Annotated[
        str,
        Meta(
            description="Your site, to whose pages the links in letters lead; by default this machine at `SERVER_PORT`."
            " See accounts.md."
        ),
    ] = "http://127.0.0.1:8000"
    api: Annotated[
        str,
        Meta(
            description="Where this server is reached from outside, for the links that turn letters off, which mail"
            " programs call. Where it is not set, `MAIL_LINKS`."
        ),
    ] = ""

    @property
    def api_address(self) -> str:
        return self.api or self.links

    @property
    def kind(self) -> str:
        return "smtp" if self.host else "folder"

    def problems(self, *, production: bool) -> list[str]:
        found = []
        if "@" not in self.sender:
            found.append("MAIL_SENDER must be an address, such as School <school@example.org>")
        if not self.links.startswith(("http://", "https://")):
            found.append("MAIL_LINKS must be the address of your site, such as https://school.example.org")
        if self.api and not self.api.startswith(("http://", "https://")):
            found.append("MAIL_API must be the address of this server, such as https://api.school.example.org")
        if not production:
            return found
        if not self.host:
            found.append("MAIL_HOST must be set in production")
        elif self.tls == "none" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            found.append("MAIL_TLS must be starttls or tls when MAIL_HOST is another machine")
        if not self.links.startswith("https://"):
            found.append("MAIL_LINKS must begin with https:// in production")
        if self.api and not self.api.startswith("https://"):
            found.append("MAIL_API must begin with https:// in production")
        return found
