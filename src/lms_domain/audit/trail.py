"""Which events are audited, and what an entry tells of each. An event that is in neither list fails a test."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain import drifts, queues, schedules
from lms_domain.audit.model import Entry, Origin
from lms_domain.courses import events as courses
from lms_domain.courses import reviews
from lms_domain.enrollments import events as enrollments
from lms_domain.identity import events as identity
from lms_domain.jobs import events as jobs
from lms_domain.kernel import Event
from lms_domain.notifications import events as notifications
from lms_domain.organizations import model as organizations
from lms_domain.webhooks import events as webhooks


def always(_: Event) -> bool:
    return True


def by_staff(event: enrollments.LearnerEnrolled | enrollments.LearnerReturned) -> bool:
    return event.source in {"staff", "bulk"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """`target`: its kind, and the field with its id. `after`: fields that the entry tells; `before`: which field holds
    what one of them was. `changes`: the event has `before` and `after` of its own.
    """

    target: tuple[str, str]
    after: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    when: Callable[[Any], bool] = always
    note: tuple[str, ...] = ()  # of `after` as well, while the people are there

    def told(self, event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.changes:
            changed: Any = event
            return changed.before, changed.after
        before = {name: getattr(event, held) for name, held in self.before.items()}
        return before, {name: getattr(event, name) for name in self.after}


USER, COURSE = ("user", "user_id"), ("course", "course_id")
ORGANIZATION = ("organization", "organization_id")
QUEUE, DRIFT = ("queue", "queue_id"), ("drift", "subject_id")
LEARNER, CODE, REVIEW = ("user", "learner_id"), ("enrollment_code", "code_id"), ("review", "review_id")
WEBHOOK = ("webhook", "webhook_id")
ANNOUNCEMENT = ("announcement", "announcement_id")
STATUS = {"status": "before"}

AUDITED: Mapping[type[Event], Audited] = {
    identity.UserRegistered: Audited(target=USER),
    identity.UserCreated: Audited(target=USER, after=("roles",)),
    identity.Invited: Audited(target=USER, after=("roles",)),
    identity.ActingBegan: Audited(target=USER, after=("session_id", "until"), note=("reason",)),
    identity.PersonalDataGiven: Audited(target=USER),
    identity.UserErased: Audited(target=USER, after=("erasure_id",)),
    identity.ErasureCompleted: Audited(target=USER, after=("erasure_id",)),
    identity.UserChanged: Audited(target=USER, changes=True),
    identity.RolesChanged: Audited(target=USER, after=("roles",), before={"roles": "before"}),
    identity.PasswordChanged: Audited(target=USER, after=("by_reset",)),
    identity.EmailChanged: Audited(target=USER),
    identity.EmailRefused: Audited(target=USER),
    identity.EmailVerified: Audited(target=USER),
    identity.MfaEnabled: Audited(target=USER),
    identity.MfaDisabled: Audited(target=USER),
    identity.RecoveryCodesRenewed: Audited(target=USER),
    identity.RecoveryCodeUsed: Audited(target=USER),
    identity.TotpRemoved: Audited(target=USER),
    identity.PasskeyAdded: Audited(target=USER, after=("passkey_id",)),
    identity.PasskeyRenamed: Audited(target=USER, after=("passkey_id",)),
    identity.PasskeyRemoved: Audited(target=USER, after=("passkey_id",)),
    identity.PasskeyCopySuspected: Audited(target=USER, after=("passkey_id", "known_count", "seen_count")),
    identity.SessionOpened: Audited(target=USER, after=("session_id",)),
    identity.SessionEnded: Audited(target=USER, after=("session_id", "because")),
    identity.ApiTokenCreated: Audited(target=USER, after=("token_id", "scopes")),
    identity.ApiTokenRevoked: Audited(target=USER, after=("token_id",)),
    organizations.OrganizationCreated: Audited(target=ORGANIZATION, after=("slug",)),
    organizations.OrganizationChanged: Audited(target=ORGANIZATION, changes=True),
    organizations.PolicyChanged: Audited(target=ORGANIZATION, changes=True),
    organizations.OrganizationDeleted: Audited(target=ORGANIZATION),
    organizations.MemberAdded: Audited(target=USER, after=("role",)),
    organizations.MembershipAccepted: Audited(target=USER, after=("role",)),
    organizations.MemberRoleChanged: Audited(target=USER, after=("role",), before={"role": "before"}),
    organizations.MemberRemoved: Audited(target=USER, before={"role": "role"}),
    notifications.AnnouncementPublished: Audited(target=ANNOUNCEMENT),
    notifications.AnnouncementChanged: Audited(target=ANNOUNCEMENT),
    notifications.AnnouncementWithdrawn: Audited(target=ANNOUNCEMENT),
    webhooks.WebhookCreated: Audited(target=WEBHOOK, after=("origin", "kinds")),
    webhooks.WebhookChanged: Audited(target=WEBHOOK, changes=True),
    webhooks.WebhookDeleted: Audited(target=WEBHOOK, after=("origin",)),
    webhooks.WebhookDisabled: Audited(target=WEBHOOK, after=("because", "origin")),
    webhooks.WebhookSecretRotated: Audited(target=WEBHOOK, after=("overlap_hours",)),
    courses.CourseCreated: Audited(target=COURSE, after=("slug", "copy_of")),
    courses.CourseImported: Audited(target=COURSE, after=("format", "lessons")),
    courses.SettingsChanged: Audited(target=COURSE, changes=True),
    courses.CoursePublished: Audited(target=COURSE, after=("number", "revision_id"), before=STATUS),
    courses.CourseUnpublished: Audited(target=COURSE, before=STATUS),
    courses.CourseArchived: Audited(target=COURSE, before=STATUS),
    courses.CourseDeleted: Audited(target=COURSE, before=STATUS),
    courses.CourseRestored: Audited(target=COURSE, after=("status",)),
    courses.StaffPut: Audited(target=USER, after=("role",), before={"role": "before"}),
    courses.StaffRemoved: Audited(target=USER, before={"role": "role"}),
    reviews.ReviewDeleted: Audited(target=REVIEW, after=("learner_id",), when=lambda e: e.by != e.learner_id),
    enrollments.LearnerEnrolled: Audited(target=LEARNER, after=("enrollment_id", "source"), when=by_staff),
    enrollments.LearnerReturned: Audited(target=LEARNER, after=("enrollment_id", "source"), when=by_staff),
    enrollments.LearnerDropped: Audited(
        target=LEARNER, after=("enrollment_id",), when=lambda e: e.dropped_by != e.learner_id
    ),
    enrollments.AccessChanged: Audited(
        target=LEARNER,
        after=("enrollment_id", "expires_at"),
        before={"expires_at": "before"},
        when=lambda e: e.by != e.learner_id,
    ),
    enrollments.CodeCreated: Audited(target=CODE),
    enrollments.CodeRevoked: Audited(target=CODE),
    queues.QueuePaused: Audited(target=QUEUE, after=("queue",)),
    queues.QueueResumed: Audited(target=QUEUE, after=("queue",)),
    queues.DeadRetried: Audited(target=QUEUE, after=("queue", "count")),
    queues.DeadDropped: Audited(target=QUEUE, after=("queue", "count")),
    drifts.DriftMended: Audited(target=DRIFT, after=("kind", "counted"), before={"kept": "kept"}),
}

# Written often, by learners and authors at their daily work; or following from what is audited.
NOT_AUDITED: frozenset[type[Event]] = frozenset(
    {
        identity.EmailHalfConfirmed,
        identity.RegistrationPassedOver,
        identity.RegistrationRepeated,
        identity.ResetAsked,
        identity.SessionRefreshed,
        identity.SignInRefused,  # among the attempts to sign in, which strangers can make many of
        identity.TicketIssued,
        identity.TokensOutdated,
        identity.TotpBegun,
        identity.VerificationAsked,
        jobs.JobEnded,  # what it has done is audited
        jobs.MakingDue,
        jobs.RowsDue,
        courses.CourseChanged,
        courses.DraftReset,
        courses.LessonAdded,
        courses.LessonChanged,
        courses.LessonDeleted,
        courses.LessonRestored,
        courses.ListingOutdated,
        courses.OutlineChanged,
        courses.SectionAdded,
        courses.SectionChanged,
        courses.SectionDeleted,
        courses.SectionRestored,
        reviews.ReviewChanged,
        reviews.ReviewWritten,
        enrollments.AccessEnded,
        enrollments.AccessEnding,
        enrollments.CodeRedeemed,
        enrollments.CourseCompleted,
        enrollments.LearnerInactive,
        enrollments.LearnerPromoted,
        enrollments.LearnerWaitlisted,
        enrollments.LessonCompleted,
        enrollments.LessonStarted,
        enrollments.ProgressRecorded,
        notifications.NotificationsMade,
        notifications.PreferencesChanged,
        notifications.SpreadDue,
        schedules.ScheduleDue,
    }
)

ACTIONS = tuple(sorted(event.name for event in AUDITED))
TARGETS = tuple(sorted({audited.target[0] for audited in AUDITED.values()}))
# Nobody is signed in yet, or needs to be: a link says who it is.
OWN_DOING = (
    identity.UserRegistered,
    identity.SessionOpened,
    identity.PasswordChanged,
    identity.EmailChanged,
    identity.EmailVerified,
    identity.MfaEnabled,
    identity.RecoveryCodesRenewed,
    identity.RecoveryCodeUsed,
    identity.PersonalDataGiven,
    identity.TotpRemoved,
    identity.PasskeyAdded,
    identity.PasskeyRenamed,
    identity.PasskeyRemoved,
)


def entries_of(events: Sequence[Event], origin: Origin) -> Iterator[Entry]:
    """Of who erases themselves it is not written down from where."""
    erased = {event.user_id for event in events if isinstance(event, identity.UserErased)}
    if not erased.isdisjoint({origin.actor_id, origin.acting_for_id}):
        origin = replace(origin, ip=None, request_id=None)
    for event in events:
        audited = AUDITED.get(type(event))
        if audited is not None and audited.when(event):
            yield _entry(event, audited, origin)


def _entry(event: Event, audited: Audited, origin: Origin) -> Entry:
    kind, id = audited.target
    before, after = audited.told(event)
    return Entry(
        id=event.id,
        at=event.at,
        action=event.name,
        target_kind=kind,
        target_id=getattr(event, id),
        organization_id=getattr(event, "organization_id", None),
        course_id=getattr(event, "course_id", None),
        before=as_text(before),
        after=as_text(after),
        via=origin.via,
        operator=origin.operator,
        actor_id=origin.actor_id or _doer(event),
        acting_for_id=origin.acting_for_id,
        request_id=origin.request_id,
        ip=origin.ip,
        session_id=origin.session_id,
        api_token_id=origin.api_token_id,
        note=as_text({name: getattr(event, name) for name in audited.note}),
    )


def _doer(event: Event) -> Any:
    return getattr(event, "user_id" if isinstance(event, OWN_DOING) else "by", None)


def as_text(values: Mapping[str, Any]) -> str:
    """JSON in one spelling."""
    return json.dumps(_plain(dict(values)), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
