"""Who reacts to what. A reaction is a use case whose argument is an event."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from lms_domain.courses.events import CoursePublished, CourseRestored, ListingOutdated, SettingsChanged
from lms_domain.courses.use_cases.showing import mend_listing
from lms_domain.enrollments.events import CourseCompleted
from lms_domain.enrollments.use_cases import count_completion, leave_courses, seat_waiting
from lms_domain.feed.public import VERSIONS
from lms_domain.identity.erasure import IN_FLIGHT
from lms_domain.identity.events import (
    ApiTokenRevoked,
    EmailVerified,
    ErasureCompleted,
    ResetAsked,
    SessionEnded,
    SessionOpened,
    TicketIssued,
    TokensOutdated,
    UserErased,
    VerificationAsked,
)
from lms_domain.identity.letters import PLAIN, new_sign_in, plain, welcome, with_link
from lms_domain.identity.use_cases import (
    erase_again,
    issue_reset,
    issue_verification,
    refuse_api_token,
    refuse_older_tokens,
    refuse_session,
)
from lms_domain.jobs.events import MakingDue, RowsDue
from lms_domain.jobs.use_cases import give_up, work_off_rows
from lms_domain.kernel import Event
from lms_domain.mailing import Letter
from lms_domain.notifications.events import NotificationsMade, SpreadDue
from lms_domain.notifications.invitations import membership_invitation
from lms_domain.notifications.letters import digest_letter, notice_letter
from lms_domain.notifications.model import DIGEST, NOTICE
from lms_domain.notifications.use_cases import notify, spread
from lms_domain.notifications.use_cases.notifying import KINDS as NOTICED
from lms_domain.organizations.model import MemberAdded
from lms_domain.queues import QueueName
from lms_domain.schedules import ScheduleDue
from lms_domain.upkeep.use_cases import on_schedule
from lms_domain.webhooks.events import WebhookDisabled
from lms_domain.webhooks.letters import webhook_disabled

Reaction = Callable[[Any, Any], Awaitable[None]]
Compose = Callable[[Any, Any], Awaitable[Letter | None]]

REACTIONS: dict[type[Event], list[Reaction]] = {
    **{event: [notify] for event in NOTICED},
    ApiTokenRevoked: [refuse_api_token],
    ResetAsked: [issue_reset],
    VerificationAsked: [issue_verification],
    SessionEnded: [refuse_session],
    TokensOutdated: [refuse_older_tokens],
    CourseCompleted: [count_completion, notify],
    CoursePublished: [seat_waiting],
    CourseRestored: [seat_waiting],
    ListingOutdated: [mend_listing],
    RowsDue: [work_off_rows],
    SettingsChanged: [seat_waiting],
    UserErased: [leave_courses, erase_again],
    ErasureCompleted: [leave_courses],
    ScheduleDue: [on_schedule],
    SpreadDue: [spread],
    NotificationsMade: [],  # but whoever listens looks
}

# Where a reaction waits; those that are not named wait in the default queue.
QUEUE_OF: dict[str, QueueName] = {
    count_completion.__name__: QueueName.PROGRESS,
    seat_waiting.__name__: QueueName.PROGRESS,
    mend_listing.__name__: QueueName.ANALYTICS,
    work_off_rows.__name__: QueueName.JOBS,
    on_schedule.__name__: QueueName.ANALYTICS,
    notify.__name__: QueueName.NOTIFICATIONS,
    spread.__name__: QueueName.NOTIFICATIONS,
    erase_again.__name__: QueueName.ANALYTICS,
}
# What is not due at once.
WAIT_OF: dict[str, timedelta] = {erase_again.__name__: IN_FLIGHT}

LETTERS: dict[type[Event], Compose] = {
    **dict.fromkeys(PLAIN, plain),
    EmailVerified: welcome,
    MemberAdded: membership_invitation,
    SessionOpened: new_sign_in,
    TicketIssued: with_link,
    WebhookDisabled: webhook_disabled,
}

LETTER = "letter"  # done outside of any transaction: somebody is written to
# So are these, which are not about an event; they are told what their task names.
OTHER_LETTERS: dict[str, Callable[[Any, UUID], Awaitable[Letter | None]]] = {
    NOTICE: notice_letter,
    DIGEST: digest_letter,
}
MAKE = "make"  # so is this: what a job is to make
ERRANDS: dict[type[Event], tuple[str, QueueName]] = {
    **dict.fromkeys(LETTERS, (LETTER, QueueName.EMAILS)),
    MakingDue: (MAKE, QueueName.JOBS),
}
# What follows when a reaction is given up.
GIVEN_UP: dict[str, Reaction] = {MAKE: give_up, work_off_rows.__name__: give_up}
BY_NAME: dict[str, Reaction] = {r.__name__: r for rs in REACTIONS.values() for r in rs}


def reactions_to(event: Event) -> list[tuple[str, QueueName]]:
    """Names of reactions, and where each waits."""
    found = [r.__name__ for r in REACTIONS.get(type(event), [])]
    errands = [ERRANDS[type(event)]] if type(event) in ERRANDS else []
    return [(name, QUEUE_OF.get(name, QueueName.DEFAULT)) for name in found] + errands


def is_awaited(event: Event) -> bool:
    """Whether anything follows from it, or anybody is told."""
    return type(event) in REACTIONS or type(event) in ERRANDS or type(event) in VERSIONS
