"""Organizations and their members."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.kernel import OrganizationId, Page, UserId
from lms_domain.organizations import members, policies, queries, use_cases
from lms_domain.organizations.model import Organization
from lms_domain.organizations.views import MemberLine, MembershipView
from lms_domain.policies import MfaRule, Policy
from lms_domain.standing import OrganizationRole
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun, sent


class CreateOrganization(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without a `slug` it gets one that is made of its name, with a number where that is taken."""

    name: Annotated[str, Meta(examples=["Northern School"])]
    slug: Annotated[str, Meta(examples=["northern-school"])] | UnsetType = UNSET
    metadata: Annotated[dict[str, Any], Meta(examples=[{"region": "north"}])] | UnsetType = UNSET


class ChangeOrganization(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, Meta(examples=["Northern School"])] | UnsetType = UNSET
    slug: Annotated[str, Meta(examples=["northern-school"])] | UnsetType = UNSET
    metadata: Annotated[dict[str, Any], Meta(examples=[{"region": "north"}])] | UnsetType = UNSET


class MemberRole(Struct, forbid_unknown_fields=True, kw_only=True):
    role: Annotated[OrganizationRole, Meta(examples=["instructor"])]


Minutes = Annotated[int, Meta(examples=[480])] | None


class PutPolicy(Struct, forbid_unknown_fields=True, kw_only=True):
    """`mfa`: who has to have a second factor, `mfa_grace_days` after it was asked for or they came. `email_domains`: of
    new addresses and members. `session_minutes`: from sign-in to the next one; `session_idle_minutes`: unused.
    `password_score`: of new passwords, by zxcvbn. `staff_networks` (CIDR): where staff may be staff.
    """

    mfa: Annotated[MfaRule, Meta(examples=["staff"])] = MfaRule.NONE
    mfa_grace_days: Annotated[int, Meta(examples=[14])] = 0
    email_domains: Annotated[list[str], Meta(examples=[["example.org", "*.example.org"]])] = []
    session_idle_minutes: Minutes = None
    session_minutes: Minutes = None
    password_score: Annotated[int, Meta(examples=[3])] | None = None
    staff_networks: Annotated[list[str], Meta(examples=[["192.0.2.0/24"]])] = []


class OrganizationController(Controller):
    path = "/organizations"
    tags = ["Organizations"]

    @get(summary="List organizations")
    async def organizations(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[Organization]:
        """Yours; all of them for an instance admin."""
        return await ask(queries.organizations, actor, paging)

    @post(summary="Create an organization")
    async def create(self, run: GivenRun, actor: GivenActor, data: JSONBody[CreateOrganization]) -> Organization:
        """For instance admins."""
        return await run(use_cases.create, actor, sent(data))

    @get("/{organization_id:uuid}", summary="Read an organization")
    async def organization(
        self, ask: GivenAsk, actor: GivenActor, organization_id: FromPath[OrganizationId]
    ) -> Organization:
        return await ask(queries.organization, actor, organization_id)

    @patch("/{organization_id:uuid}", summary="Change an organization")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        data: JSONBody[ChangeOrganization],
        expected: GivenExpected,
    ) -> Organization:
        """For its admins."""
        return await run(use_cases.change, actor, organization_id, sent(data), expected=expected)

    @delete("/{organization_id:uuid}", summary="Delete an organization")
    async def remove(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        expected: GivenExpected,
    ) -> None:
        """Softly, for instance admins: its courses are out of sight with it."""
        await run(use_cases.delete, actor, organization_id, expected=expected)

    @get("/{organization_id:uuid}/policy", summary="Read what an organization asks of its people")
    async def policy(self, ask: GivenAsk, actor: GivenActor, organization_id: FromPath[OrganizationId]) -> Policy:
        """For its admins; everybody reads what holds for themselves at `GET /me/policies`."""
        return await ask(policies.policy, actor, organization_id)

    @put("/{organization_id:uuid}/policy", summary="Say what an organization asks of its people")
    async def put_policy(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        data: JSONBody[PutPolicy],
        expected: GivenExpected,
    ) -> Policy:
        """For its admins; what is left out is not asked. The policy of the default organization holds for every
        account. Sessions follow at their next refresh; passwords and addresses when they are changed.
        """
        return await run(policies.put_policy, actor, organization_id, msgspec.structs.asdict(data), expected=expected)

    @get("/{organization_id:uuid}/members", summary="List the members")
    async def members(
        self, ask: GivenAsk, actor: GivenActor, organization_id: FromPath[OrganizationId], paging: GivenPaging
    ) -> Page[MemberLine]:
        """By name. For its admins: the lines hold addresses. Who was invited and has not accepted (`accepted_at` is
        null) stands first, without name and address.
        """
        return await ask(queries.members, actor, organization_id, paging)

    @get("/{organization_id:uuid}/members/{user_id:uuid}", summary="Read a membership")
    async def member(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        user_id: FromPath[UserId],
    ) -> MemberLine:
        """For its admins, and your own that you have accepted."""
        return await ask(queries.member, actor, organization_id, user_id)

    @put("/{organization_id:uuid}/members/{user_id:uuid}", summary="Invite a member or change their role")
    async def put_member(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        user_id: FromPath[UserId],
        data: JSONBody[MemberRole],
        expected: GivenExpected,
    ) -> MembershipView:
        """For its admins. Who is new is invited, and belongs to it when they accept: `POST
        /me/memberships/{organization_id}/accept`. What an admin of the instance says holds at once.
        """
        return await run(members.put_member, actor, organization_id, user_id, data.role, expected=expected)

    @delete("/{organization_id:uuid}/members/{user_id:uuid}", summary="Remove a member")
    async def remove_member(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        user_id: FromPath[UserId],
        expected: GivenExpected,
    ) -> None:
        """For its admins; for oneself there is `DELETE /me/memberships/{organization_id}`. The last admin stays, unless
        an instance admin says otherwise.
        """
        await run(members.remove_member, actor, organization_id, user_id, expected=expected)
