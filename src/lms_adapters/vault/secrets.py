"""Secrets that HashiCorp Vault keeps: one entry of a KV engine, version 2. Synchronous, as hvac is."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import hvac
import msgspec
import requests
from hvac.exceptions import Forbidden, InvalidPath, VaultError

from lms_adapters.vault.logins import Lease, Login

Clock = Callable[[], float]
NONE_YET = ""  # and not None, with which hvac would take a token that lies around in the home folder


class SecretsAwayError(Exception):
    """Says what went wrong, and nothing of what is kept."""


class VaultSecrets:
    """`seconds`: the longest that one question may take. `authority`: a file of certificates, else the system's."""

    def __init__(
        self,
        address: str,
        login: Login,
        *,
        mount: str,
        path: str,
        namespace: str = "",
        authority: str = "",
        seconds: float = 5,
        clock: Clock = time.monotonic,
    ) -> None:
        self._mount, self._path, self._login, self._clock = mount, path, login, clock
        self._client = hvac.Client(
            url=address, token=NONE_YET, timeout=seconds, verify=authority or True, namespace=namespace or None
        )
        self._lease = Lease(0, can_be_renewed=False)
        self._renew_at: float | None = None
        self._is_in = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.adapter.close()

    def read(self) -> dict[str, str]:
        """The newest version of the entry: names of settings, and their values."""
        try:
            return self._read()
        except (VaultError, requests.RequestException, OSError, ValueError, KeyError, TypeError) as error:
            raise SecretsAwayError(f"Vault cannot be read: {_reason(error)}") from None

    def _read(self) -> dict[str, str]:
        had = self._is_in
        self._sign_in()
        try:
            return self._entry()
        except Forbidden:
            if not had:
                raise
        self._is_in = False  # the token was revoked, or ended before we looked
        self._sign_in()
        return self._entry()

    def _entry(self) -> dict[str, str]:
        answer = self._client.secrets.kv.v2.read_secret_version(
            self._path, mount_point=self._mount, raise_on_deleted_version=True
        )
        return {str(name): _text(value) for name, value in answer["data"]["data"].items()}

    def _sign_in(self) -> None:
        if self._is_in and (self._renew_at is None or self._clock() < self._renew_at):
            return
        if not (self._is_in and self._renewed()):
            self._is_in = False
            self._begin(self._login(self._client))
            self._is_in = True

    def _renewed(self) -> bool:
        """Half-way, so that there is time to try again. At the end of its longest life a lease grows no more."""
        if not self._lease.can_be_renewed:
            return False
        try:
            auth = self._client.auth.token.renew_self()["auth"]
        except VaultError:
            return False
        grown = Lease(float(auth["lease_duration"]), bool(auth["renewable"]))
        if grown.seconds < self._lease.seconds / 2:
            return False
        self._begin(grown)
        return True

    def _begin(self, lease: Lease) -> None:
        self._lease = lease
        self._renew_at = self._clock() + lease.seconds / 2 if lease.seconds else None


def _text(value: Any) -> str:
    """5 and true as they are written in the environment."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _reason(error: Exception) -> str:
    """Never the text of an answer, which may quote what was sent."""
    if isinstance(error, InvalidPath):
        return "there is no such entry, or its newest version was deleted"
    if isinstance(error, Forbidden):
        return "it refuses the sign-in, or may not show the entry"
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return f"{error.filename}: {error.strerror}"
    return type(error).__name__
