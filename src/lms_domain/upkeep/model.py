"""What is kept for how long, and sums that are not what counting says."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from lms_domain.drifts import DriftKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept that nobody needs any more."""

    events: timedelta = timedelta(days=30)
    feed: timedelta = timedelta(days=90)
    deliveries: timedelta = timedelta(days=30)
    idempotency_keys: timedelta = timedelta(days=7)
    sign_ins: timedelta = timedelta(days=90)
    sessions: timedelta = timedelta(days=30)  # after they ended; also what proves a stolen refresh token
    job_files: timedelta = timedelta(days=1)  # after the end of the job that made them
    jobs: timedelta = timedelta(days=30)
    notifications: timedelta = timedelta(days=90)
    tickets: timedelta = timedelta(days=7)  # after they ran out, as challenges and options


class Refuse(StrEnum):
    """What is purged, each by a rule of its own, in this order."""

    CHALLENGES = "challenges"
    PASSKEY_OPTIONS = "passkey_options"
    TICKETS = "tickets"
    SESSIONS = "sessions"
    SIGN_INS = "sign_ins"
    IDEMPOTENCY_KEYS = "idempotency_keys"
    DELIVERIES = "deliveries"
    JOB_FILES = "job_files"
    JOB_ROWS = "job_rows"
    JOBS = "jobs"
    NOTIFICATIONS = "notifications"
    DIGESTS = "digests"
    EVENTS = "events"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Sums that are not what counting says. `kept` and `counted` by the names of those that differ."""

    kind: DriftKind
    subject_id: UUID
    kept: dict[str, int]
    counted: dict[str, int]
