"""Ways to sign in to Vault. Each answers what is signed in with, for how long, and whether that can be made longer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac

from lms_domain.kernel import Secret


@dataclass(frozen=True, slots=True)
class Lease:
    """`seconds`: 0 where it never ends."""

    seconds: float
    can_be_renewed: bool


Login = Callable[[hvac.Client], Lease]


def with_token(token: Secret) -> Login:
    """One that somebody made: it can be made longer, but not had anew."""

    def login(client: hvac.Client) -> Lease:
        client.token = token.reveal()
        data = client.auth.token.lookup_self()["data"]
        return Lease(float(data["ttl"]), bool(data.get("renewable")))

    return login


def with_app_role(role_id: str, secret_id: Secret, *, mount: str) -> Login:
    def login(client: hvac.Client) -> Lease:
        client.token = ""
        return lease_in(client.auth.approle.login(role_id, secret_id.reveal(), mount_point=mount))

    return login


def with_kubernetes(role: str, *, token_file: str, mount: str) -> Login:
    """The token is read each time: Kubernetes replaces it within the hour."""

    def login(client: hvac.Client) -> Lease:
        token = Path(token_file).read_text(encoding="utf-8").strip()
        client.token = ""
        return lease_in(client.auth.kubernetes.login(role, token, mount_point=mount))

    return login


def lease_in(answer: dict[str, Any]) -> Lease:
    return Lease(float(answer["auth"]["lease_duration"]), bool(answer["auth"]["renewable"]))
