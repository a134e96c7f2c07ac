"""What people do with accounts, in memory."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import an_admin

from lms_adapters.memory.attempts import MemoryAttempts
from lms_adapters.memory.ports import FixedClock, MemoryDatabase, MemoryPorts
from lms_adapters.security.emails import FoldedEmails
from lms_adapters.security.links import SealedDevices
from lms_adapters.security.seals import HmacSeals
from lms_domain.identity import events, use_cases
from lms_domain.identity.errors import EmailTaken, LastAdmin, SessionEnded, WrongCredentials
from lms_domain.identity.fields import LONGEST_PASSWORD
from lms_domain.identity.model import Role, User
from lms_domain.identity.sessions import Ending
from lms_domain.identity.sign_ins import Origin
from lms_domain.identity.use_cases import sessions
from lms_domain.identity.views import KnownCredential, Opened, SignedIn
from lms_domain.kernel import Actor, Forbidden, Invalid, Outdated, Permission, Secret
from lms_domain.policies import Life
from lms_entrypoints.accounts import AccountRules, Accounts, Caller
from lms_entrypoints.doors import Run

HASH = Secret("the hash of a password")
LIFE = Life(idle=timedelta(days=30), longest=timedelta(days=90))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def ports(clock: FixedClock) -> MemoryPorts:
    return MemoryPorts(clock=clock)


async def registered(ports: MemoryPorts, email: str = "ada@example.org") -> User:
    await use_cases.register(ports, email=email, full_name="Ada", password_hash=HASH)
    user = await ports.users.by_email(email)
    assert user is not None
    return user


async def an_admin_of(ports: MemoryPorts, email: str = "root@example.org") -> User:
    return await use_cases.create_user(ports, email=email, full_name="Root", roles=[Role.ADMIN], password_hash=HASH)


def answer(opened: Opened) -> SignedIn:
    return SignedIn(access_token=opened.user.email, refresh_token="r", expires_in=900)


def a_credential(user: User) -> KnownCredential:
    """As it was when the account was made."""
    return KnownCredential(
        user_id=user.id,
        email=user.email,
        full_name=user.full_name,
        password_hash=HASH,
        changed_at=user.created_at,
        auth_version=1,
    )


async def signed_in(ports: MemoryPorts, user: User, digest: bytes = b"1", user_agent: str = "") -> SignedIn:
    known = a_credential(user)
    origin = Origin(user_agent=user_agent)
    signed = await use_cases.open_session(
        ports, known, digest, answer, life=LIFE, origin=origin, challenge_token_of=str
    )
    assert isinstance(signed, SignedIn)
    return signed


async def refreshed(ports: MemoryPorts, old: bytes, new: bytes) -> SignedIn:
    return await use_cases.refresh_session(ports, old, new, answer, life=LIFE, origin=Origin())


async def test_registration_makes_a_student_and_says_so(ports: MemoryPorts) -> None:
    user = await registered(ports)
    assert user.roles == [Role.STUDENT]
    assert [type(event) for event in ports.events] == [events.UserRegistered, events.TicketIssued]
    with pytest.raises(EmailTaken):
        await registered(ports)


async def test_no_event_holds_what_opens_an_account(ports: MemoryPorts) -> None:
    user = await registered(ports)
    await signed_in(ports, user, b"digest-1")
    await refreshed(ports, b"digest-1", b"digest-2")
    await use_cases.end_session(ports, b"digest-2")
    assert [event.name for event in ports.events] == [
        "user.registered",
        "user.ticket_issued",
        "session.opened",
        "session.refreshed",
        "session.ended",
    ]
    assert "digest" not in repr(ports.events)
    assert HASH.reveal() not in repr(ports.events)


async def test_a_sign_in_is_noted_and_is_no_change_of_the_account(ports: MemoryPorts, clock: FixedClock) -> None:
    user = await registered(ports)
    clock.pass_time(timedelta(hours=1))
    await signed_in(ports, user)
    kept = await ports.users.get(user.id)
    assert (kept.last_login_at, kept.version) == (clock.now(), 1)


async def test_an_account_that_closes_while_its_password_is_checked_stays_closed(ports: MemoryPorts) -> None:
    user = await registered(ports)
    await use_cases.change_user(ports, an_admin(), user.id, {"is_active": False})
    with pytest.raises(WrongCredentials):
        await signed_in(ports, user)


async def test_a_browser_that_names_itself_strangely_is_kept_in_print(ports: MemoryPorts) -> None:
    await signed_in(ports, await registered(ports), user_agent="a\0b\x85c" + "x" * 1000)
    session = await ports.sessions.by_digest(b"1")
    assert session is not None
    assert session.user_agent.startswith("abcx")
    assert len(session.user_agent) <= 300


async def test_a_session_ends_when_it_is_not_used_for_long(ports: MemoryPorts, clock: FixedClock) -> None:
    await signed_in(ports, await registered(ports), b"1")
    clock.pass_time(LIFE.idle - timedelta(seconds=1))
    await refreshed(ports, b"1", b"2")  # which begins its life anew
    clock.pass_time(LIFE.idle)
    with pytest.raises(SessionEnded):
        await refreshed(ports, b"2", b"3")


async def test_and_when_it_is_old_however_much_it_is_used(ports: MemoryPorts, clock: FixedClock) -> None:
    await signed_in(ports, await registered(ports), b"0")
    for n in range(3):
        clock.pass_time(LIFE.idle - timedelta(days=1))
        await refreshed(ports, b"%d" % n, b"%d" % (n + 1))
    clock.pass_time(timedelta(days=3))
    with pytest.raises(SessionEnded):
        await refreshed(ports, b"3", b"4")


async def test_a_sign_in_too_many_ends_the_one_that_was_used_longest_ago(
    ports: MemoryPorts, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    user = await registered(ports)
    for digest in (b"1", b"2"):
        clock.pass_time(timedelta(minutes=1))
        await signed_in(ports, user, digest)
    clock.pass_time(timedelta(minutes=1))
    await refreshed(ports, b"1", b"1b")
    ports.events.clear()
    await signed_in(ports, user, b"3")
    [ended] = [event for event in ports.events if isinstance(event, events.SessionEnded)]
    gone = await ports.sessions.by_digest(b"2")
    assert gone is not None
    assert (gone.id, gone.ended_because, ended.because) == (ended.session_id, Ending.TOO_MANY, "too_many_sessions")
    await refreshed(ports, b"1b", b"1c")


@pytest.mark.parametrize("token", [b"1", b"unknown"])
async def test_a_token_that_was_used_or_never_was_is_refused(ports: MemoryPorts, token: bytes) -> None:
    await signed_in(ports, await registered(ports), b"1")
    await refreshed(ports, b"1", b"2")
    with pytest.raises(SessionEnded):
        await refreshed(ports, token, b"3")


async def test_a_closed_account_does_nothing_with_the_tokens_it_has(ports: MemoryPorts) -> None:
    user = await registered(ports)
    await signed_in(ports, user)
    await use_cases.change_user(ports, an_admin(), user.id, {"is_active": False})
    with pytest.raises(SessionEnded):
        await refreshed(ports, b"1", b"2")
    with pytest.raises(SessionEnded):
        await use_cases.change_me(ports, Actor(id=user.id), {"bio": "Still here"})


async def test_changing_nothing_is_no_change(ports: MemoryPorts) -> None:
    user = await registered(ports)
    ports.events.clear()
    same = await use_cases.change_me(ports, Actor(id=user.id), {"full_name": "Ada"})
    assert (same.version, ports.events) == (1, [])


async def test_roles_and_profile_are_told_apart(ports: MemoryPorts) -> None:
    admin, user = an_admin(), await registered(ports)
    ports.events.clear()
    values = {"roles": [Role.STUDENT, Role.INSTRUCTOR, Role.STUDENT], "full_name": "Ada L."}
    changed = await use_cases.change_user(ports, admin, user.id, values)
    assert changed.roles == [Role.INSTRUCTOR, Role.STUDENT]
    roles, profile, outdated = ports.events
    assert isinstance(outdated, events.TokensOutdated)
    assert isinstance(roles, events.RolesChanged)
    assert (roles.before, roles.roles, roles.by) == (("student",), ("instructor", "student"), admin.id)
    assert isinstance(profile, events.UserChanged)
    assert profile.fields == ("full_name",)


async def test_what_one_says_of_oneself_is_no_role(ports: MemoryPorts) -> None:
    user = await registered(ports)
    me = await use_cases.change_me(ports, Actor(id=user.id), {"roles": [Role.ADMIN], "is_active": False, "bio": "x"})
    assert (me.roles, me.is_active, me.bio) == ([Role.STUDENT], True, "x")


@pytest.mark.parametrize("permissions", [frozenset(), frozenset(Permission) - {Permission.MANAGE_USERS}])
async def test_accounts_are_changed_by_who_may(ports: MemoryPorts, permissions: frozenset[Permission]) -> None:
    user = await registered(ports)
    with pytest.raises(Forbidden):
        await use_cases.change_user(ports, Actor(id=user.id, permissions=permissions), user.id, {"roles": ["admin"]})


async def test_an_account_has_a_role(ports: MemoryPorts) -> None:
    user = await registered(ports)
    with pytest.raises(Invalid):
        await use_cases.change_user(ports, an_admin(), user.id, {"roles": []})


async def test_who_read_an_older_version_is_told(ports: MemoryPorts) -> None:
    user = await registered(ports)
    await use_cases.change_me(ports, Actor(id=user.id), {"bio": "1"}, expected=1)
    with pytest.raises(Outdated):
        await use_cases.change_me(ports, Actor(id=user.id), {"bio": "2"}, expected=1)


@pytest.mark.parametrize("values", [{"roles": [Role.STUDENT]}, {"is_active": False}])
async def test_the_last_admin_stays(ports: MemoryPorts, values: dict[str, Any]) -> None:
    root = await an_admin_of(ports)
    with pytest.raises(LastAdmin):
        await use_cases.change_user(ports, an_admin(), root.id, values)
    closed = await an_admin_of(ports, "closed@example.org")
    await use_cases.change_user(ports, an_admin(), closed.id, {"is_active": False})
    with pytest.raises(LastAdmin):  # one who cannot sign in does not count
        await use_cases.change_user(ports, an_admin(), root.id, values)
    with pytest.raises(LastAdmin):
        await use_cases.set_roles(ports, root.email, [Role.STUDENT])
    await an_admin_of(ports, "second@example.org")
    await use_cases.change_user(ports, an_admin(), root.id, values)


async def test_the_operator_makes_an_admin_of_who_is_there(ports: MemoryPorts) -> None:
    user = await registered(ports)
    await use_cases.change_user(ports, an_admin(), user.id, {"is_active": False})
    promoted = await use_cases.make_admin(ports, user.email)
    assert promoted is not None
    assert (promoted.roles, promoted.is_active) == ([Role.ADMIN, Role.STUDENT], True)
    assert await use_cases.make_admin(ports, "nobody@example.org") is None


class CountingPasswords:
    def __init__(self) -> None:
        self.verified: list[Secret | None] = []

    async def hash(self, password: Secret, /, **_line: Any) -> Secret:
        raise NotImplementedError

    async def verify(self, _password: Secret, hashed: Secret | None, /, **_line: Any) -> bool:
        self.verified.append(hashed)
        return False


class OneAccount:
    """Answers the one question that a sign-in asks."""

    def __init__(self, known: KnownCredential | None) -> None:
        self.known, self.asked = known, 0

    async def __call__(self, _query: Callable[..., Any], _email: str) -> Any:
        self.asked += 1
        return self.known


@pytest.mark.parametrize("known", [True, False])
async def test_a_refused_sign_in_does_the_same_work_for_everybody(ports: MemoryPorts, *, known: bool) -> None:
    user = await registered(ports)
    ask: Any = OneAccount(a_credential(user) if known else None)
    passwords: Any = CountingPasswords()
    nothing: Any = None
    run = Run(MemoryDatabase())
    accounts = Accounts(
        ask,
        run,
        passwords=passwords,
        strengths=nothing,
        tokens=nothing,
        emails=FoldedEmails(),
        devices=SealedDevices(HmacSeals("secret")),
        attempts=MemoryAttempts(),
        seals=HmacSeals("secret"),
        rules=AccountRules(),
    )
    for email in ("ada@example.org", "no address at all"):
        with pytest.raises(WrongCredentials):
            await accounts.sign_in(run, email=email, password=Secret("wrong horse"), caller=Caller())
    assert (ask.asked, len(passwords.verified)) == (2, 2)
    with pytest.raises(WrongCredentials):
        await accounts.sign_in(run, email=user.email, password=Secret("x" * (LONGEST_PASSWORD + 1)), caller=Caller())
    assert (ask.asked, len(passwords.verified)) == (3, 2)  # a long one is looked up to be noted, and never hashed
