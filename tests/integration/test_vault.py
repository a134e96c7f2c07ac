"""Secrets from Vault, against a stub of its HTTP API: signing in, renewing, and everything that can go wrong."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.integration.test_up import Running
from tests.integration.vault_server import (
    ACCOUNT_TOKEN,
    KUBERNETES_ROLE,
    NAMESPACE,
    ROLE_ID,
    SECRET_ID,
    StubVault,
    a_vault,
)

from lms_adapters.vault.logins import Login, with_app_role, with_kubernetes, with_token
from lms_adapters.vault.secrets import SecretsAwayError, VaultSecrets
from lms_domain.kernel import Secret
from lms_entrypoints import configuration
from lms_entrypoints.settings import SettingsError

KEY = "9d2e1f0c7b6a5948372615049c8d7e6f"
LOGIN = "POST /v1/auth/approle/login"
RENEWAL = "POST /v1/auth/token/renew-self"
Open = Callable[..., VaultSecrets]


@pytest.fixture
def stub() -> Iterator[StubVault]:
    with a_vault(versions=[{"SECURITY_SECRET_KEY": KEY}]) as made:
        yield made


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(stub: StubVault, clock: Clock) -> Iterator[Open]:
    opened: list[VaultSecrets] = []

    def start(login: Login | None = None, **given: Any) -> VaultSecrets:
        login = login or with_app_role(ROLE_ID, Secret(SECRET_ID), mount="approle")
        opened.append(VaultSecrets(stub.address, login, clock=clock, **{"mount": "secret", "path": "lms"} | given))
        return opened[-1]

    yield start
    for each in opened:
        each.__exit__(None, None, None)


def test_each_way_to_sign_in_reads_the_newest_version(vault: Open, stub: StubVault, tmp_path: Path) -> None:
    stub.versions.append({"SECURITY_SECRET_KEY": KEY, "MAIL_PORT": 465, "REDIS_ALLOW_PLAINTEXT": True})
    account = tmp_path / "token"
    account.write_text(f"{ACCOUNT_TOKEN}\n")
    ways = [
        with_token(Secret(stub.made_token())),
        with_app_role(ROLE_ID, Secret(SECRET_ID), mount="approle"),
        with_kubernetes(KUBERNETES_ROLE, token_file=str(account), mount="kubernetes"),
    ]
    for way in ways:
        kept = vault(way).read()
        assert kept == {"SECURITY_SECRET_KEY": KEY, "MAIL_PORT": "465", "REDIS_ALLOW_PLAINTEXT": "true"}


def test_a_namespace_goes_with_every_question(vault: Open, stub: StubVault) -> None:
    stub.namespace = NAMESPACE
    assert vault(namespace=NAMESPACE).read()
    with pytest.raises(SecretsAwayError):
        vault().read()


def test_a_lease_is_renewed_half_way_and_not_before(vault: Open, stub: StubVault, clock: Clock) -> None:
    opened = vault()
    opened.read()
    clock.now += stub.seconds / 2 - 1
    opened.read()
    assert (stub.count(LOGIN), stub.count(RENEWAL)) == (1, 0)
    clock.now += 2
    opened.read()
    opened.read()
    assert (stub.count(LOGIN), stub.count(RENEWAL)) == (1, 1)


@pytest.mark.parametrize(("is_renewable", "grows"), [(False, 3600), (True, 10)])
def test_a_lease_that_grows_no_more_is_had_anew(
    vault: Open, stub: StubVault, clock: Clock, grows: int, *, is_renewable: bool
) -> None:
    stub.is_renewable, stub.grows = is_renewable, grows
    opened = vault()
    opened.read()
    clock.now += stub.seconds
    opened.read()
    assert stub.count(LOGIN) == 2


def test_a_token_that_was_revoked_is_had_anew(vault: Open, stub: StubVault) -> None:
    opened = vault()
    opened.read()
    stub.tokens.clear()
    assert opened.read() == {"SECURITY_SECRET_KEY": KEY}
    assert stub.count(LOGIN) == 2


def test_a_token_without_an_end_is_never_renewed(vault: Open, stub: StubVault, clock: Clock) -> None:
    stub.seconds = 0
    opened = vault(with_token(Secret(stub.made_token())))
    for _ in range(3):
        opened.read()
        clock.now += 1_000_000
    assert stub.count(RENEWAL) == 0


def test_what_goes_wrong_is_said_without_a_secret(vault: Open, stub: StubVault, tmp_path: Path) -> None:
    role = with_app_role
    wrong = {
        "VaultError|InvalidRequest": vault(role(ROLE_ID, Secret("hunter2"), mount="approle")),
        "refuses the sign-in": vault(with_token(Secret("hvs.hunter2"))),
        "may not show the entry": vault(path="other"),
        "No such file": vault(with_kubernetes("lms", token_file=str(tmp_path / "away"), mount="kubernetes")),
    }
    for reason, opened in wrong.items():
        with pytest.raises(SecretsAwayError, match=reason) as refused:
            opened.read()
        assert "hunter2" not in str(refused.value)


def test_an_entry_that_was_deleted_a_vault_that_is_sealed_slow_or_gone(vault: Open, stub: StubVault) -> None:
    opened = vault(seconds=0.5)
    stub.versions.append(None)
    with pytest.raises(SecretsAwayError, match="deleted"):
        opened.read()
    stub.is_sealed = True
    with pytest.raises(SecretsAwayError, match="VaultDown"):
        opened.read()
    stub.is_sealed, stub.delay = False, 1
    with pytest.raises(SecretsAwayError, match="Timeout"):
        opened.read()
    stub.address = "http://127.0.0.1:1"
    with pytest.raises(SecretsAwayError, match="Connection"):
        vault().read()


@pytest.fixture
def env(stub: StubVault) -> dict[str, str]:
    return {"VAULT_ADDR": stub.address, "VAULT_ROLE_ID": ROLE_ID, "VAULT_SECRET_ID": SECRET_ID}


def test_settings_are_read_from_vault_beside_the_environment(env: dict[str, str], tmp_path: Path) -> None:
    given = configuration.load(env | {"SERVER_PORT": "8080"})
    assert (given.security.secret_key, given.server.port) == (KEY, 8080)
    assert SECRET_ID not in repr(given)
    file = tmp_path / "secret-id"
    file.write_text(SECRET_ID)
    del env["VAULT_SECRET_ID"]
    assert configuration.load(env | {"VAULT_SECRET_ID_FILE": str(file)}).security.secret_key == KEY


@pytest.mark.parametrize(
    ("kept", "given", "told"),
    [
        ({"SECURITY_SECRET_KY": KEY}, {}, "SECURITY_SECRET_KY is in Vault, and is no setting"),
        ({"VAULT_ADDR": "x"}, {}, "VAULT_ADDR is in Vault, and is no setting that may be there"),
        ({"SECURITY_SECRET_KEY": KEY}, {"SECURITY_SECRET_KEY": KEY}, "choose one"),
        ({"SECURITY_SECRET_KEY": KEY}, {"SECURITY_SECRET_KEY_FILE": "/away"}, "choose one"),
        ({"SECURITY_SECRET_KEY": "short"}, {}, "at least 32 characters"),
        ({"MAIL_PORT": {"a": 1}}, {}, "MAIL_PORT: expected int"),
        ({}, {"VAULT_TOKEN": "hvs.1"}, "wants one of VAULT_TOKEN"),
        ({}, {"VAULT_ADDR": "vault.example.org"}, "VAULT_ADDR must be an address"),
        (
            {},
            {"VAULT_ADDR": "http://vault.example.org", "ENVIRONMENT": "production"},
            "VAULT_ADDR must begin with https",
        ),
        ({}, {"VAULT_TIMEOUT_SECONDS": "soon"}, "VAULT_TIMEOUT_SECONDS: expected int"),
        ({}, {"VAULT_ROLE_ID": "unknown"}, "Vault cannot be read"),
    ],
)
def test_what_is_wrong_with_them_is_said_at_the_start(
    env: dict[str, str], stub: StubVault, kept: dict[str, Any], given: dict[str, str], told: str
) -> None:
    stub.versions.append(kept)
    with pytest.raises(SettingsError) as refused:
        configuration.load(env | given)
    assert told in str(refused.value)
    assert KEY not in str(refused.value)
    assert SECRET_ID not in str(refused.value)


def test_the_database_may_be_named_by_vault_alone(env: dict[str, str], stub: StubVault) -> None:
    assert not configuration.has("DATABASE_URL", env)
    stub.versions.append({"DATABASE_URL": "postgresql://lms:pw@db.example.org/lms"})
    assert configuration.has("DATABASE_URL", env)


def public_keys(port: int) -> int:
    return len(httpx.get(f"http://127.0.0.1:{port}/.well-known/jwks.json", timeout=5).json()["keys"])


def test_what_make_run_starts_takes_a_key_from_vault_without_a_restart(stub: StubVault, tmp_path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = stub.made_token()
    up = Running(tmp_path / "data", port, VAULT_ADDR=stub.address, VAULT_TOKEN=token, VAULT_REFRESH_SECONDS="1")
    try:
        up.await_ready()
        assert public_keys(port) == 0
        stub.versions.append({"SECURITY_SECRET_KEY": KEY, "TOKENS_SIGNING_KEY": pem})
        up.await_words("secrets_taken")
        assert public_keys(port) == 1
    finally:
        up.process.terminate()
    said = up.output()
    for secret in (token, KEY, pem.splitlines()[1]):
        assert secret not in said
