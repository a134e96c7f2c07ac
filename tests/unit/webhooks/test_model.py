"""A webhook by how its deliveries end, and a delivery by how its attempts do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.kernel import OrganizationId, UserId, new_id
from lms_domain.webhooks.deliveries import (
    SLOW_FOR,
    SLOW_MS,
    SLOW_NOTED,
    WAITS,
    Delivery,
    DeliveryStatus,
    Failure,
    Outcome,
    wait_after,
)
from lms_domain.webhooks.events import Because, DeliveryId, WebhookDisabled, WebhookId
from lms_domain.webhooks.model import PATIENCE, Webhook

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAILED, TAKEN = Outcome(status=500, failure=Failure.STATUS), Outcome(status=204)
GONE = Outcome(status=410, failure=Failure.STATUS)


@pytest.fixture
def webhook() -> Webhook:
    return Webhook(
        id=WebhookId(new_id()),
        organization_id=OrganizationId(new_id()),
        url="https://example.org/secret-path",
        kinds=["*"],
        box=b"new",
        created_by=UserId(new_id()),
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.fixture
def delivery() -> Delivery:
    id = DeliveryId(new_id())
    return Delivery(
        id=id, webhook_id=WebhookId(new_id()), event_id=new_id(), kind="course.published", payload="{}", created_at=NOW
    )


def test_it_is_tried_for_about_28_hours() -> None:
    waits = [wait_after(n, chance=0.5) for n in range(1, len(WAITS) + 2)]
    assert waits == [*WAITS, None]
    assert 27 * HOUR < sum(WAITS, timedelta()) < 29 * HOUR


@given(failed=st.integers(1, len(WAITS)), chance=st.floats(0, 1))
def test_no_wait_is_far_from_the_schedule(failed: int, chance: float) -> None:
    wait = wait_after(failed, chance=chance)
    assert wait is not None
    assert abs(wait - WAITS[failed - 1]) <= WAITS[failed - 1] * 0.1001


def test_it_is_disabled_after_days_of_nothing_but_failures(webhook: Webhook) -> None:
    assert list(webhook.note(FAILED, NOW)) == []
    assert list(webhook.note(FAILED, NOW + PATIENCE - HOUR)) == []
    [event] = webhook.note(FAILED, NOW + PATIENCE)
    assert isinstance(event, WebhookDisabled)
    assert (event.because, event.origin) == (Because.FAILING, "https://example.org")
    assert (webhook.takes, webhook.disabled_because) == (False, Because.FAILING)
    assert list(webhook.note(FAILED, NOW + 2 * PATIENCE)) == []


def test_one_success_forgives_all_failures(webhook: Webhook) -> None:
    for at in (NOW, NOW + PATIENCE - HOUR):
        list(webhook.note(FAILED, at))
    assert list(webhook.note(TAKEN, NOW + PATIENCE)) == []
    assert list(webhook.note(FAILED, NOW + PATIENCE + HOUR)) == []
    assert webhook.takes


def test_who_says_that_it_is_gone_is_believed_at_once(webhook: Webhook) -> None:
    [event] = webhook.note(GONE, NOW)
    assert isinstance(event, WebhookDisabled)
    assert event.because is Because.GONE


def test_it_is_slow_for_a_while_however_quick_it_is_meanwhile(webhook: Webhook) -> None:
    slow, quick = replace(TAKEN, duration_ms=SLOW_MS), replace(TAKEN, duration_ms=SLOW_MS - 1)
    list(webhook.note(quick, NOW))
    assert not webhook.is_slow(NOW)
    for minutes, outcome in ((0, slow), (1, quick), (2, slow), (6, quick)):
        list(webhook.note(outcome, NOW + timedelta(minutes=minutes)))
        assert webhook.is_slow(NOW + timedelta(minutes=minutes))
    assert not webhook.is_slow(NOW + timedelta(minutes=2) + SLOW_FOR)
    list(webhook.note(replace(FAILED, duration_ms=SLOW_MS), NOW + HOUR))
    list(webhook.change({"url": "https://quicker.example.org"}, by=UserId(new_id()), now=NOW + HOUR))
    assert not webhook.is_slow(NOW + HOUR)


@given(data=st.data())
def test_what_would_change_nothing_is_not_written(data: st.DataObject) -> None:
    webhook = Webhook(
        id=WebhookId(new_id()),
        organization_id=OrganizationId(new_id()),
        url="https://example.org",
        kinds=["*"],
        box=b"",
        is_enabled=data.draw(st.booleans()),
        slow_until=data.draw(st.sampled_from([None, NOW + SLOW_FOR, NOW + SLOW_FOR - SLOW_NOTED, NOW - HOUR])),
        failing_since=data.draw(st.sampled_from([None, NOW, NOW - PATIENCE, NOW - HOUR])),
        created_by=UserId(new_id()),
        created_at=NOW,
        updated_at=NOW,
    )
    outcome = replace(data.draw(st.sampled_from([TAKEN, FAILED, GONE])), duration_ms=data.draw(st.integers(0, 10_000)))
    before = replace(webhook)
    is_as_before = webhook.is_as_before(outcome, NOW)
    list(webhook.note(outcome, NOW))
    if is_as_before:
        assert webhook == before


def test_a_secret_signs_until_its_overlap_ends(webhook: Webhook) -> None:
    by = UserId(new_id())
    list(webhook.rotate(b"newer", overlap_hours=2, by=by, now=NOW))
    assert webhook.boxes(NOW + HOUR) == [b"newer", b"new"]
    assert webhook.boxes(NOW + 2 * HOUR) == [b"newer"]
    list(webhook.rotate(b"newest", overlap_hours=0, by=by, now=NOW))
    assert webhook.boxes(NOW) == [b"newest"]


def test_no_event_tells_a_path_which_may_be_a_secret(webhook: Webhook) -> None:
    by = UserId(new_id())
    happened = [*webhook.change({"url": "https://other.org/token"}, by=by, now=NOW), *webhook.delete(by=by, now=NOW)]
    assert "token" not in str(happened)
    assert "secret-path" not in str(happened)
    assert (webhook.box, webhook.takes) == (b"", False)


def test_a_delivery_fails_with_its_last_attempt_and_can_be_sent_again(delivery: Delivery) -> None:
    delivery.take(FAILED, is_last=False, now=NOW)
    assert delivery.status is DeliveryStatus.WAITING
    delivery.take(FAILED, is_last=True, now=NOW)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.FAILED, 2)
    delivery.again()
    delivery.take(TAKEN, is_last=True, now=NOW)
    assert (delivery.status, delivery.attempts, delivery.done_at) == (DeliveryStatus.DELIVERED, 3, NOW)
