"""Where HTTP is served, to whom, and within which bounds."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from lms_domain.identity.erasure import IN_FLIGHT
from lms_domain.networks import network_in

ALL = "*"
ORIGIN = re.compile(r"(https?)://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?")
OF_A_DOMAIN = re.compile(r"\*(?:\.[A-Za-z0-9-]+){2,}")  # *.com is everybody's
USUAL_PORTS = {("http", "80"), ("https", "443")}  # which browsers leave out
WIDEST = {4: 8, 6: 7}  # 10.0.0.0/8 and fc00::/7 are the widest that can be somebody's own
LARGEST_PORT = 65_535
A_YEAR = 31_536_000  # seconds


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Lists are written with commas between."""

    host: Annotated[str, Meta(description="The address that is listened on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The port that is listened on.")] = 8000
    workers: Annotated[int, Meta(description="Server processes; more than one needs `REDIS_URL`.")] = 1
    max_body_mb: Annotated[
        int,
        Meta(
            description="Larger bodies are refused while they stream in; what brings no more than a password may have"
            " 64 KiB."
        ),
    ] = 10
    max_upload_mb: Annotated[int, Meta(description="The same for course archives.")] = 512
    request_seconds: Annotated[
        int, Meta(description="A request whose answer has not begun by then is given up, and undone.")
    ] = 30
    transfer_seconds: Annotated[
        int,
        Meta(
            description="The same for imports, exports and bulk enrollment. Both are less than an hour, after which an"
            " erasure looks for what was in flight."
        ),
    ] = 600
    stream_seconds: Annotated[
        int, Meta(description="How long a stream of events stays open before its client has to come back; 0 to 3600.")
    ] = 300
    most_streams: Annotated[int, Meta(description="Streams that one server process holds open at a time.")] = 200
    trusted_proxies: Annotated[str, Meta(description="Networks (CIDR) whose `X-Forwarded-For` is believed.")] = ""
    allowed_hosts: Annotated[
        str,
        Meta(
            description="Names that this server is called by, such as `lms.example.org` or `*.example.org`; empty: "
            "any. Required in production."
        ),
    ] = ""
    cors_origins: Annotated[
        str,
        Meta(
            description="Origins whose pages may call from a browser, such as `https://app.example.org`; `*` for all,"
            " but not in production."
        ),
    ] = ""
    cors_credentials: Annotated[
        bool, Meta(description="Whether their cookies come along, for signing in by cookie. See sessions.md.")
    ] = False
    hsts_seconds: Annotated[
        int | None,
        Meta(
            description="For how long browsers are told to come by https alone; 0: they are not told. Where it is not"
            " set: a year in production, 0 elsewhere."
        ),
    ] = None
    docs: Annotated[
        bool | None,
        Meta(description="Whether `/docs` and `/openapi.json` are served; by default everywhere but in production."),
    ] = None

    @property
    def hosts(self) -> list[str]:
        return _listed(self.allowed_hosts)

    @property
    def origins(self) -> list[str]:
        return _listed(self.cors_origins)

    def secured_seconds(self, *, production: bool) -> int:
        return (A_YEAR if production else 0) if self.hsts_seconds is None else self.hsts_seconds

    def shows_docs(self, *, production: bool) -> bool:
        return not production if self.docs is None else self.docs

    def problems(self, *, production: bool) -> list[str]:
        found = [
            f"SERVER_TRUSTED_PROXIES: {each} {wrong}"
            for each in _listed(self.trusted_proxies)
            if (wrong := _wrong_with(each))
        ]
        found += [
            f"SERVER_CORS_ORIGINS: {each} is no origin as browsers spell one, such as https://app.example.org"
            for each in self.origins
            if each != ALL and not _is_origin(each)
        ]
        if self.cors_credentials and ALL in self.origins:
            found.append("SERVER_CORS_CREDENTIALS needs SERVER_CORS_ORIGINS to name the origins, instead of *")
        for name in ("max_body_mb", "max_upload_mb", "request_seconds", "transfer_seconds", "workers"):
            if getattr(self, name) < 1:
                found.append(f"SERVER_{name.upper()} must be 1 or more")
        for name in ("request_seconds", "transfer_seconds"):
            if getattr(self, name) >= IN_FLIGHT.total_seconds():
                found.append(f"SERVER_{name.upper()} must be less than 3600: an erasure is completed after an hour")
        if not 0 < self.port <= LARGEST_PORT:
            found.append(f"SERVER_PORT must be from 1 to {LARGEST_PORT}")
        if production:
            if not self.hosts or ALL in self.hosts:
                found.append("SERVER_ALLOWED_HOSTS must name the hosts that this server is called by in production")
            found += [
                f"SERVER_ALLOWED_HOSTS: {each} is too wide, a wildcard needs a domain behind it: *.example.org"
                for each in self.hosts
                if each != ALL and ALL in each and not OF_A_DOMAIN.fullmatch(each)
            ]
            if ALL in self.origins:
                found.append("SERVER_CORS_ORIGINS must not be * in production")
        return found


def _listed(text: str) -> list[str]:
    return [each for each in map(str.strip, text.split(",")) if each]


def _wrong_with(proxies: str) -> str:
    """Whoever is believed chooses the address that limits and networks of policies go by."""
    try:
        network = network_in(proxies)
    except ValueError:
        return "is no network"
    is_wide = network.prefixlen < WIDEST[network.version]
    return f"is too wide, it must be /{WIDEST[network.version]} or narrower: name your proxies" if is_wide else ""


def _is_origin(text: str) -> bool:
    """It is compared letter by letter; one with a wildcard would let nobody in, and say so to nobody."""
    found = ORIGIN.fullmatch(text)
    return found is not None and found.groups() not in USUAL_PORTS
