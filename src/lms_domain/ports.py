"""The union of every context's ports and reads: what a database adapter must satisfy."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from lms_domain.audit.ports import AuditReads
from lms_domain.courses.asset_queries import ReadsAssets
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.ports.reading import CourseReads
from lms_domain.courses.reviews import ReviewPorts, ReviewReads
from lms_domain.enrollments.ports import EnrollmentPorts, EnrollmentReads
from lms_domain.feed.ports import FeedReads
from lms_domain.idempotency import IdempotencyPorts
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.ports.reading import IdentityReads
from lms_domain.jobs.ports import JobPorts, JobReads
from lms_domain.notifications.ports import NotificationPorts, NotificationReads
from lms_domain.organizations.ports import OrganizationPorts, OrganizationReads
from lms_domain.tasks.ports import TaskPorts, TaskReads
from lms_domain.upkeep.ports import UpkeepPorts, UpkeepReads
from lms_domain.webhooks.ports import WebhookPorts, WebhookReads


class AllPorts(
    UpkeepPorts,  # these first: they ask for what others ask for as well
    JobPorts,
    CoursePorts,
    EnrollmentPorts,
    IdempotencyPorts,
    NotificationPorts,
    IdentityPorts,
    WebhookPorts,
    OrganizationPorts,
    ReviewPorts,
    TaskPorts,
    Protocol,
): ...


class AllReads(
    AuditReads,
    CourseReads,
    EnrollmentReads,
    FeedReads,
    IdentityReads,
    WebhookReads,
    JobReads,
    NotificationReads,
    OrganizationReads,
    ReadsAssets,
    ReviewReads,
    TaskReads,
    UpkeepReads,
    Protocol,
):
    async def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""


class Database(Protocol):
    def begin(self, *, single_write: bool = False) -> AbstractAsyncContextManager[AllPorts]:
        """Open one transaction: commit on leaving, roll back on any exception.

        `single_write`: for a use case that reads and then writes in one statement, which checks what was read. It
        needs no transaction around it, and no lock.
        """


class Reader(Protocol):
    def open(self) -> AbstractAsyncContextManager[AllReads]:
        """Lend a read-only connection, outside any transaction; it may be a replica's."""
