"""Assemble the Litestar application."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute

from lms_domain.idempotency import Replayed
from lms_domain.kernel import LmsError
from lms_entrypoints.http import docs, openapi
from lms_entrypoints.http.addresses import Addresses
from lms_entrypoints.http.announcements import AnnouncementController
from lms_entrypoints.http.api_tokens import MyApiTokenController, UserApiTokenController
from lms_entrypoints.http.archives import ArchiveController
from lms_entrypoints.http.assets import AssetController
from lms_entrypoints.http.audit import AuditController, OrganizationAuditController
from lms_entrypoints.http.auth import Gatekeeper
from lms_entrypoints.http.bodies import Bodies
from lms_entrypoints.http.catalog import CatalogController
from lms_entrypoints.http.conditional import conditional
from lms_entrypoints.http.cookies import CookieMode
from lms_entrypoints.http.cors import Cors, Hosts
from lms_entrypoints.http.courses import CourseController
from lms_entrypoints.http.courses_outline import LessonController, OutlineController, SectionController
from lms_entrypoints.http.courses_publishing import PublishingController
from lms_entrypoints.http.courses_staff import StaffController
from lms_entrypoints.http.drifts import DriftController
from lms_entrypoints.http.edge import Edge, Rules
from lms_entrypoints.http.endpoints import routes_of
from lms_entrypoints.http.enrollment_codes import EnrollmentCodeController
from lms_entrypoints.http.enrollments import EnrollmentController
from lms_entrypoints.http.envelope import Envelope
from lms_entrypoints.http.errors import fail, garbled, refuse, reject
from lms_entrypoints.http.events import EventController
from lms_entrypoints.http.given import dependencies, refuse_unknown_parameters
from lms_entrypoints.http.headers import SecurityHeaders
from lms_entrypoints.http.health import HealthController
from lms_entrypoints.http.idempotency import replayed
from lms_entrypoints.http.identity import AuthController, MeController, UserController
from lms_entrypoints.http.jobs import JobController, NewJobController
from lms_entrypoints.http.kept import keeping
from lms_entrypoints.http.limits import Limits
from lms_entrypoints.http.mailbox import MailboxController
from lms_entrypoints.http.memberships import MyMembershipController
from lms_entrypoints.http.metrics import MetricsController
from lms_entrypoints.http.mfa import MyMfaController, SecondStepController, UserMfaController
from lms_entrypoints.http.notifications import NotificationController, PreferenceController
from lms_entrypoints.http.organizations import OrganizationController
from lms_entrypoints.http.passkeys import MyPasskeyController, PasskeySignInController
from lms_entrypoints.http.privacy import MyDataController, ReceiptController, UserErasureController
from lms_entrypoints.http.progress import ProgressController
from lms_entrypoints.http.queues import QueueController
from lms_entrypoints.http.recovery import MyCredentialsController, RecoveryController, UserSignInController
from lms_entrypoints.http.requests import StrictRequest
from lms_entrypoints.http.reviews import ReviewController
from lms_entrypoints.http.roster import RosterController
from lms_entrypoints.http.sessions import MySessionController, UserSessionController
from lms_entrypoints.http.signing_keys import SigningKeyController
from lms_entrypoints.http.unsubscribe import UnsubscribeController
from lms_entrypoints.http.webhooks import DeliveryController, WebhookController
from lms_entrypoints.services import Services

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

API: list[Any] = [
    CatalogController,
    ArchiveController,
    AssetController,
    AuditController,
    AuthController,
    MeController,
    MyApiTokenController,
    MyCredentialsController,
    MyMfaController,
    MyPasskeyController,
    PasskeySignInController,
    SecondStepController,
    UserMfaController,
    RecoveryController,
    MyDataController,
    UserErasureController,
    ReceiptController,
    UserSignInController,
    MySessionController,
    UserController,
    UserApiTokenController,
    UserSessionController,
    MyMembershipController,
    OrganizationController,
    OrganizationAuditController,
    WebhookController,
    DeliveryController,
    CourseController,
    SectionController,
    LessonController,
    OutlineController,
    PublishingController,
    StaffController,
    EnrollmentController,
    EnrollmentCodeController,
    ProgressController,
    ReviewController,
    RosterController,
    AnnouncementController,
    NotificationController,
    PreferenceController,
    UnsubscribeController,
    EventController,
    NewJobController,
    JobController,
    QueueController,
    DriftController,
]


def build_app(services: Services, *, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    def replay(request: Request[Any, Any, Any], error: Replayed) -> Response[Any]:
        return replayed(services.seal, request, error)

    app = Litestar(
        route_handlers=[
            HealthController,
            SigningKeyController,
            MetricsController,
            Router(path="/api/v1", route_handlers=API, before_request=refuse_unknown_parameters),
            *(docs.HANDLERS if services.settings.shows_docs else ()),
            *((MailboxController,) if services.settings.shows_mailbox else ()),
        ],
        dependencies=dependencies(services),
        request_class=StrictRequest,
        response_class=Envelope,
        exception_handlers={
            Replayed: replay,
            LmsError: refuse,
            HTTPException: reject,
            UnicodeDecodeError: garbled,
            RecursionError: garbled,
            Exception: fail,
        },
        openapi_config=openapi.config() if services.settings.shows_docs else None,
        lifespan=list(lifespan),
        logging_config=None,
        request_max_body_size=None,  # the edge bounds bodies, per kind
    )
    resolve_in_turn(app)
    return app


def resolve_in_turn(app: Litestar) -> None:
    """No dependency of ours waits for anything, and resolving several at once in a task group costs 0.1 ms."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{each} for batch in model.dependency_batches for each in batch]


def at_the_edge(app: Litestar, services: Services) -> Edge:
    """The app as it is served."""
    server = services.settings.server
    rules = Rules(
        bodies=Bodies(most=server.max_body_mb << 20, upload=server.max_upload_mb << 20),
        headers=SecurityHeaders(hsts_seconds=services.settings.hsts_seconds),
        cors=Cors(server.origins, credentials=server.cors_credentials),
        hosts=Hosts(server.hosts),
        seconds=server.request_seconds,
        transfer_seconds=server.transfer_seconds,
    )
    limits, addresses = Limits(services.settings.limits, routes_of(app)), Addresses(server.trusted_proxies)
    inside = Gatekeeper(conditional(keeping(app, services.kept)), services, limits, addresses)
    days = services.settings.security.refresh_days
    leave = partial(services.accounts.sign_out, services.run)
    return Edge(CookieMode(inside, services.seals, rules.cors, days=days, leave=leave), rules)
