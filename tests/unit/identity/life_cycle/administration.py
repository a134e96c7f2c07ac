"""What admins do with the accounts of others, and programs with tokens of their own."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule
from tests.unit.identity.life_cycle.model import Access, Program, SignIn
from tests.unit.identity.life_cycle.trial import Trial, accesses, anybody, people, programs

from lms_domain.identity import use_cases
from lms_domain.identity.api_tokens import ApiTokenDraft, Scope
from lms_domain.identity.errors import ActingRefused
from lms_domain.identity.model import Role
from lms_domain.kernel import Forbidden, NotFound, OwnerNeeded
from lms_entrypoints.accounts import Caller

ROLES = [[Role.STUDENT], [Role.INSTRUCTOR], [Role.ADMIN, Role.STUDENT]]


class Administration(Trial):
    @rule(by=anybody, who=people)
    def end_all_of(self, by: Access | None, who: int) -> None:
        if self.administered(by, use_cases.end_sessions_of, self.people[who].id):
            self.model.end_all(self.people[who])

    @rule(by=anybody, who=people, roles=st.sampled_from(ROLES))
    def give_roles(self, by: Access | None, who: int, roles: list[Role]) -> None:
        if self.administered(by, use_cases.change_user, self.people[who].id, {"roles": roles}):
            self.model.give_roles(self.people[who], roles)

    @rule(by=anybody, who=people, is_restored=st.booleans())
    def close(self, by: Access | None, who: int, *, is_restored: bool) -> None:
        person = self.people[who]
        if self.administered(by, use_cases.change_user, person.id, {"is_active": False}):
            self.model.close(person)
        if is_restored:
            self.restore(None, who)

    @rule(by=anybody, who=people)
    def restore(self, by: Access | None, who: int) -> None:
        if self.administered(by, use_cases.change_user, self.people[who].id, {"is_active": True}):
            self.model.restore(self.people[who])

    @rule(target=accesses, who=people, whom=people, is_allowed=st.booleans())
    def act_as(self, who: int, whom: int, *, is_allowed: bool) -> Any:
        admin, person = self.people[who], self.people[whom]
        if is_allowed:  # it comes about seldom by itself
            admin, person = self.people[1], self.people[0]
            self.give_roles(None, 1, [Role.ADMIN])
            self.give_roles(None, 0, [Role.STUDENT])
        if not (found := self.somebody(admin)):
            return multiple()
        access, actor = found

        def act() -> Any:
            return self.accounts.act_as(self.run, actor, person.id, reason="Ticket", minutes=60, caller=Caller())

        if Role.ADMIN not in admin.roles or access.behind:
            self.is_refused(Forbidden, act)
            return multiple()
        if person is admin or Role.ADMIN in person.roles or not person.is_active:
            self.is_refused(ActingRefused, act)
            return multiple()
        made, until = self.world.do(act()), self.now + timedelta(minutes=60)
        sign_in = SignIn(id=made.session_id, person=person, refresh_tokens=[], expires_at=until, ends_at=until)
        return self.given(made.access_token, self.model.signed_in(sign_in), minutes=60, behind=access)

    @rule(target=programs, access=accesses, days=st.sampled_from([1, 30]))
    def make_program(self, access: Access, days: int) -> Any:
        if not (found := self.somebody(access)):
            return multiple()
        access, actor = found
        until = self.now + timedelta(days=days)
        secret = self.world.services.api_tokens.new_secret()
        draft = ApiTokenDraft(name="Report", scopes=[Scope.ACCOUNT_READ], expires_at=until, networks=[])
        if access.behind:
            self.is_refused(OwnerNeeded, lambda: self.run(use_cases.create_api_token, actor, draft, secret))
            return multiple()
        made = self.world.do(self.run(use_cases.create_api_token, actor, draft, secret))
        program = Program(id=made.api_token.id, token=made.token, person=access.person, expires_at=until)
        self.model.programs.append(program)
        return program

    @rule(access=accesses, program=programs)
    def revoke_program(self, access: Access, program: Program) -> None:
        if not (found := self.somebody(access)):
            return
        access, actor = found
        if program.person is not access.person and Role.ADMIN not in access.person.roles:
            self.is_refused(NotFound, lambda: self.run(use_cases.revoke_api_token, actor, program.id))
        elif access.behind:
            self.is_refused(OwnerNeeded, lambda: self.run(use_cases.revoke_api_token, actor, program.id))
        else:
            self.world.do(self.run(use_cases.revoke_api_token, actor, program.id))
            program.is_revoked = True

    @rule(by=anybody, who=people)
    def revoke_programs_of(self, by: Access | None, who: int) -> None:
        if self.administered(by, use_cases.revoke_api_tokens_of, self.people[who].id):
            self.model.revoke_programs(self.people[who])
