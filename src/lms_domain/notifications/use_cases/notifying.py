"""Telling people of what has happened: of one thing once, however often it is tried."""

from collections.abc import Mapping, Sequence

from lms_domain.enrollments.events import (
    AccessEnded,
    AccessEnding,
    CourseCompleted,
    EnrollmentEvent,
    LearnerEnrolled,
    LearnerInactive,
    LearnerPromoted,
    LearnerReturned,
    LearnerWaitlisted,
)
from lms_domain.notifications.events import NotificationsMade, SpreadDue
from lms_domain.notifications.model import (
    PAUSE,
    ByEmail,
    Digest,
    Notification,
    NotificationKind,
    Recipient,
    Subject,
)
from lms_domain.notifications.ports import NotificationPorts

AT_ONCE = 500  # people told in one transaction

# With the field that says when.
KINDS: Mapping[type[EnrollmentEvent], tuple[NotificationKind, str | None]] = {
    LearnerEnrolled: (NotificationKind.ENROLLED, None),
    LearnerReturned: (NotificationKind.ENROLLED, None),
    LearnerWaitlisted: (NotificationKind.WAITLISTED, None),
    LearnerPromoted: (NotificationKind.PROMOTED, None),
    AccessEnding: (NotificationKind.ACCESS_ENDING, "expires_at"),
    AccessEnded: (NotificationKind.ACCESS_ENDED, "expired_at"),
    LearnerInactive: (NotificationKind.INACTIVE, "since"),
    CourseCompleted: (NotificationKind.COURSE_COMPLETED, None),
}


async def notify(ports: NotificationPorts, event: EnrollmentEvent) -> None:
    kind, when = KINDS[type(event)]
    recipient = await ports.notifications.recipient(event.learner_id)
    if recipient is not None:
        moment = getattr(event, when) if when else None
        subject = Subject(id=event.id, kind=kind, course_id=event.course_id, moment=moment)
        since = ports.clock.now() - PAUSE
        was_told = await ports.notifications.was_told(recipient.user_id, subject, since=since)
        await _tell(ports, [recipient], subject, by_letter=not was_told)


async def spread(ports: NotificationPorts, event: SpreadDue) -> None:
    """An announcement to a part of the class; what is left follows as an event of its own."""
    announcement = await ports.announcements.locked(event.announcement_id)
    if not announcement.is_active:
        return
    subject = Subject(
        id=announcement.id,
        kind=NotificationKind.ANNOUNCEMENT,
        course_id=announcement.course_id,
        announcement_id=announcement.id,
    )
    recipients = await ports.notifications.class_of(announcement.course_id, event.after, AT_ONCE)
    await _tell(ports, recipients, subject)
    if len(recipients) == AT_ONCE:
        now, last = ports.clock.now(), recipients[-1].user_id
        ports.emit(SpreadDue(at=now, announcement_id=announcement.id, course_id=announcement.course_id, after=last))


async def _tell(
    ports: NotificationPorts, recipients: Sequence[Recipient], subject: Subject, *, by_letter: bool = True
) -> None:
    now = ports.clock.now()
    made = [told for each in recipients if (told := Notification.to(each, subject, now=now, by_letter=by_letter))]
    gathered = {told.user_id for told in made if told.email is ByEmail.DIGEST}
    digests = [Digest.to(each, now=now) for each in recipients if each.user_id in gathered]
    if await ports.notifications.add(made, digests, now=now):
        ports.emit(NotificationsMade(at=now, subject_id=subject.id))
