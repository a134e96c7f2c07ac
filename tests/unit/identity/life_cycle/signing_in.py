"""People who sign in, go on and sign out, and thieves who have their tokens."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, precondition, rule
from tests.unit.identity.life_cycle.model import Access, Refresh, SignIn
from tests.unit.identity.life_cycle.trial import REFUSED, Trial, accesses, chosen, people, places

from lms_domain.identity import use_cases
from lms_domain.identity.errors import WrongCredentials, WrongPassword
from lms_domain.identity.model import Role
from lms_domain.kernel import NotFound, OwnerNeeded, Secret
from lms_entrypoints.accounts import Caller


class SigningIn(Trial):
    @initialize(target=accesses)
    def begin(self) -> Any:
        self.root, *people = [self.new_person(roles) for roles in ([Role.ADMIN], [Role.STUDENT], [Role.ADMIN])]
        self.people = people
        return multiple(*(self.opened(person) for person in people))

    @rule(target=accesses, who=people)
    def sign_in(self, who: int) -> Any:
        person = self.people[who]
        if not person.is_active:
            self.is_refused(WrongCredentials, lambda: self.try_password(person, person.password))
            return multiple()
        return self.opened(person)

    @rule(who=people)
    def guess_a_password(self, who: int) -> None:
        self.is_refused(WrongCredentials, lambda: self.try_password(self.people[who], "correct horse battery 0"))

    @precondition(lambda self: self.refreshable(1))
    @rule(target=accesses, which=places, days=st.sampled_from([0, 0, 0, 1, 29, 30]))
    def refresh(self, which: int, days: int) -> Any:
        self.world.clock.pass_time(timedelta(days=days))
        sign_in = chosen(self.refreshable(1), which)
        return self.refreshed(sign_in, sign_in.refresh_tokens[-1]) or multiple()

    @precondition(lambda self: self.refreshable(1))
    @rule(target=accesses, which=places, back=st.integers(0, 2), seconds=st.sampled_from([0, 10, 11, 60]))
    def refresh_with_a_used_token(self, which: int, back: int, seconds: int) -> Any:
        sign_in = chosen(self.refreshable(2) or self.refreshable(1), which)
        new = [] if sign_in.refresh_tokens[1:] else [self.refreshed(sign_in, sign_in.refresh_tokens[-1])]
        self.world.clock.pass_time(timedelta(seconds=seconds))
        if not (used := sign_in.refresh_tokens[-2::-1]):
            return multiple()
        return multiple(*filter(None, [*new, self.refreshed(sign_in, chosen(used, back))]))

    def refreshable(self, tokens: int) -> list[SignIn]:
        """Those that go on; where there are none, those that are over."""
        had = [each for each in self.model.sign_ins if len(each.refresh_tokens) >= tokens]
        return [each for each in had if not each.is_over] or had

    def refreshed(self, sign_in: SignIn, token: str) -> Access | None:
        expected = sign_in.expected(token, self.now)
        if expected in REFUSED:
            sign_in.is_over = True
            self.is_refused(REFUSED[expected], lambda: self.accounts.refresh(self.run, token, Caller()))
            return None
        found = self.world.do(self.accounts.refresh(self.run, token, Caller()))
        if expected is Refresh.AGAIN:
            assert found.refresh_token == sign_in.refresh_tokens[-1]
        else:
            assert found.refresh_token not in sign_in.refresh_tokens
            sign_in.refreshed(found.refresh_token, self.now)
        return self.given(found.access_token, sign_in)

    @precondition(lambda self: self.refreshable(1))
    @rule(which=places, back=st.integers(0, 2))
    def sign_out(self, which: int, back: int) -> None:
        sign_in = chosen(self.refreshable(1), which)
        self.world.do(self.accounts.sign_out(self.run, chosen(sign_in.refresh_tokens[::-1], back)))
        sign_in.is_over = True

    @rule(access=accesses, other=accesses)
    def end_one(self, access: Access, other: Access) -> None:
        if not (found := self.somebody(access)):
            return
        access, actor = found
        if other.person is not access.person:
            self.is_refused(NotFound, lambda: self.run(use_cases.end_my_session, actor, other.sign_in.id))
            return
        if access.behind and other.sign_in is not access.sign_in:
            self.is_refused(OwnerNeeded, lambda: self.run(use_cases.end_my_session, actor, other.sign_in.id))
            return
        self.world.do(self.run(use_cases.end_my_session, actor, other.sign_in.id))
        other.sign_in.is_over = True

    @rule(access=accesses)
    def end_others(self, access: Access) -> None:
        if found := self.somebody(access):
            access, actor = found
            if access.behind:
                self.is_refused(OwnerNeeded, lambda: self.run(use_cases.end_my_other_sessions, actor))
                return
            self.world.do(self.run(use_cases.end_my_other_sessions, actor))
            self.model.end_sign_ins(access.person, but=access.sign_in)

    @rule(access=accesses)
    def end_all(self, access: Access) -> None:
        if found := self.somebody(access):
            access, actor = found
            if access.behind:
                self.is_refused(OwnerNeeded, lambda: self.run(use_cases.end_all_my_sessions, actor))
                return
            self.world.do(self.run(use_cases.end_all_my_sessions, actor))
            self.model.end_all(access.person)

    @rule(access=accesses, is_right=st.booleans())
    def change_password(self, access: Access, *, is_right: bool) -> None:
        if not (found := self.somebody(access)):
            return
        access, actor = found
        new, known = self.new_password(), access.person.password if is_right else "correct horse battery 0"

        def change() -> Any:
            return self.recovery.change_password(self.run, actor, current=Secret(known), new=Secret(new))

        if access.behind or not is_right:
            self.is_refused(OwnerNeeded if access.behind else WrongPassword, change)
            return
        old, access.person.password = access.person.password, new
        self.world.do(change())
        self.model.end_sign_ins(access.person, but=access.sign_in)
        self.is_refused(WrongCredentials, lambda: self.try_password(access.person, old))
