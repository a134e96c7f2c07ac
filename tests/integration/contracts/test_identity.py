"""What any adapter of identity promises. Runs on memory and PostgreSQL alike."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lms_domain.identity.errors import EmailTaken
from lms_domain.identity.mfa import new_challenge
from lms_domain.identity.model import Credential, Role, User, new_user
from lms_domain.identity.sessions import Ending, Session
from lms_domain.identity.tickets import BOTH, new_ticket
from lms_domain.identity.views import KnownCredential
from lms_domain.kernel import NotFound, Secret, SessionId, Stale, UserId, new_id
from lms_domain.ports import AllPorts, Database


async def added(ports: AllPorts, email: str = "ada@example.org", *roles: Role) -> User:
    user = new_user(email, "Ada", roles=list(roles) or [Role.STUDENT], now=ports.clock.now())
    await ports.users.add(user)
    return user


def a_session(user: User, now: datetime, digest: bytes = b"digest") -> Session:
    return Session(
        id=SessionId(new_id()),
        user_id=user.id,
        refresh_digest=digest,
        user_agent="Browser",
        ip="::1",
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=1),
    )


async def test_an_account_comes_out_as_it_went_in(database: Database) -> None:
    async with database.begin() as ports:
        user = replace(await added(ports, "one@example.org"), id=UserId(new_id()), email="two@example.org")
        user.metadata, user.bio, user.roles = {"a": [1, None, "ü"]}, "Engines\nand bees", [Role.ADMIN, Role.STUDENT]
        await ports.users.add(user)
    async with database.begin() as ports:
        assert await ports.users.get(user.id) == await ports.users.locked(user.id) == user
        assert await ports.users.by_email("two@example.org") == user
        assert await ports.users.by_email("TWO@example.org") is None  # whoever asks has folded it
        nobody = UserId(new_id())
        assert await ports.users.id_of("two@example.org", nobody) == user.id
        assert await ports.users.id_of("TWO@example.org", nobody) == nobody
        with pytest.raises(NotFound):
            await ports.users.get(UserId(new_id()))


async def test_all_but_the_newest_sign_ins_of_ones_own_end(database: Database) -> None:
    async with database.begin() as ports:
        now, ada, bea = ports.clock.now(), await added(ports), await added(ports, "bea@example.org")
        made = [a_session(ada, now - timedelta(hours=n), b"%d" % n) for n in range(5)]
        made[4].revoked_at = now
        made[3].acting_admin_id = bea.id
        for each in [*made, a_session(bea, now - timedelta(hours=9), b"bea")]:
            await ports.sessions.add(each)
        assert await ports.sessions.end_oldest(ada.id, keep=3, now=now) == []
        assert set(await ports.sessions.end_oldest(ada.id, keep=1, now=now)) == {made[1].id, made[2].id}
    async with database.begin() as ports:
        kept = [await ports.sessions.get(each.id) for each in made]
        assert [each.ended_because for each in kept] == [None, Ending.TOO_MANY, Ending.TOO_MANY, None, None]


async def test_an_address_is_taken_once(database: Database) -> None:
    async with database.begin() as ports:
        await added(ports)
    with pytest.raises(EmailTaken):
        async with database.begin() as ports:
            await added(ports)


async def test_a_stale_save_is_refused(database: Database) -> None:
    async with database.begin() as ports:
        user = await added(ports)
        first, second = await ports.users.get(user.id), await ports.users.get(user.id)
        await ports.users.save(first)
        assert first.version == 2
        with pytest.raises(Stale):
            await ports.users.save(second)


async def test_a_sign_in_is_noted_without_a_new_version(database: Database) -> None:
    async with database.begin() as ports:
        user, now = await added(ports), ports.clock.now()
        await ports.users.signed_in(user.id, now)
        assert await ports.users.get(user.id) == replace(user, last_login_at=now)


async def test_other_admins_are_those_who_can_sign_in(database: Database) -> None:
    async with database.begin() as ports:
        root = await added(ports, "root@example.org", Role.ADMIN)
        await added(ports, "ada@example.org", Role.INSTRUCTOR)
        closed = await added(ports, "closed@example.org", Role.ADMIN)
        closed.is_active = False
        await ports.users.save(closed)
        assert await ports.users.other_admins(root.id) == 0
        assert await ports.users.other_admins(closed.id) == 0  # invited, and not come yet
        await ports.users.signed_in(root.id, ports.clock.now())
        assert await ports.users.other_admins(closed.id) == 1
        proved = await added(ports, "proved@example.org", Role.ADMIN)
        proved.email_verified_at = ports.clock.now()
        await ports.users.save(proved)
        assert await ports.users.other_admins(closed.id) == 2


async def test_a_session_is_found_by_the_token_it_has_now(database: Database) -> None:
    async with database.begin() as ports:
        user = await added(ports)
        await ports.credentials.add(Credential(user_id=user.id, password_hash=Secret("x"), changed_at=user.created_at))
        session = a_session(user, ports.clock.now(), b"old")
        await ports.sessions.add(session)
        assert await ports.sessions.by_digest(b"old") == session
        list(session.rotate(b"new", until=ports.clock.now() + timedelta(days=2), now=ports.clock.now()))
        await ports.sessions.save(session)
        assert await ports.sessions.by_digest(b"old") is None
        assert await ports.sessions.by_digest(b"new") == await ports.sessions.get(session.id) == session


async def test_what_opens_an_account_is_known_as_long_as_it_is_open(database: Database) -> None:
    async with database.begin() as ports:
        user, now = await added(ports), ports.clock.now()
        await ports.credentials.add(Credential(user_id=user.id, password_hash=Secret("x"), changed_at=now))

        async def known() -> KnownCredential:
            found = await ports.credentials.known(user.id)
            assert found
            return found

        first = await known()
        assert (first.password_hash, first.auth_version, first.has_mfa) == (Secret("x"), 1, False)
        assert await ports.credentials.replace(user.id, Secret("x"), Secret("y"), now=None)
        assert (await known()).holds(first)  # the same password, hashed anew
        await ports.credentials.set(user.id, Secret("z"), now=now + timedelta(seconds=1))
        changed = await known()
        assert not changed.holds(first)
        await ports.credentials.outdate(user.id, now=now)
        assert not (await known()).holds(changed)
        user.is_active = False
        await ports.users.save(user)
        assert await ports.credentials.known(user.id) is None


async def test_which_letters_of_a_change_of_address_were_answered_is_known(database: Database) -> None:
    async with database.begin() as ports:
        user, now, change_id = await added(ports), ports.clock.now(), new_id()
        for purpose in BOTH:
            await ports.tickets.add(new_ticket(user.id, purpose, "ada@example.net", now=now, change_id=new_id()))
        await ports.tickets.void(user.id, BOTH, now=now)
        assert await ports.tickets.used(change_id) == set()
        for purpose, so_far in zip(BOTH, ({BOTH[0]}, set(BOTH)), strict=True):
            ticket = new_ticket(user.id, purpose, "ada@example.net", now=now, change_id=change_id)
            await ports.tickets.add(ticket)
            ticket.used_at = now
            await ports.tickets.save(ticket)
            assert await ports.tickets.used(change_id) == so_far


async def test_challenges_that_wait_are_made_void_for_one_user(database: Database) -> None:
    async with database.begin() as ports:
        ada, bea = await added(ports, "ada@example.org"), await added(ports, "bea@example.org")
        now = ports.clock.now()
        mine, theirs = new_challenge(ada.id, 1, now=now), new_challenge(bea.id, 1, now=now)
        for each in (mine, theirs):
            await ports.challenges.add(each)
        await ports.challenges.void(ada.id, now=now)
        assert (await ports.challenges.get(mine.id)).used_at == now
        assert await ports.challenges.get(theirs.id) == theirs


async def test_an_account_is_undone_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012 (the transaction is what is undone)
        async with database.begin() as ports:
            await added(ports)
            raise RuntimeError
    async with database.begin() as ports:
        assert await ports.users.by_email("ada@example.org") is None
