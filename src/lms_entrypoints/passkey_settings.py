"""Passkeys: for which site they are, and on which pages they may be used."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

DEVELOPMENT_ID = "localhost"


class PasskeySettings(msgspec.Struct, frozen=True, kw_only=True):
    enabled: Annotated[bool, Meta(description="Whether people may add passkeys and sign in with them. See mfa.md.")] = (
        True
    )
    rp_id: Annotated[
        str,
        Meta(
            description="The domain that passkeys are made for, such as `example.org`; good for the names below it too."
            " Changed, all passkeys are lost. Required in production."
        ),
    ] = DEVELOPMENT_ID
    rp_name: Annotated[str, Meta(description="What devices call this site when they ask their user.")] = "LMS"
    origins: Annotated[
        str,
        Meta(
            description="Origins of the pages that passkeys may be used on, such as `https://app.example.org`, with"
            " commas between; by default `localhost` at `SERVER_PORT`. Required in production."
        ),
    ] = "http://localhost:8000"

    @property
    def allowed_origins(self) -> list[str]:
        return [each for each in map(str.strip, self.origins.split(",")) if each]

    def problems(self, *, production: bool) -> list[str]:
        """Nothing is wrong where it is not used."""
        if not self.enabled:
            return []
        found = []
        if not _is_domain(self.rp_id):
            found.append("PASSKEYS_RP_ID must be a domain in lower case, such as example.org; no address, no port")
        elif production and self.rp_id == DEVELOPMENT_ID:
            found.append("PASSKEYS_RP_ID must be set in production, or PASSKEYS_ENABLED be false")
        if not self.rp_name.strip():
            found.append("PASSKEYS_RP_NAME must not be empty")
        if not self.allowed_origins:
            found.append("PASSKEYS_ORIGINS must name the origins of the pages that passkeys may be used on")
        schemes = {"https"} if production else {"http", "https"}
        return found + [
            f"PASSKEYS_ORIGINS: {each} is no origin of PASSKEYS_RP_ID, such as https://app.example.org"
            for each in self.allowed_origins
            if not _is_origin_of(each, self.rp_id, schemes)
        ]


def _is_domain(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        labels = text.split(".")
        return text.isascii() and text == text.lower() and all(each.replace("-", "").isalnum() for each in labels)
    return False


def _is_origin_of(text: str, rp_id: str, schemes: set[str]) -> bool:
    """As browsers spell one: it is compared letter by letter."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    spelled = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    usual = (parts.scheme, port) in {("https", 443), ("http", 80)}
    return text == spelled and not usual and parts.scheme in schemes and (host == rp_id or host.endswith(f".{rp_id}"))
