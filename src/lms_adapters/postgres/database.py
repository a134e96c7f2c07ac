"""One transaction seen as the ports of every context, one connection as their reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.api_tokens import PgApiTokens
from lms_adapters.postgres.assets import PgAssetReads, PgAssets
from lms_adapters.postgres.audit import PgAudit, PgAuditTrail
from lms_adapters.postgres.catalog import PgCatalog
from lms_adapters.postgres.catalog_listings import PgListings
from lms_adapters.postgres.connections import Connections
from lms_adapters.postgres.courses import PgCourses, PgCourseStaff, PgLessons, PgSections
from lms_adapters.postgres.courses_drafts import PgDrafts
from lms_adapters.postgres.courses_imports import PgImports
from lms_adapters.postgres.courses_pages import PgCoursePages, PgLessonPages, PgOutlines, PgStaffReads
from lms_adapters.postgres.courses_revisions import PgContents, PgRevisionReads, PgRevisions
from lms_adapters.postgres.courses_standings import PgStandings
from lms_adapters.postgres.courses_turnstile import PgTurnstiles
from lms_adapters.postgres.enrollments import PgCompletions, PgEnrollmentCodes, PgEnrollments, PgLearners
from lms_adapters.postgres.enrollments_classes import PgClasses
from lms_adapters.postgres.enrollments_offers import PgOffers, PgSights
from lms_adapters.postgres.enrollments_pages import PgEnrollmentPages
from lms_adapters.postgres.enrollments_progress import PgStudies
from lms_adapters.postgres.enrollments_rosters import PgRosters
from lms_adapters.postgres.feed import PgFeed, PgFeedReads
from lms_adapters.postgres.idempotency import PgAnswers
from lms_adapters.postgres.identity import PgAccounts, PgCredentials, PgUsers
from lms_adapters.postgres.jobs import PgJobLists, PgJobs
from lms_adapters.postgres.mfa import PgChallenges, PgSecondFactors
from lms_adapters.postgres.notifications import PgAnnouncements, PgNotifications, PgPreferences
from lms_adapters.postgres.notifications_pages import PgAnnouncementLists, PgNotificationLists
from lms_adapters.postgres.organizations import PgMemberships, PgOrganizationLists, PgOrganizations
from lms_adapters.postgres.outbox import PgOutbox
from lms_adapters.postgres.passkeys import PgPasskeys
from lms_adapters.postgres.personal_data import PgErasures, PgPersonalData
from lms_adapters.postgres.policies import PgPolicies
from lms_adapters.postgres.reviews import PgAttendances, PgReviewLists, PgReviews
from lms_adapters.postgres.sessions import PgSessions
from lms_adapters.postgres.sign_ins import PgSignIns
from lms_adapters.postgres.tasks import PgTasks
from lms_adapters.postgres.tasks_lists import PgTaskLists
from lms_adapters.postgres.tickets import PgTickets
from lms_adapters.postgres.upkeep import PgSchedules, PgUpkeep
from lms_adapters.postgres.upkeep_drifts import PgDriftLists, PgDrifts
from lms_adapters.postgres.webhooks import PgDeliveries, PgWebhooks
from lms_adapters.postgres.webhooks_pages import PgWebhookLists
from lms_domain.audit.chain import AuditKeys
from lms_domain.audit.model import NOWHERE, Origin
from lms_domain.audit.trail import entries_of
from lms_domain.courses.rendering import Rendering
from lms_domain.identity.gate import Gate
from lms_domain.identity.mfa import Authenticator
from lms_domain.identity.ports.accounts import Links
from lms_domain.identity.ports.sessions import Seals
from lms_domain.identity.webauthn import RelyingParty
from lms_domain.kernel import Clashed, Clock, Event, Invalid, LmsError, Unavailable
from lms_domain.ports import AllPorts, AllReads
from lms_domain.upkeep.model import Retention
from lms_domain.webhooks.ports import WebhookSecrets

Committed = Callable[[Sequence[Event]], Awaitable[None]]


async def ignore(_: Sequence[Event]) -> None:
    """What has happened."""


def ring_nobody() -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What use cases reach that is not in the database."""

    clock: Clock
    rendering: Rendering
    gate: Gate
    links: Links
    authenticator: Authenticator
    relying_party: RelyingParty
    seals: Seals
    retention: Retention
    webhook_secrets: WebhookSecrets
    audit_keys: AuditKeys
    origin: Callable[[], Origin] = lambda: NOWHERE  # of the transaction that is being written
    reach: Callable[[str], None] = lambda _: None  # where tests have the process killed


class PgPorts:
    def __init__(self, conn: AsyncConnection, beside: Beside, *, holds: bool = True) -> None:
        """`holds`: in a transaction, where what is locked stays so."""
        self._conn = conn
        self.events: list[Event] = []
        self.clock: Clock = beside.clock
        self.rendering = beside.rendering
        self.gate = beside.gate
        self.links = beside.links
        self.authenticator = beside.authenticator
        self.relying_party = beside.relying_party
        self.seals = beside.seals
        self._work_in_the_background(conn, beside)
        self._tell_others(conn, beside)
        self.answers = PgAnswers(conn)
        self.users = PgUsers(conn)
        self.credentials = PgCredentials(conn)
        self.sessions = PgSessions(conn)
        self.api_tokens = PgApiTokens(conn)
        self.tickets = PgTickets(conn)
        self.sign_ins = PgSignIns(conn)
        self.erasures = PgErasures(conn)
        self.policies = PgPolicies(conn)
        self.challenges = PgChallenges(conn)
        self.second_factors = PgSecondFactors(conn)
        self.passkeys = PgPasskeys(conn)
        self.organizations = PgOrganizations(conn)
        self.memberships = PgMemberships(conn)
        self.courses = PgCourses(conn)
        self.imports = PgImports(conn)
        self.reviews = PgReviews(conn)
        self.attendances = PgAttendances(conn)
        self.assets = PgAssets(conn)
        self.sections = PgSections(conn)
        self.lessons = PgLessons(conn)
        self.drafts = PgDrafts(conn)
        self.revisions = PgRevisions(conn)
        self.contents = PgContents(conn)
        self.course_staff = PgCourseStaff(conn)
        self.standings = PgStandings(conn)
        self.turnstiles = PgTurnstiles(conn)
        self.course_pages = PgCoursePages(conn)
        self.listings = PgListings(conn)
        self.enrollments = PgEnrollments(conn)
        self.enrollment_codes = PgEnrollmentCodes(conn)
        self.offers = PgOffers(conn)
        self.sights = PgSights(conn)
        self.learners = PgLearners(conn)
        self.studies = PgStudies(conn, holds=holds)
        self.completions = PgCompletions(conn)
        self.classes = PgClasses(conn)

    def _work_in_the_background(self, conn: AsyncConnection, beside: Beside) -> None:
        self.outbox = PgOutbox(conn)
        self.tasks = PgTasks(conn)
        self.feed = PgFeed(conn)
        self.schedules = PgSchedules(conn)
        self.upkeep = PgUpkeep(conn)
        self.drifts = PgDrifts(conn)
        self.jobs = PgJobs(conn)
        self.retention = beside.retention

    def _tell_others(self, conn: AsyncConnection, beside: Beside) -> None:
        self.webhooks = PgWebhooks(conn)
        self.deliveries = PgDeliveries(conn)
        self.webhook_secrets = beside.webhook_secrets
        self.notifications = PgNotifications(conn)
        self.preferences = PgPreferences(conn)
        self.announcements = PgAnnouncements(conn)

    def emit(self, *events: Event) -> None:
        self.events.extend(events)


class PgReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn
        self.accounts = PgAccounts(conn)
        self.personal_data = PgPersonalData(conn)
        self.policies = PgPolicies(conn)
        self.catalog = PgCatalog(conn)
        self.review_lists = PgReviewLists(conn)
        self.organization_lists = PgOrganizationLists(conn)
        self.webhook_lists = PgWebhookLists(conn)
        self.asset_reads = PgAssetReads(conn)
        self.audit_trail = PgAuditTrail(conn)
        self.course_pages = PgCoursePages(conn)
        self.outlines = PgOutlines(conn)
        self.lesson_pages = PgLessonPages(conn)
        self.drafts = PgDrafts(conn)
        self.course_revisions = PgRevisionReads(conn)
        self.staff_lists = PgStaffReads(conn)
        self.standings = PgStandings(conn)
        self.sights = PgSights(conn)
        self.enrollments = PgEnrollmentPages(conn)
        self.rosters = PgRosters(conn)
        self.task_lists = PgTaskLists(conn)
        self.feed_reads = PgFeedReads(conn)
        self.job_lists = PgJobLists(conn)
        self.notification_lists = PgNotificationLists(conn)
        self.announcement_lists = PgAnnouncementLists(conn)
        self.drift_lists = PgDriftLists(conn)

    async def ping(self) -> None:
        await self._conn.execute(text("select 1"))


class PgDatabase:
    def __init__(
        self,
        connections: Connections,
        beside: Beside,
        *,
        committed: Committed = ignore,
        freed: Callable[[], None] = ring_nobody,
    ) -> None:
        """`committed` is told what has happened, before the caller is; `freed`, that a task need not wait any more."""
        self._connections, self._beside = connections, beside
        self._committed, self._freed = committed, freed

    @asynccontextmanager
    async def begin(self, *, single_write: bool = False) -> AsyncIterator[AllPorts]:
        refusal: LmsError | None = None
        connections = self._connections
        async with _answering(), connections.reading() if single_write else connections.writing() as conn:
            ports = PgPorts(conn, self._beside, holds=not single_write)
            try:
                yield ports
            except LmsError as error:
                if not error.leaves_trail:
                    raise
                refusal = error
            await ports.outbox.put(ports.events)
            # Last of all: whoever is written into the audit trail next waits from here to the commit.
            await PgAudit(conn, self._beside.audit_keys).append(list(entries_of(ports.events, self._beside.origin())))
            if ports.events:
                self._beside.reach("api.before_commit")
        if ports.events:
            self._beside.reach("api.after_commit")
        await self._committed(ports.events)
        if ports.tasks.has_freed or ports.deliveries.has_renewed:
            self._freed()
        if refusal:
            raise refusal


class PgReader:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AllReads]:
        async with _answering(), self._connections.reading() as conn:
            yield PgReads(conn)


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """A database that is away, or too busy, is a 503 for the caller and not a fault of the program."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state is None and isinstance(error.orig, psycopg.DataError):
            raise Unstorable from error
        if error.connection_invalidated or state is None or state[:2] in AWAY:
            raise Unavailable from error
        if state in REPEATABLE:
            raise Clashed from error
        raise


class Unstorable(Invalid):
    """The driver refused a value before it was sent. Fields have rules of their own; this is the net below them."""

    message = "A value holds something that cannot be stored, such as a NUL character."


# SQLSTATE classes: connection trouble, out of resources, operator intervention (a timeout among them).
AWAY = ("08", "53", "57")
# deadlock_detected, serialization_failure, lock_not_available
REPEATABLE = ("40P01", "40001", "55P03")
