"""How somebody wants to be told, and when a digest is due."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.kernel import CourseId, Invalid, UserId, new_id
from lms_domain.mailing import LetterKind
from lms_domain.notifications.announcements import clean_announcement
from lms_domain.notifications.model import (
    ByEmail,
    Choice,
    Digest,
    Frequency,
    Notification,
    NotificationKind,
    Preferences,
    Recipient,
    Subject,
    next_morning,
)
from lms_entrypoints.http.notifications import ChangeKinds

NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)  # a Wednesday
ZONES = ["UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]
OFF_HERE = Choice(email=ByEmail.OFF, in_app=False)


def a_recipient(*, takes_letters: bool = True, **kinds: Choice) -> Recipient:
    chosen = {NotificationKind(name): choice for name, choice in kinds.items()}
    preferences = Preferences(user_id=UserId(new_id()), kinds=chosen)
    return Recipient(preferences=preferences, timezone="Europe/Vienna", takes_letters=takes_letters)


def a_subject(kind: NotificationKind = NotificationKind.ENROLLED) -> Subject:
    return Subject(id=new_id(), kind=kind, course_id=CourseId(new_id()))


def test_who_has_chosen_nothing_is_told_at_once_and_in_the_list() -> None:
    told = Notification.to(a_recipient(), a_subject(), now=NOW)
    assert told
    assert (told.in_app, told.email) == (True, ByEmail.AT_ONCE)


def test_who_wants_none_of_it_is_told_nothing() -> None:
    assert Notification.to(a_recipient(enrolled=OFF_HERE), a_subject(), now=NOW) is None


def test_an_address_that_takes_no_letters_is_sent_none() -> None:
    told = Notification.to(a_recipient(takes_letters=False), a_subject(), now=NOW)
    assert told
    assert told.email is ByEmail.OFF
    only_letters = Choice(email=ByEmail.AT_ONCE, in_app=False)
    assert Notification.to(a_recipient(takes_letters=False, enrolled=only_letters), a_subject(), now=NOW) is None


def test_turning_letters_of_a_kind_off_leaves_the_rest() -> None:
    preferences = a_recipient(inactive=Choice(email=ByEmail.DIGEST, in_app=False)).preferences
    off = preferences.without_letters(NotificationKind.INACTIVE)
    assert off == {NotificationKind.INACTIVE: OFF_HERE}


def test_turning_digests_off_turns_off_what_they_gather_and_nothing_else() -> None:
    gathered = Choice(email=ByEmail.DIGEST)
    preferences = a_recipient(inactive=gathered, announcement=gathered).preferences
    assert preferences.without_letters(None) == {
        NotificationKind.INACTIVE: Choice(email=ByEmail.OFF),
        NotificationKind.ANNOUNCEMENT: Choice(email=ByEmail.OFF),
    }
    assert a_recipient().preferences.without_letters(None) == {}


def test_choosing_what_is_chosen_already_changes_nothing() -> None:
    preferences = a_recipient().preferences
    weekly = {NotificationKind.ENROLLED: OFF_HERE}
    assert len(list(preferences.change(weekly, Frequency.WEEKLY, now=NOW))) == 1
    assert list(preferences.change(weekly, Frequency.WEEKLY, now=NOW + timedelta(days=1))) == []
    assert preferences.updated_at == NOW


@pytest.mark.parametrize(
    ("now", "zone", "frequency", "due"),
    [
        ("2030-01-02T05:59:59Z", "Europe/Vienna", "daily", "2030-01-02T06:00:00Z"),
        ("2030-01-02T06:00:00Z", "Europe/Vienna", "daily", "2030-01-03T06:00:00Z"),
        ("2030-03-30T12:00:00Z", "Europe/Vienna", "daily", "2030-03-31T05:00:00Z"),  # the clocks went forward
        ("2030-01-02T12:00:00Z", "UTC", "weekly", "2030-01-07T07:00:00Z"),
        ("2030-01-07T06:00:00Z", "UTC", "weekly", "2030-01-07T07:00:00Z"),
        ("2030-01-07T07:00:00Z", "UTC", "weekly", "2030-01-14T07:00:00Z"),
        ("2030-01-06T19:00:00Z", "Pacific/Apia", "weekly", "2030-01-13T18:00:00Z"),  # it is Monday there already
    ],
)
def test_a_digest_is_due_at_seven_where_its_reader_is(now: str, zone: str, frequency: str, due: str) -> None:
    found = next_morning(Frequency(frequency), zone, now=datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(due)


@given(
    now=st.integers(1_800_000_000, 2_200_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    zone=st.sampled_from(ZONES),
    frequency=st.sampled_from(Frequency),
)
def test_it_is_always_ahead_and_never_further_than_it_must_be(now: datetime, zone: str, frequency: Frequency) -> None:
    due = next_morning(frequency, zone, now=now)
    span = timedelta(days=1 if frequency is Frequency.DAILY else 7)
    assert timedelta() < due - now <= span + timedelta(hours=1)  # a day in autumn has 25 hours
    local = due.astimezone(ZoneInfo(zone))
    assert local.time() == time(7)
    assert frequency is Frequency.DAILY or local.weekday() == 0


def test_a_digest_is_made_for_its_reader() -> None:
    recipient = a_recipient()
    digest = Digest.to(recipient, now=NOW)
    assert digest.user_id == recipient.user_id
    assert digest.due_at == datetime(2030, 1, 3, 6, tzinfo=UTC)


def test_an_announcement_names_every_rule_that_it_breaks() -> None:
    with pytest.raises(Invalid) as refused:
        clean_announcement({"title": " \n ", "body": "x\0"})
    assert {p.field: p.rule for p in refused.value.problems} == {
        "title": "1 to 200 characters",
        "body": "no control characters",
    }
    assert clean_announcement({"title": " On\nFriday ", "body": "a\r\nb "}) == {"title": "On Friday", "body": "a\nb"}


def test_every_kind_can_be_chosen_and_has_a_letter() -> None:
    assert set(ChangeKinds.__struct_fields__) == set(NotificationKind)
    assert set(NotificationKind) <= set(LetterKind)
