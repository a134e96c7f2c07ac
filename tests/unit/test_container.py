"""The composition root builds, and settings refuse what cannot be run with."""

import pytest

from lms_entrypoints.container import Container
from lms_entrypoints.settings import DEVELOPMENT_KEY, Settings, SettingsError, load


def test_every_provider_builds() -> None:
    container = Container(settings=Settings())
    for name, provider in container.providers.items():
        assert provider() is not None, name


def test_settings_come_from_the_environment() -> None:
    settings = load({"DATABASE_POOL_SIZE": "9", "ENVIRONMENT": "test", "SERVER_PORT": "8080"})
    assert (settings.database.pool_size, settings.environment, settings.server.port) == (9, "test", 8080)


def test_a_value_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match="DATABASE_POOL_SIZE: expected int"):
        load({"DATABASE_POOL_SIZE": "many"})


def test_production_refuses_the_development_key_and_weak_hashing_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"ENVIRONMENT": "production", "SECURITY_BCRYPT_ROUNDS": "10"})
    assert "SECURITY_SECRET_KEY" in str(refused.value)
    assert "SECURITY_BCRYPT_ROUNDS" in str(refused.value)
    assert DEVELOPMENT_KEY not in str(refused.value)


def test_a_short_key_is_refused_everywhere() -> None:
    with pytest.raises(SettingsError, match="32"):
        load({"SECURITY_SECRET_KEY": "short"})
