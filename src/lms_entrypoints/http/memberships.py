"""The organizations that somebody belongs to, or is wanted by."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath

from lms_domain.kernel import OrganizationId, Page
from lms_domain.organizations import members, queries
from lms_domain.organizations.views import MembershipView, OwnMembership
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun


class MyMembershipController(Controller):
    path = "/me/memberships"
    tags = ["Account"]

    @get(summary="List my memberships")
    async def mine(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[OwnMembership]:
        """By name. Those with `accepted_at` null are invitations, which give nothing and ask for nothing."""
        return await ask(queries.memberships, actor, paging)

    @post("/{organization_id:uuid}/accept", summary="Accept a membership", status_code=200)
    async def accept(
        self, run: GivenRun, actor: GivenActor, organization_id: FromPath[OrganizationId]
    ) -> MembershipView:
        """From now on you have the role there, its admins see your name and address, and what it asks of its people
        (`GET /me/policies`) holds for you. Again: the same.
        """
        return await run(members.accept, actor, organization_id)

    @delete("/{organization_id:uuid}", summary="Decline or leave")
    async def leave(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        expected: GivenExpected,
    ) -> None:
        """At any time. The last admin of an organization stays until there is another one."""
        await run(members.leave, actor, organization_id, expected=expected)
