"""People, an admin and thieves who do in any order whatever can be done with tokens; after every step all are tried."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule
from tests.unit.identity.life_cycle.model import (
    ACCESS_MINUTES,
    REFRESH_DAYS,
    Access,
    Model,
    Person,
    Program,
    Refresh,
    SignIn,
)
from tests.unit.identity.life_cycle.world import World

from lms_domain.identity import use_cases
from lms_domain.identity.api_tokens import ApiTokenDraft, Scope
from lms_domain.identity.errors import (
    ActingRefused,
    OwnerNeeded,
    RefreshTokenReused,
    SessionEnded,
    WrongCredentials,
    WrongPassword,
)
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import Actor, Forbidden, LmsError, NotFound, Permission, Secret, Unauthenticated, new_id
from lms_entrypoints.accounts import Caller, digest_of

T = TypeVar("T")
SPANS = [timedelta(seconds=s) for s in (0, 1, 9, 10, 11, 59, 60, 61)]
SPANS += [timedelta(minutes=m) for m in (5, 14, 15, 16, 59, 60)] + [timedelta(days=d) for d in (1, 29, 30)]
ROLES = [[Role.STUDENT], [Role.INSTRUCTOR], [Role.ADMIN, Role.STUDENT]]
REFUSED = {Refresh.THEFT: RefreshTokenReused, Refresh.OVER: SessionEnded}
people, places = st.integers(0, 1), st.integers(0, 9)


def chosen(those: list[T], which: int) -> T:
    return those[which % len(those)]


class UndoneError(Exception):
    """What was tried is rolled back. `refusal`: the error that it would have ended with."""

    def __init__(self, refusal: type[LmsError] | None) -> None:
        self.refusal = refusal


class LifeCycle(RuleBasedStateMachine):
    """Who does something shows an access token; None is an admin whose tokens are no part of the game."""

    sign_ins: Bundle[SignIn] = Bundle("sign_ins")
    accesses: Bundle[Access] = Bundle("accesses")
    programs: Bundle[Program] = Bundle("programs")
    anybody = st.none() | accesses

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.model, self.passwords = world, Model(), 0
        self.accounts, self.recovery, self.run = world.services.accounts, world.services.recovery, world.services.run

    @property
    def now(self) -> Any:
        return self.world.clock.now()

    # Beginning

    @initialize(target=accesses)
    def begin(self) -> Any:
        self.root, *people = [self.new_person(roles) for roles in ([Role.ADMIN], [Role.STUDENT], [Role.ADMIN])]
        self.people: list[Person] = people
        return multiple(*(self.opened(person) for person in people))

    def new_person(self, roles: list[Role]) -> Person:
        email, password = f"{new_id().hex}@example.org", self.new_password()
        made = self.accounts.create(self.run, email=email, full_name="X", password=Secret(password), roles=roles)
        return Person(id=self.world.do(made).id, email=email, password=password, roles=roles)

    def new_password(self) -> str:
        self.passwords += 1
        return f"correct horse battery {self.passwords}"

    # Signing in and going on

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

    def try_password(self, person: Person, password: str) -> Any:
        return self.accounts.sign_in(self.run, email=person.email, password=Secret(password), caller=Caller())

    def opened(self, person: Person) -> Access:
        found = self.world.do(self.try_password(person, person.password))
        sign_in = SignIn(
            id=self.world.services.tokens.verify(found.access_token).session_id,
            person=person,
            refresh_tokens=[found.refresh_token],
            expires_at=self.now + timedelta(days=REFRESH_DAYS),
        )
        return self.given(found.access_token, self.model.signed_in(sign_in))

    def given(self, token: str, sign_in: SignIn, **more: Any) -> Access:
        until = self.now + timedelta(minutes=more.pop("minutes", ACCESS_MINUTES))
        return self.model.given(Access(token=token, sign_in=sign_in, expires_at=until, era=sign_in.person.era, **more))

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

    # Ending

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
        self.world.do(self.run(use_cases.end_my_session, actor, other.sign_in.id))
        other.sign_in.is_over = True

    @rule(access=accesses)
    def end_others(self, access: Access) -> None:
        if found := self.somebody(access):
            access, actor = found
            self.world.do(self.run(use_cases.end_my_other_sessions, actor))
            self.model.end_sign_ins(access.person, but=access.sign_in)

    @rule(access=accesses)
    def end_all(self, access: Access) -> None:
        if found := self.somebody(access):
            access, actor = found
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

    # What admins do

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
        sign_in = SignIn(id=made.session_id, person=person, refresh_tokens=[], expires_at=until)
        return self.given(made.access_token, self.model.signed_in(sign_in), minutes=60, behind=access)

    # Programs

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

    # What happens by itself

    @rule(span=st.sampled_from(SPANS))
    def pass_time(self, span: timedelta) -> None:
        self.world.clock.pass_time(span)

    @rule(is_lost=st.booleans())
    def forget_or_hear_again(self, *, is_lost: bool) -> None:
        """Redis loses its memory, or the events of before come once more, in any order."""
        if is_lost:
            self.world.restart()
        else:
            self.world.do(self.world.tell(self.world.told[::-1]))

    # What must hold

    @invariant()
    def a_token_is_good_exactly_when_the_model_says_so(self) -> None:
        for process in range(2):
            for access in self.model.accesses:
                self.admitted(access, process)
            for program in self.model.programs:
                self.is_as_expected(program, process)

    def teardown(self) -> None:
        """Every refresh token is tried, and what it did is undone."""
        if sys.exc_info()[0] is not None:  # it has failed already
            return
        assert self.tried(new_id().hex) is SessionEnded, "none of ours"
        for sign_in in self.model.sign_ins:
            for token in sign_in.refresh_tokens:
                expected = sign_in.expected(token, self.now)
                assert self.tried(token) is REFUSED.get(expected), expected
        for sign_in in sorted(self.model.sign_ins, key=lambda each: each.expires_at):
            if sign_in.refresh_tokens and sign_in.expires_at > self.now and not sign_in.is_over:
                self.world.clock.pass_time(sign_in.expires_at - self.now - timedelta(seconds=1))
                assert self.tried(sign_in.refresh_tokens[-1]) is None, "its last second"
                self.world.clock.pass_time(timedelta(seconds=1))
                assert self.tried(sign_in.refresh_tokens[-1]) is SessionEnded, "it has expired"

    def somebody(self, shown: Access | Person) -> tuple[Access, Actor] | None:
        """By this token, or another good one of the same person, who signs in again where there is none."""
        person = shown if isinstance(shown, Person) else shown.person
        good = [each for each in self.model.accesses if each.person is person and each.is_good(self.now)]
        if not good and not person.is_active:
            return None
        chosen = shown if isinstance(shown, Access) and shown in good else good[-1] if good else self.opened(person)
        actor = self.admitted(chosen)
        return (chosen, actor) if actor else None

    def admitted(self, access: Access, process: int = 0) -> Actor | None:
        actor = self.is_as_expected(access, process)
        assert actor is None or actor.session_id == access.sign_in.id
        assert actor is None or (actor.acting_admin_id is None) == (access.behind is None)
        return actor

    def is_as_expected(self, shown: Access | Program, process: int) -> Actor | None:
        found = self.world.knock(shown.token, process)
        if not shown.is_good(self.now):
            assert isinstance(found, Unauthenticated), f"let in: {found}"
            return None
        assert isinstance(found, Actor), f"refused: {found}"
        assert found.id == shown.person.id
        assert found.permissions == permissions_of(shown.person.roles)
        return found

    def administered(self, by: Access | None, use_case: Callable[..., Any], *given: Any) -> bool:
        """Whether it was done."""
        actor = Actor(id=self.root.id, permissions=frozenset(Permission))
        if by and not (found := self.somebody(by)):
            return False
        if by and found:
            by, actor = found
        if by and Role.ADMIN not in by.person.roles:
            self.is_refused(Forbidden, lambda: self.run(use_case, actor, *given))
            return False
        self.world.do(self.run(use_case, actor, *given))
        return True

    def is_refused(self, error: type[LmsError], ask: Callable[[], Any]) -> None:
        try:
            self.world.do(ask())
        except LmsError as refusal:
            assert type(refusal) is error, repr(refusal)  # noqa: PT017 (of several kinds of refusal this one)
        else:
            raise AssertionError(f"not refused: {error.__name__}")

    def tried(self, token: str) -> type[LmsError] | None:
        new = self.world.services.tokens.successor(token)
        digests, life = (digest_of(token), digest_of(new)), timedelta(days=REFRESH_DAYS)

        async def undone(ports: Any) -> None:
            try:
                await use_cases.refresh_session(ports, *digests, lambda _: None, life=life, origin=Caller().origin)  # type: ignore[arg-type, return-value]
            except LmsError as refusal:
                raise UndoneError(type(refusal)) from None
            raise UndoneError(None)

        try:
            self.world.do(self.run(undone))
        except UndoneError as outcome:
            return outcome.refusal
        raise AssertionError
