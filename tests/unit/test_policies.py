"""Which of several policies holds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.kernel import Actor, Forbidden, NotFound, OrganizationId, UserId, new_id
from lms_domain.policies import Held, Life, MfaRule, NetworkRefused, Policy, is_within, strictest, takes_address
from lms_domain.standing import (
    CourseRole,
    CourseStatus,
    OrganizationRole,
    Place,
    Standing,
    Visibility,
    may_teach,
    must_create,
    must_see,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LIFE = Life(idle=timedelta(days=30), longest=timedelta(days=90))
moments = st.integers(-1000, 1000).map(lambda days: NOW + timedelta(days=days))
minutes = st.none() | st.integers(5, 100_000)
policies = st.builds(
    Policy,
    organization_id=st.uuids().map(OrganizationId),
    mfa=st.sampled_from(MfaRule),
    mfa_grace_days=st.integers(0, 90),
    mfa_since=st.none() | moments,
    session_idle_minutes=minutes,
    session_minutes=minutes,
    password_score=st.none() | st.integers(2, 4),
)
some_held = st.lists(
    st.builds(
        Held,
        policy=policies,
        organization=st.just("Bees"),
        is_default=st.booleans(),
        since=moments,
        is_staff=st.booleans(),
    ),
    max_size=5,
)


@given(some_held, moments, moments)
def test_no_policy_is_loosened_by_another(held: list[Held], opened: datetime, now: datetime) -> None:
    rules = strictest(held)
    end = rules.session_end(LIFE, opened=opened, now=now)
    assert end <= min(now + LIFE.idle, opened + LIFE.longest)
    for each in held:
        alone = strictest([each])
        assert rules.password_score >= alone.password_score
        assert end <= alone.session_end(LIFE, opened=opened, now=now)
        assert rules.asks_for_mfa(now) or not alone.asks_for_mfa(now)
    assert rules.asks_for_mfa(now) == any(strictest([each]).asks_for_mfa(now) for each in held)


def a_held(*, since: datetime = NOW, is_staff: bool = False, **fields: object) -> Held:
    policy = Policy(organization_id=OrganizationId(new_id()), mfa_since=NOW, **fields)  # type: ignore[arg-type]
    return Held(policy=policy, organization="Bees", is_default=False, since=since, is_staff=is_staff)


def test_the_days_of_grace_count_from_the_rule_or_from_when_somebody_came() -> None:
    two = timedelta(days=2)
    assert a_held(mfa=MfaRule.ALL, mfa_grace_days=2).mfa_due == NOW + two
    assert a_held(mfa=MfaRule.ALL, mfa_grace_days=2, since=NOW - two).mfa_due == NOW + two
    assert a_held(mfa=MfaRule.ALL, mfa_grace_days=2, since=NOW + two).mfa_due == NOW + 2 * two
    assert a_held(mfa=MfaRule.STAFF).mfa_due is None
    assert a_held(mfa=MfaRule.STAFF, is_staff=True).mfa_due == NOW
    rules = strictest([a_held(mfa=MfaRule.ALL, mfa_grace_days=2)])
    assert not rules.asks_for_mfa(NOW + two - timedelta(microseconds=1))
    assert rules.asks_for_mfa(NOW + two)


def test_a_session_ends_when_it_is_old_however_much_it_is_used() -> None:
    rules = strictest([a_held(session_minutes=60, session_idle_minutes=30)])
    hour, half = timedelta(minutes=60), timedelta(minutes=30)
    assert rules.session_end(LIFE, opened=NOW, now=NOW) == NOW + half
    assert rules.session_end(LIFE, opened=NOW, now=NOW + half) == NOW + hour
    assert rules.session_end(LIFE, opened=NOW, now=NOW + hour) == NOW + hour


def test_without_a_policy_it_ends_as_the_settings_say_and_with_one_never_later() -> None:
    almost = NOW + LIFE.longest - timedelta(days=1)
    for rules in (strictest([]), strictest([a_held(session_minutes=525_600, session_idle_minutes=525_600)])):
        assert rules.session_end(LIFE, opened=NOW, now=NOW) == NOW + LIFE.idle
        assert rules.session_end(LIFE, opened=NOW, now=almost) == NOW + LIFE.longest


@pytest.mark.parametrize(
    ("email", "domains", "taken"),
    [
        ("a@example.org", [], True),
        ("a@example.org", ["example.org"], True),
        ("a@sub.example.org", ["example.org"], False),
        ("a@sub.example.org", ["*.example.org"], True),
        ("a@example.org", ["*.example.org"], False),
        ("a@evilexample.org", ["*.example.org", "example.org"], False),
        ("a@example.org.evil.test", ["example.org"], False),
        ('"a@example.org"@evil.test', ["example.org"], False),
    ],
)
def test_addresses_are_taken_by_the_whole_of_their_domain(email: str, domains: list[str], *, taken: bool) -> None:
    assert takes_address(email, domains) is taken


def test_an_address_is_within_one_of_the_networks() -> None:
    assert is_within(None, ["192.0.2.0/24"])
    assert is_within("192.0.2.7", ["198.51.100.0/24", "192.0.2.0/24"])
    assert not is_within("192.0.3.7", ["192.0.2.0/24"])
    assert not is_within("2001:db8::1", ["192.0.2.0/24"])
    assert is_within("2001:db8::1", ["2001:db8::/32"])
    assert not is_within("unix", ["192.0.2.0/24"])
    assert is_within("unix", [])


class Hidden:
    id, status, visibility, is_active = new_id(), CourseStatus.DRAFT, Visibility.PUBLIC, True


def test_staff_are_no_staff_from_elsewhere_and_are_told() -> None:
    inside, outside = (Actor(id=UserId(new_id()), ip=ip) for ip in ("192.0.2.7", "198.51.100.7"))
    networks = ("192.0.2.0/24",)
    course: object = Hidden()
    for standing in (
        Standing(course_role=CourseRole.OWNER, staff_networks=networks),
        Standing(course_role=CourseRole.ASSISTANT, staff_networks=networks),
        Standing(organization_role=OrganizationRole.ADMIN, staff_networks=networks),
    ):
        assert may_teach(inside, standing)
        assert not may_teach(outside, standing)
        must_see(inside, course, standing)  # type: ignore[arg-type]
        with pytest.raises(NetworkRefused):
            must_see(outside, course, standing)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        must_see(outside, course, Standing(staff_networks=networks))  # type: ignore[arg-type]
    place = Place(organization_id=OrganizationId(new_id()), role=OrganizationRole.INSTRUCTOR, staff_networks=networks)
    must_create(inside, place)
    with pytest.raises(NetworkRefused):
        must_create(outside, place)
    with pytest.raises(Forbidden):
        must_create(inside, Place(organization_id=place.organization_id, role=OrganizationRole.STUDENT))
