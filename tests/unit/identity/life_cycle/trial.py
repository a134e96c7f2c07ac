"""What every step is made of: somebody with a token that is good or not, and what the model says of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine
from tests.unit.identity.life_cycle.model import (
    ACCESS_MINUTES,
    LONGEST_DAYS,
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
from lms_domain.identity.errors import RefreshTokenReused, SessionEnded
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import Actor, Forbidden, LmsError, Permission, Secret, Unauthenticated, new_id
from lms_entrypoints.accounts import Caller, digest_of

T = TypeVar("T")
REFUSED = {Refresh.THEFT: RefreshTokenReused, Refresh.OVER: SessionEnded}
people, places = st.integers(0, 1), st.integers(0, 9)
accesses: Bundle[Access] = Bundle("accesses")
programs: Bundle[Program] = Bundle("programs")
anybody = st.none() | accesses  # None: an admin whose tokens are no part of the game


def chosen(those: list[T], which: int) -> T:
    return those[which % len(those)]


class UndoneError(Exception):
    """What was tried is rolled back. `refusal`: the error that it would have ended with."""

    def __init__(self, refusal: type[LmsError] | None) -> None:
        self.refusal = refusal


class Trial(RuleBasedStateMachine):
    root: Person
    people: list[Person]

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.model, self.passwords = world, Model(), 0
        self.accounts, self.recovery, self.run = world.services.accounts, world.services.recovery, world.services.run

    @property
    def now(self) -> Any:
        return self.world.clock.now()

    def new_person(self, roles: list[Role]) -> Person:
        email, password = f"{new_id().hex}@example.org", self.new_password()
        made = self.accounts.create(self.run, email=email, full_name="X", password=Secret(password), roles=roles)
        return Person(id=self.world.do(made).id, email=email, password=password, roles=roles)

    def new_password(self) -> str:
        self.passwords += 1
        return f"correct horse battery {self.passwords}"

    def try_password(self, person: Person, password: str) -> Any:
        return self.accounts.sign_in(self.run, email=person.email, password=Secret(password), caller=Caller())

    def opened(self, person: Person) -> Access:
        found = self.world.do(self.try_password(person, person.password))
        sign_in = SignIn(
            id=self.world.services.tokens.verify(found.access_token).session_id,
            person=person,
            refresh_tokens=[found.refresh_token],
            expires_at=self.now + timedelta(days=REFRESH_DAYS),
            ends_at=self.now + timedelta(days=LONGEST_DAYS),
        )
        return self.given(found.access_token, self.model.signed_in(sign_in))

    def given(self, token: str, sign_in: SignIn, **more: Any) -> Access:
        until = self.now + timedelta(minutes=more.pop("minutes", ACCESS_MINUTES))
        return self.model.given(Access(token=token, sign_in=sign_in, expires_at=until, era=sign_in.person.era, **more))

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
        digests, life = (digest_of(token), digest_of(new)), self.world.services.accounts.life

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
