"""Reading the feed: whoever goes on from the cursor of the last answer misses nothing and is told nothing twice."""

from lms_domain.feed.ports import FeedReads
from lms_domain.feed.public import KINDS
from lms_domain.feed.views import FeedLine, Wanted
from lms_domain.kernel import Actor, Conflict, OrganizationId, Permission, Problem, Slice, refuse_if_any
from lms_domain.organizations.model import must_administer
from lms_domain.positions import NOW, position_of

MOST = 500  # events in one answer


class EventsForgotten(Conflict):
    message = (
        "Events after this cursor are no longer kept, so some would be missing. Read what you need anew, and go on from"
        " the cursor `now`."
    )


async def after(reads: FeedReads, actor: Actor, cursor: str | None, wanted: Wanted, limit: int) -> Slice[FeedLine]:
    """`cursor`: of an earlier answer; None: from the first event that is kept; `now`: none of what was before."""
    await _must_be_theirs(reads, actor, wanted)
    _must_be_known(wanted, limit)
    first, last = await reads.feed_reads.bounds()
    if cursor == NOW:
        return Slice(items=[], next_cursor=str(last), has_more=False)
    position = first - 1 if cursor is None else position_of(cursor, "after")
    if position > last:
        refuse_if_any([Problem("after", "a cursor that was given here")])
    if position < first - 1:
        raise EventsForgotten
    items = await reads.feed_reads.after(position, wanted, limit + 1)
    has_more = len(items) > limit
    # Where nothing more is wanted, the reader has seen all up to the end as it was before the question.
    end = items[limit - 1].cursor if has_more else str(max(last, int(items[-1].cursor) if items else 0))
    return Slice(items=items[:limit], next_cursor=end, has_more=has_more)


async def _must_be_theirs(reads: FeedReads, actor: Actor, wanted: Wanted) -> None:
    if actor.can(Permission.READ_ALL_EVENTS):
        return
    if wanted.organization_id is None:
        refuse_if_any([Problem("organization_id", "say of which organization; only instance admins read all")])
        return
    organization_id = OrganizationId(wanted.organization_id)
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    await must_administer(reads.policies, actor, organization_id, role)


def _must_be_known(wanted: Wanted, limit: int) -> None:
    problems = [Problem("kind", f"no such kind: {kind[:64]}") for kind in wanted.kinds if kind not in KINDS]
    if not 1 <= limit <= MOST:
        problems.append(Problem("limit", f"1 to {MOST}"))
    refuse_if_any(problems)
