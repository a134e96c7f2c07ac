"""How many requests of which kind somebody may send: rules by route group, for a user, an API token, a network."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from uuid import UUID

from lms_domain.identity.gate import Bucket
from lms_domain.kernel import UserId
from lms_entrypoints.http.addresses import network_of
from lms_entrypoints.http.endpoints import Endpoints
from lms_entrypoints.http.wire import API, Scope
from lms_entrypoints.limit_settings import Endpoint, LimitSettings, Rate, rate

SIGN_IN = frozenset(
    f"{API}/{path}"
    for path in (
        "auth/login",
        "auth/mfa",
        "auth/mfa/setup",
        "auth/passkey",
        "auth/passkey/options",
        "auth/refresh",
        "me/mfa/recovery-codes",
        "me/mfa/totp",
        "me/mfa/totp/confirm",
        "me/passkeys",
        "me/passkeys/options",
        "me/step-up",
        "me/step-up/options",
    )
)
REGISTRATION = frozenset({f"{API}/auth/register"})
RECOVERY = frozenset(
    f"{API}/auth/{path}"
    for path in ("password/forgotten", "password/reset", "email/verification", "email/verify", "email/confirm")
) | {f"{API}/{path}" for path in ("me/password", "me/email", "me/erase", "jobs/erasures/me")}
OF_A_NETWORK = SIGN_IN | REGISTRATION | RECOVERY  # whoever is signed in
UPLOAD = frozenset({f"{API}/courses/import", f"{API}/jobs/course-imports"})
SEARCH = frozenset({f"{API}/courses"})


@dataclass(frozen=True, slots=True)
class Single:
    """A limit of one endpoint. `name`: its method and path."""

    name: str
    rate: Rate


class Limits:
    def __init__(self, settings: LimitSettings, routes: Iterable[Endpoint] = ()) -> None:
        """`routes`: all there are. Raises SettingsError for an endpoint that is none of them."""
        self._general, self._each_api_token = rate(settings.general), rate(settings.each_api_token)
        self._rules = {
            ("POST", path): (name, rate(written))
            for paths, name, written in (
                (SIGN_IN, "sign-in", settings.sign_in),
                (REGISTRATION, "registration", settings.registration),
                (RECOVERY, "recovery", settings.recovery),
                (UPLOAD, "upload", settings.upload),
            )
            for path in paths
        }
        self._search = rate(settings.search)
        written = settings.by_endpoint().items()
        single = {each: Single(" ".join(each), found) for each, text in written if (found := rate(text))}
        self._endpoints = Endpoints(single, routes) if single else None

    def buckets(
        self, scope: Scope, user_id: UserId | None, ip: str, *, api_token_id: UUID | None = None
    ) -> list[Bucket]:
        """Signing in and registering count for the network whoever is signed in.

        What an API token does counts for it and for its owner: fifty tokens are not fifty times as much.
        """
        network = network_of(ip)
        who = str(user_id) if user_id else network
        name, special = self._rules.get((scope["method"], scope["path"]), ("", None))
        found = [] if self._general is None else [bucket("general", who, self._general)]
        if api_token_id is not None and self._each_api_token is not None:
            found.append(bucket("token", str(api_token_id), self._each_api_token))
        if special is not None:
            found.append(bucket(name, who if name == "upload" else network, special))
        if self._search is not None and scope["path"] in SEARCH and is_search(scope["query_string"]):
            found.append(bucket("search", who, self._search))
        if self._endpoints is not None and (single := self._endpoints.of(scope["method"], scope["path"])):
            found.append(bucket(single.name, network if scope["path"] in OF_A_NETWORK else who, single.rate))
        return found

    def is_closed_without_a_count(self, scope: Scope) -> bool:
        """Passwords are not tried where nobody can count the tries."""
        return scope["method"] == "POST" and scope["path"] in OF_A_NETWORK


def bucket(name: str, who: str, allowed: Rate) -> Bucket:
    return Bucket(f"{name}:{who}", allowed.capacity, allowed.seconds)


def is_search(query: bytes) -> bool:
    """A parameter's name may be written in another way, as any of a query."""
    return b"search=" in (unquote_to_bytes(query) if b"%" in query else query)
