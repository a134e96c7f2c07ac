"""What production refuses to start with, all of it at once; and secrets that lie in files."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_entrypoints.settings import Settings, SettingsError, load
from lms_entrypoints.weak_keys import is_weak

GOOD_KEY = "9d2e1f0c7b6a5948372615049c8d7e6f"
GOOD = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql+psycopg://lms:3f9c1a77d2@db.example.org/lms?sslmode=verify-full",
    "REDIS_URL": "rediss://:pw@redis.example.org:6379",
    "SECURITY_SECRET_KEY": GOOD_KEY,
    "SERVER_ALLOWED_HOSTS": "lms.example.org",
    "MAIL_HOST": "mail.example.org",
    "MAIL_LINKS": "https://school.example.org",
    "PASSKEYS_RP_ID": "example.org",
    "PASSKEYS_ORIGINS": "https://school.example.org",
}


def problem(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(GOOD | environment)
    return str(refused.value)


def test_development_needs_nothing_and_production_this() -> None:
    assert load({}) == Settings()
    assert load(GOOD).is_production
    assert not load(GOOD).shows_docs


def test_in_production_addresses_are_proved_unless_it_is_said_otherwise() -> None:
    name = "SECURITY_VERIFIED_EMAIL_ONLY"
    assert [load(each).lets_in_verified_only for each in ({}, GOOD)] == [False, True]
    assert [load(GOOD | {name: "false"}).lets_in_verified_only, load({name: "true"}).lets_in_verified_only] == [
        False,
        True,
    ]


def test_everything_that_production_lacks_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"ENVIRONMENT": "production"})
    names = ("DATABASE_URL", "REDIS_URL", "SECURITY_SECRET_KEY", "SERVER_ALLOWED_HOSTS", "MAIL_HOST", "MAIL_LINKS")
    for name in (*names, "PASSKEYS_RP_ID", "PASSKEYS_ORIGINS"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://lms:lms@db.example.org/lms"),
        ("DATABASE_URL", "postgresql://postgres:postgres@db.example.org/lms"),
        ("DATABASE_URL", "postgresql://lms@db.example.org/lms"),
        ("DATABASE_URL", "postgresql:///lms?host=db.example.org&user=lms"),
        ("DATABASE_URL", "postgresql://lms@localhost,db.example.org/lms?host=localhost,db.example.org"),
        ("DATABASE_URL", "postgresql://lms:Postgres@db.example.org/lms"),
        ("DATABASE_URL", "postgresql://a%40b:a%40b@db.example.org/lms"),
        ("DATABASE_URL", "postgresql://postgres:postgres@localhost/lms"),
        ("DATABASE_URL", "postgresql://lms:change-me-please@127.0.0.1/lms"),
        ("DATABASE_URL", "postgresql:///lms?host=/run/postgresql&user=lms&password=lms"),
        ("DATABASE_URL", "postgresql://lms:lms123@127.0.0.1/lms"),
        ("DATABASE_URL", "postgresql://lms:postgres1@db.example.org/lms?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://hill:HillSchool1@127.0.0.1/hillschool"),
        ("DATABASE_URL", "postgresql://lms:qwerty123456@127.0.0.1/lms"),
        ("DATABASE_URL", "postgresql://lms:3f9c1a77d2@db.example.org/lms"),
        ("DATABASE_URL", "postgresql://lms:3f9c1a77d2@db.example.org/lms?sslmode=prefer"),
        ("DATABASE_URL", "postgresql://lms:3f9c1a77d2@db.example.org/lms?sslmode=require&sslmode=disable"),
        ("DATABASE_URL", "postgresql://lms:3f9c1a77d2@localhost,db.example.org/lms"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "redis://redis.example.org:6379"),
        ("TASKS_REDIS_URL", "redis://tasks.example.org:6379"),
        ("SECURITY_SECRET_KEY", "a" * 64),
        ("SECURITY_SECRET_KEY", "changeme-changeme-0123456789-abcdef"),
        ("SECURITY_SECRET_KEY", "0123456789abcdef" * 2),
        ("SECURITY_SECRET_KEY", "9d2e1f0c7b6a" * 3 + "9d"),
        ("SECURITY_SECRET_KEY", "abcdefghijklmnopqrstuvwxyz012345"),
        ("SECURITY_SECRET_KEY", "zyxwvutsrqponmlkjihgfedcba543210"),
        ("SECURITY_SECRET_KEY", "aaaabbbbccccddddeeeeffffgggghhhhiiii"),
        ("SECURITY_SECRET_KEY", "qwertyuiopasdfghjklzxcvbnm123456"),
        ("SECURITY_SECRET_KEY", "my-super-lms-key-for-our-school-2026"),
        ("SECURITY_SECRET_KEY", "The quick brown fox jumps over the lazy dog."),
        ("SECURITY_SECRET_KEY", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9"),
        ("METRICS_TOKEN", "passwordpassword"),
        ("METRICS_TOKEN", "monitoring-of-our-school"),
        ("METRICS_TOKEN", "1234567890123456"),
        ("SECURITY_ENCRYPTION_KEYS", f"{GOOD_KEY},{'x' * 40}"),
        ("AUDIT_KEY", "change-me-change-me-0123456789-abc"),
        ("TOKENS_SIGNING_KEY", f"hs256:{'x' * 40}"),
        ("TOKENS_OTHER_KEYS", f"hs256:{GOOD_KEY}\nhs256:{'12345678' * 5}"),
        ("SECURITY_BCRYPT_ROUNDS", "10"),
        ("SERVER_ALLOWED_HOSTS", "*"),
        ("SERVER_ALLOWED_HOSTS", "lms.example.org,*"),
        ("SERVER_ALLOWED_HOSTS", "*.com"),
        ("SERVER_ALLOWED_HOSTS", "lms.example.org, *."),
        ("SERVER_ALLOWED_HOSTS", "lms.*"),
        ("SERVER_CORS_ORIGINS", "*"),
        ("MAIL_TLS", "none"),
        ("MAIL_LINKS", "http://school.example.org"),
        ("PASSKEYS_RP_ID", "localhost"),
        ("PASSKEYS_RP_ID", ""),
        ("PASSKEYS_RP_ID", "192.0.2.1"),
        ("PASSKEYS_RP_ID", "Example.org"),
        ("PASSKEYS_RP_ID", "example.org:443"),
        ("PASSKEYS_RP_ID", "https://example.org"),
        ("PASSKEYS_RP_NAME", " "),
        ("PASSKEYS_ORIGINS", ""),
        ("PASSKEYS_ORIGINS", "http://school.example.org"),
        ("PASSKEYS_ORIGINS", "https://school.example.org,https://example.net"),
        ("PASSKEYS_ORIGINS", "https://evilexample.org"),
        ("PASSKEYS_ORIGINS", "https://school.example.org/"),
        ("PASSKEYS_ORIGINS", "https://school.example.org:443"),
        ("PASSKEYS_ORIGINS", "https://[::1"),
        ("PASSKEYS_ORIGINS", "*"),
        ("LOG_LEVEL", "debug"),
    ],
)
def test_production_refuses(name: str, value: str) -> None:
    told = problem(**{name: value})
    assert name in told
    assert GOOD["SECURITY_SECRET_KEY"] not in told
    assert "3f9c1a77d2" not in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql:///lms?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://lms@localhost/lms"),
        ("DATABASE_URL", "postgresql:///lms"),
        ("DATABASE_URL", "postgresql://lms@127.0.0.1,[::1]/lms?host=127.0.0.1,::1"),
        ("DATABASE_URL", "postgresql:///lms?host=db.example.org&user=lms&password=3f9c1a77d2&sslmode=require"),
        ("DATABASE_URL", "postgresql://lms:3f9c1a77d2@db.example.org/lms?sslmode=verify-ca"),
        ("SECURITY_ENCRYPTION_KEYS", GOOD_KEY[::-1]),
        ("TOKENS_SIGNING_KEY", f"hs256:{GOOD_KEY}"),
        ("REDIS_URL", "redis://127.0.0.1:6379"),
        ("REDIS_URL", "unix:///run/valkey.sock"),
        ("TASKS_REDIS_URL", "rediss://:pw@tasks.example.org:6379"),
        ("TASKS_REDIS_URL", "redis://127.0.0.1:6380"),
        ("SERVER_ALLOWED_HOSTS", "lms.example.org, *.school.example.org, *.example.org"),
        (
            "SECURITY_SECRET_KEY",
            "horse-seven-lamp-orbit-velvet-cactus-drum-quill-anchor-pepper-stove-tulip-harbor-maple",
        ),
        ("METRICS_TOKEN", "b81c4f60d2a97e35"),
        ("SERVER_CORS_ORIGINS", "https://app.example.org, https://b.example.org"),
        ("SERVER_CORS_ORIGINS", "http://[::1]:3000, https://app.example.org:8443"),
        ("SERVER_TRUSTED_PROXIES", "10.0.0.0/8, 173.245.48.0/20, fc00::/7, 2001:db8::/32"),
        ("SERVER_DOCS", "true"),
        ("WEBHOOKS_ALLOW_PRIVATE", "true"),
        ("SECURITY_ACCESS_MINUTES", "1440"),
        ("SECURITY_REFRESH_DAYS", "365"),
        ("PASSKEYS_ORIGINS", "https://example.org, https://app.school.example.org:8443"),
        ("PASSKEYS_RP_ID", "school.example.org"),
    ],
)
def test_production_takes(name: str, value: str) -> None:
    assert load(GOOD | {name: value}).is_production


def test_a_database_in_plain_text_is_taken_where_it_is_said() -> None:
    url = "postgresql://lms:3f9c1a77d2@database/lms"
    assert load(GOOD | {"DATABASE_URL": url, "DATABASE_ALLOW_PLAINTEXT": "true"}).database.url == url


def test_browsers_are_told_to_come_by_https_for_a_year_in_production_unless_it_is_said_otherwise() -> None:
    assert [load(each).hsts_seconds for each in ({}, GOOD)] == [0, 31_536_000]
    assert load(GOOD | {"SERVER_HSTS_SECONDS": "0"}).hsts_seconds == 0


def test_words_that_are_guessed_here_are_bounded() -> None:
    assert load({"SECURITY_PASSWORD_WORDS": "Hill School, , bees"}).security.context_words == [
        "lms",
        "Hill School",
        "bees",
    ]
    with pytest.raises(SettingsError, match="SECURITY_PASSWORD_WORDS must be 50 at most"):
        load({"SECURITY_PASSWORD_WORDS": "a," * 51})


def test_redis_in_plain_text_is_taken_where_it_is_said() -> None:
    said = {"REDIS_ALLOW_PLAINTEXT": "true", "TASKS_REDIS_URL": "redis://tasks:6379"}
    given = load(GOOD | said | {"REDIS_URL": "redis://valkey:6379"})
    assert (given.redis.url, given.carrier_url) == ("redis://valkey:6379", "redis://tasks:6379")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://lms@localhost/lms"),
        ("DATABASE_URL", "postgresql://[/lms"),
        ("REDIS_URL", "redis.example.org:6379"),
        ("TASKS_REDIS_URL", "tasks.example.org:6379"),
        ("REDIS_URL", "redis://redis.example.org:many"),
        ("SERVER_CORS_ORIGINS", "null"),
        ("SERVER_DOCS", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("SERVER_TRUSTED_PROXIES", "10.0.0.0/8, nonsense"),
        ("SERVER_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("SERVER_TRUSTED_PROXIES", "::/0"),
        ("SERVER_TRUSTED_PROXIES", "0.0.0.0/1, 128.0.0.0/1"),
        ("SERVER_TRUSTED_PROXIES", "2000::/3"),
        ("SERVER_TRUSTED_PROXIES", "fe80::%eth0/64"),
        ("SERVER_CORS_ORIGINS", "app.example.org"),
        ("SERVER_CORS_ORIGINS", "https://*.example.org"),
        ("SERVER_CORS_ORIGINS", "https://App.example.org"),
        ("SERVER_CORS_ORIGINS", "https://app.example.org:443"),
        ("SERVER_CORS_ORIGINS", "https://me@app.example.org"),
        ("SERVER_CORS_ORIGINS", "https://app.example.org/"),
        ("SECURITY_ACCESS_MINUTES", "0"),
        ("SECURITY_ACCESS_MINUTES", "100000"),
        ("SECURITY_REFRESH_DAYS", "366"),
        ("SERVER_CORS_ORIGINS", "https://app.example.org/path"),
        ("SERVER_REQUEST_SECONDS", "0"),
        ("SERVER_REQUEST_SECONDS", "3600"),
        ("SERVER_TRANSFER_SECONDS", "3600"),
        ("SECURITY_PASSWORD_SCORE", "5"),
        ("MAIL_SENDER", "nobody"),
        ("LIMITS_SIGN_IN", "many"),
        ("DATABASE_POOL_SIZE", "0"),
        ("SERVER_WORKERS", "2"),
    ],
)
def test_what_cannot_be_run_with_is_refused_everywhere(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_any_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    secret, size = tmp_path / "secret", tmp_path / "size"
    secret.write_text(f"{GOOD['SECURITY_SECRET_KEY']}\n")
    size.write_text("7")
    settings = load({"SECURITY_SECRET_KEY_FILE": str(secret), "DATABASE_POOL_SIZE_FILE": str(size)})
    assert settings.security.secret_key == GOOD["SECURITY_SECRET_KEY"]
    assert settings.database.pool_size == 7


def test_a_file_that_cannot_be_read_is_named_beside_all_else(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"REDIS_URL_FILE": str(tmp_path / "away"), "SECURITY_SECRET_KEY": "short"})
    assert "REDIS_URL cannot be read from" in str(refused.value)
    assert "SECURITY_SECRET_KEY must" in str(refused.value)


def test_values_of_a_wrong_kind_are_named_beside_all_else() -> None:
    told = problem(SERVER_PORT="http", LOG_LEVEL="loud", DATABASE_POOL_SIZE="many", SECURITY_SECRET_KEY="short")
    for name in ("SERVER_PORT", "LOG_LEVEL", "DATABASE_POOL_SIZE", "SECURITY_SECRET_KEY"):
        assert name in told


def test_what_opens_production_to_everybody_is_named_at_once() -> None:
    told = problem(
        SERVER_TRUSTED_PROXIES="0.0.0.0/0, ::/0",
        SECURITY_ACCESS_MINUTES="100000",
        SERVER_CORS_ORIGINS="https://*.example.org",
        DATABASE_URL="postgresql://postgres:postgres@127.0.0.1/lms",
    )
    for each in (
        "0.0.0.0/0 is too wide",
        "::/0 is too wide",
        "ACCESS_MINUTES",
        "https://*.example.org",
        "DATABASE_URL",
    ):
        assert each in told


@pytest.mark.parametrize(("port", "shown"), [("8001", ":8001"), ("80", "")])
def test_letters_and_passkeys_lead_to_the_port_that_is_served(port: str, shown: str) -> None:
    here = load({"SERVER_PORT": port})
    assert (here.mail.links, here.passkeys.allowed_origins) == (
        f"http://127.0.0.1{shown}",
        [f"http://localhost{shown}"],
    )
    said = {"MAIL_LINKS": "http://127.0.0.1:3000", "PASSKEYS_ORIGINS": "http://localhost:3000"}
    elsewhere = load({"SERVER_PORT": port} | said)
    assert (elsewhere.mail.links, elsewhere.passkeys.origins) == tuple(said.values())
    assert elsewhere.mail.api_address == "http://127.0.0.1:3000"


def test_everybodys_cookies_are_refused_everywhere() -> None:
    with pytest.raises(SettingsError, match="SERVER_CORS_CREDENTIALS"):
        load({"SERVER_CORS_ORIGINS": "*", "SERVER_CORS_CREDENTIALS": "true"})


def test_settings_can_be_printed() -> None:
    shown = repr(load(GOOD | {"MAIL_PASSWORD": "hunter2hunter2"}))
    assert "rounds=12" in shown
    for secret in ("3f9c1a77d2", ":pw@", GOOD_KEY, "hunter2"):
        assert secret not in shown


@settings(deadline=None, max_examples=25)  # a tenth of a second each, and now and then two
@given(st.binary(min_size=32, max_size=64))
def test_no_key_that_was_drawn_is_found_weak(drawn: bytes) -> None:
    key = hashlib.sha256(drawn).hexdigest()
    assert not is_weak(key)
    assert not is_weak(key[:32])
    assert not is_weak(base64.b64encode(bytes.fromhex(key)).decode())
    assert not is_weak(base64.b32encode(bytes.fromhex(key)[:20]).decode())
    assert not is_weak(key[:16])  # the shortest METRICS_TOKEN


def test_without_passkeys_nothing_has_to_be_said_of_them() -> None:
    without = GOOD | {"PASSKEYS_ENABLED": "false", "PASSKEYS_RP_ID": "localhost", "PASSKEYS_ORIGINS": "*"}
    assert not load(without).passkeys.enabled


def test_development_takes_plain_http_for_passkeys() -> None:
    given = {"PASSKEYS_RP_ID": "lms.test", "PASSKEYS_ORIGINS": "http://lms.test:3000,https://app.lms.test"}
    assert load(given).passkeys.allowed_origins == ["http://lms.test:3000", "https://app.lms.test"]
