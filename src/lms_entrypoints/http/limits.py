"""How many requests of which kind somebody may send: rules by route group, for a user or else for a network."""

from dataclasses import dataclass

from lms_domain.identity.gate import Bucket
from lms_domain.kernel import UserId
from lms_entrypoints.http.addresses import network_of
from lms_entrypoints.http.wire import API, Scope
from lms_entrypoints.settings import RATE, LimitSettings

SIGN_IN = frozenset(
    f"{API}/{path}"
    for path in (
        "auth/login",
        "auth/mfa",
        "auth/mfa/setup",
        "auth/passkey",
        "auth/passkey/options",
        "auth/refresh",
        "me/passkeys/options",
        "me/step-up",
        "me/step-up/options",
    )
)
REGISTRATION = frozenset({f"{API}/auth/register"})
RECOVERY = frozenset(
    f"{API}/auth/{path}"
    for path in ("password/forgotten", "password/reset", "email/verification", "email/verify", "email/confirm")
) | {f"{API}/me/password", f"{API}/me/email", f"{API}/me/erase"}
UPLOAD = frozenset({f"{API}/courses/import"})
SEARCH = frozenset({f"{API}/courses"})


@dataclass(frozen=True, slots=True)
class Rate:
    capacity: int
    seconds: int


class Limits:
    def __init__(self, settings: LimitSettings) -> None:
        self._general = rate(settings.general)
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

    def buckets(self, scope: Scope, user_id: UserId | None, ip: str) -> list[Bucket]:
        """Signing in and registering count for the network whoever is signed in."""
        network = network_of(ip)
        who = str(user_id) if user_id else network
        name, special = self._rules.get((scope["method"], scope["path"]), ("", None))
        found = [] if self._general is None else [bucket("general", who, self._general)]
        if special is not None:
            found.append(bucket(name, who if name == "upload" else network, special))
        if self._search is not None and scope["path"] in SEARCH and b"search=" in scope["query_string"]:
            found.append(bucket("search", who, self._search))
        return found

    def is_closed_without_a_count(self, scope: Scope) -> bool:
        """Passwords are not tried where nobody can count the tries."""
        return scope["method"] == "POST" and scope["path"] in SIGN_IN | REGISTRATION | RECOVERY


def bucket(name: str, who: str, allowed: Rate) -> Bucket:
    return Bucket(f"{name}:{who}", allowed.capacity, allowed.seconds)


def rate(written: str) -> Rate | None:
    """Of a setting that was found right."""
    found = RATE.fullmatch(written)
    return Rate(int(found[1]), int(found[2])) if found and found[1] else None
