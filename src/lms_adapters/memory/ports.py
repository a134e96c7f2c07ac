"""Every port a use case may need, in memory: what unit tests run on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from lms_adapters.memory.answers import MemoryAnswers
from lms_adapters.memory.assets import MemoryAssets
from lms_adapters.memory.audit import MemoryAudit
from lms_adapters.memory.courses import (
    MemoryCourses,
    MemoryCourseStaff,
    MemoryLessons,
    MemorySections,
    MemoryTurnstiles,
)
from lms_adapters.memory.courses_drafts import MemoryContents, MemoryDrafts, MemoryRevisions
from lms_adapters.memory.courses_imports import MemoryImports
from lms_adapters.memory.courses_pages import MemoryCoursePages, MemoryStandings, NoListings, PlainRendering
from lms_adapters.memory.enrollments import (
    MemoryCompletions,
    MemoryEnrollmentCodes,
    MemoryEnrollments,
    MemoryLearners,
    MemoryOffers,
    MemorySights,
)
from lms_adapters.memory.enrollments_progress import MemoryClasses, MemoryStudies
from lms_adapters.memory.erasures import MemoryErasures
from lms_adapters.memory.gate import MemoryGate
from lms_adapters.memory.identity import (
    MemoryApiTokens,
    MemoryCredentials,
    MemorySessions,
    MemorySignIns,
    MemoryUsers,
)
from lms_adapters.memory.jobs import MemoryJobs
from lms_adapters.memory.mfa import MemoryChallenges, MemorySecondFactors, PlainAuthenticator
from lms_adapters.memory.notifications import MemoryAnnouncements, MemoryNotifications, MemoryPreferences
from lms_adapters.memory.organizations import MemoryMemberships, MemoryOrganizations
from lms_adapters.memory.passkeys import MemoryPasskeys, PlainRelyingParty, PlainSeals
from lms_adapters.memory.policies import MemoryPolicies
from lms_adapters.memory.reviews import MemoryAttendances, MemoryReviews
from lms_adapters.memory.store import Store
from lms_adapters.memory.tasks import MemoryFeed, MemoryOutbox, MemoryTasks
from lms_adapters.memory.tickets import MemoryTickets, PlainLinks
from lms_adapters.memory.upkeep import MemorySchedules, NoUpkeep
from lms_adapters.memory.upkeep_drifts import MemoryDrifts
from lms_adapters.memory.webhooks import MemoryDeliveries, MemoryWebhooks, PlainWebhookSecrets
from lms_domain.audit.model import NOWHERE, Origin
from lms_domain.audit.trail import entries_of
from lms_domain.identity.mfa import Authenticator
from lms_domain.identity.ports.sessions import Seals
from lms_domain.identity.webauthn import RelyingParty
from lms_domain.kernel import Clock, Event, LmsError
from lms_domain.ports import AllPorts
from lms_domain.upkeep.model import Retention


class FixedClock:
    """Stands still until a test moves it."""

    def __init__(self, now: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def pass_time(self, span: timedelta) -> None:
        self._now += span


class MemoryPorts:
    def __init__(self, store: Store | None = None, clock: Clock | None = None) -> None:
        self._store: Store = {} if store is None else store
        self.clock: Clock = clock or FixedClock()
        self.events: list[Event] = []
        self._work_in_the_background()
        self.answers = MemoryAnswers(self._store)
        self.users = MemoryUsers(self._store)
        self.credentials = MemoryCredentials(self._store)
        self.sessions = MemorySessions(self._store)
        self.api_tokens = MemoryApiTokens(self._store)
        self.tickets = MemoryTickets(self._store)
        self.sign_ins = MemorySignIns(self._store)
        self.erasures = MemoryErasures(self._store)
        self.policies = MemoryPolicies(self._store)
        self.challenges = MemoryChallenges(self._store)
        self.second_factors = MemorySecondFactors(self._store)
        self.passkeys = MemoryPasskeys(self._store)
        self.authenticator: Authenticator = PlainAuthenticator()
        self.relying_party: RelyingParty = PlainRelyingParty()
        self.seals: Seals = PlainSeals()
        self.links = PlainLinks()
        self.gate = MemoryGate()
        self.organizations = MemoryOrganizations(self._store)
        self.memberships = MemoryMemberships(self._store)
        self._tell_others()
        self.courses = MemoryCourses(self._store)
        self.imports = MemoryImports(self._store)
        self.reviews = MemoryReviews(self._store)
        self.attendances = MemoryAttendances(self._store)
        self.assets = MemoryAssets(self._store)
        self.sections = MemorySections(self._store)
        self.lessons = MemoryLessons(self._store)
        self.drafts = MemoryDrafts(self._store)
        self.revisions = MemoryRevisions(self._store)
        self.contents = MemoryContents(self._store)
        self.course_staff = MemoryCourseStaff(self._store)
        self.standings = MemoryStandings(self._store)
        self.turnstiles = MemoryTurnstiles(self._store)
        self.course_pages = MemoryCoursePages(self._store)
        self.rendering = PlainRendering()
        self.listings = NoListings()
        self.enrollments = MemoryEnrollments(self._store)
        self.enrollment_codes = MemoryEnrollmentCodes(self._store)
        self.offers = MemoryOffers(self._store, self.clock)
        self.sights = MemorySights(self._store, self.clock)
        self.learners = MemoryLearners(self._store)
        self.studies = MemoryStudies(self._store, self.emit)
        self.completions = MemoryCompletions(self._store)
        self.classes = MemoryClasses(self._store)

    def _work_in_the_background(self) -> None:
        self.outbox = MemoryOutbox(self._store)
        self.tasks = MemoryTasks(self._store)
        self.feed = MemoryFeed(self._store)
        self.schedules = MemorySchedules(self._store)
        self.upkeep = NoUpkeep()
        self.drifts = MemoryDrifts(self._store)
        self.jobs = MemoryJobs(self._store)
        self.retention = Retention()

    def _tell_others(self) -> None:
        self.webhooks = MemoryWebhooks(self._store)
        self.deliveries = MemoryDeliveries(self._store)
        self.webhook_secrets = PlainWebhookSecrets()
        self.notifications = MemoryNotifications(self._store)
        self.preferences = MemoryPreferences(self._store)
        self.announcements = MemoryAnnouncements(self._store)

    def emit(self, *events: Event) -> None:
        self.events.extend(events)


class MemoryDatabase:
    """Transactions one after another: each works on a copy, which replaces the store when it commits."""

    def __init__(self, clock: Clock | None = None, origin: Callable[[], Origin] = lambda: NOWHERE) -> None:
        self.store: Store = {}
        self._origin = origin
        self.clock = clock or FixedClock()

    @asynccontextmanager
    async def begin(self, *, single_write: bool = False) -> AsyncIterator[AllPorts]:  # noqa: ARG002
        refusal: LmsError | None = None
        work = deepcopy(self.store)
        ports = MemoryPorts(work, self.clock)
        try:
            yield ports
        except LmsError as error:
            if not error.leaves_trail:
                raise
            refusal = error
        ports.outbox.put(ports.events)
        MemoryAudit(work).append(list(entries_of(ports.events, self._origin())))
        self.store = work
        if refusal:
            raise refusal
