"""Who may read the trail."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from lms_domain.audit.model import Link
from lms_domain.audit.ports import AuditReads
from lms_domain.audit.trail import ACTIONS, TARGETS
from lms_domain.audit.views import AuditFilter, AuditLine, Tip
from lms_domain.kernel import Actor, OrganizationId, Page, PageRequest, Permission, Problem, refuse_if_any
from lms_domain.organizations.model import must_administer

WHERE = ("request_id", "ip", "session_id", "api_token_id")


async def entries(reads: AuditReads, actor: Actor, wanted: AuditFilter, paging: PageRequest) -> Page[AuditLine]:
    """All of the instance, for its admins."""
    actor.must(Permission.READ_AUDIT)
    return await reads.audit_trail.page(_checked(wanted), paging)


async def entries_of(
    reads: AuditReads, actor: Actor, organization_id: OrganizationId, wanted: AuditFilter, paging: PageRequest
) -> Page[AuditLine]:
    """Of one organization and its courses, for its admins. From where people accept, decline or leave is theirs: it is
    not told, and cannot be asked for.
    """
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    if not actor.can(Permission.READ_AUDIT):
        await must_administer(reads.policies, actor, organization_id, role)
    asks_where = any(getattr(wanted, name) is not None for name in WHERE)
    asked = replace(_checked(wanted), organization_id=organization_id, of_others=asks_where or None)
    page = await reads.audit_trail.page(asked, paging)
    return replace(page, items=[_without_place(line) for line in page.items])


async def tip(reads: AuditReads) -> Tip:
    """For the operator at the command line, as `links` is."""
    return await reads.audit_trail.tip()


async def erased(reads: AuditReads) -> Mapping[UUID, int]:
    return await reads.audit_trail.erased()


async def links(reads: AuditReads, after: int | None, limit: int) -> Sequence[Link]:
    return await reads.audit_trail.after(after, limit)


def _without_place(line: AuditLine) -> AuditLine:
    is_own = line.actor_id is not None and line.actor_id == line.target_id
    return replace(line, request_id=None, ip=None, session_id=None, api_token_id=None) if is_own else line


def _checked(wanted: AuditFilter) -> AuditFilter:
    problems: list[Problem] = []
    if wanted.action is not None and wanted.action not in ACTIONS:
        problems.append(Problem("action", f"one of {', '.join(ACTIONS)}"))
    if wanted.target_kind is not None and wanted.target_kind not in TARGETS:
        problems.append(Problem("target_kind", f"one of {', '.join(TARGETS)}"))
    problems += [
        Problem(name, "with an offset from UTC, such as 2030-01-01T00:00:00Z")
        for name, moment in (("since", wanted.since), ("until", wanted.until))
        if moment is not None and moment.tzinfo is None
    ]
    refuse_if_any(problems)
    return wanted
