"""Background work as it is set."""

from pathlib import Path

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


def test_tasks_travel_over_the_one_redis_there_is_or_over_one_of_their_own(tmp_path: Path) -> None:
    own = "rediss://:3f9c1a77d2@tasks.example.org/0"
    assert load(REDIS).carrier_url == REDIS["REDIS_URL"]
    (tmp_path / "url").write_text(own)
    for given in (load(REDIS | {"TASKS_REDIS_URL_FILE": str(tmp_path / "url")}), load(REDIS, {"TASKS_REDIS_URL": own})):
        assert (given.redis.url, given.carrier_url) == (REDIS["REDIS_URL"], own)
        assert "3f9c1a77d2" not in repr(given)


def test_a_redis_for_tasks_alone_is_not_enough_for_workers() -> None:
    """They tell the server, through the other one, whose sessions are over."""
    with pytest.raises(SettingsError, match="TASKS_FORCE_INLINE=false needs REDIS_URL"):
        load({"TASKS_REDIS_URL": REDIS["REDIS_URL"], "TASKS_FORCE_INLINE": "false"})


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
