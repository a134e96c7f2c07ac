"""Background work as it is set."""

import pytest

from lms_entrypoints.settings import SettingsError, load

REDIS = {"REDIS_URL": "rediss://:secret@redis.example.org/0"}


def test_in_development_tasks_need_no_redis() -> None:
    assert load({}).runs_tasks_inline
    assert load(REDIS).runs_tasks_inline


def test_in_production_they_travel_over_redis_unless_that_is_refused() -> None:
    with pytest.raises(SettingsError, match="TASKS_FORCE_INLINE must not be true in production"):
        load({"ENVIRONMENT": "production", "TASKS_FORCE_INLINE": "true"})
    with pytest.raises(SettingsError) as caught:
        load({"ENVIRONMENT": "production"})
    assert "TASKS_FORCE_INLINE" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TASKS_FORCE_INLINE", "false", "TASKS_FORCE_INLINE=false needs REDIS_URL"),
        ("TASKS_POLL_MS", "1", "TASKS_POLL_MS must be 10 to 60000"),
        ("TASKS_KEEP_DAYS", "0", "TASKS_KEEP_DAYS must be 1 or more"),
        ("TASKS_FEED_DAYS", "0", "TASKS_FEED_DAYS must be 1 or more"),
        ("LMS_DIES_AT", "relay.sent", "LMS_DIES_AT"),
    ],
)
def test_what_makes_no_sense_is_said(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load({name: value} | ({"ENVIRONMENT": "production"} if name == "LMS_DIES_AT" else {}))


def test_a_short_token_for_figures_is_refused_in_production() -> None:
    with pytest.raises(SettingsError, match="METRICS_TOKEN must have 16 characters"):
        load({"ENVIRONMENT": "production", "METRICS_TOKEN": "short"})
