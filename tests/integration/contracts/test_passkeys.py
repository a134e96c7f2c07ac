"""What any adapter promises about passkeys. Runs on memory and PostgreSQL alike."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lms_domain.identity.mfa import Totp
from lms_domain.identity.model import Role, User, new_user
from lms_domain.identity.passkeys import Passkey, PasskeyTaken, new_passkey
from lms_domain.identity.webauthn import Asserted, Registered
from lms_domain.kernel import NotFound, new_id
from lms_domain.ports import AllPorts, Database


async def added_user(ports: AllPorts, email: str = "ada@example.org") -> User:
    user = new_user(email, "Ada", roles=[Role.STUDENT], now=ports.clock.now())
    await ports.users.add(user)
    return user


def a_passkey(ports: AllPorts, user: User, credential_id: bytes = b"one") -> Passkey:
    made = Registered(
        credential_id=credential_id,
        public_key=b"\0key\xff",
        sign_count=2**32 - 1,
        aaguid=UUID(int=7),
        can_be_backed_up=True,
        is_backed_up=False,
    )
    transports = ["usb", "carrier-pigeon", "internal"]
    return new_passkey(user.id, made, name="Klucz", transports=transports, now=ports.clock.now())


async def test_a_passkey_comes_out_as_it_went_in(database: Database) -> None:
    async with database.begin() as ports:
        user = await added_user(ports)
        passkey = a_passkey(ports, user)
        await ports.passkeys.add(passkey)
    async with database.begin() as ports:
        assert await ports.passkeys.get(passkey.id) == passkey
        assert await ports.passkeys.by_credential(b"one") == passkey
        assert await ports.passkeys.by_credential(b"two") is None
        assert await ports.passkeys.of(user.id) == [passkey]
        assert passkey.transports == ["internal", "usb"]


async def test_it_is_one_accounts(database: Database) -> None:
    async with database.begin() as ports:
        users = [await added_user(ports), await added_user(ports, "bea@example.org")]
        await ports.passkeys.add(a_passkey(ports, users[0]))
    with pytest.raises(PasskeyTaken):
        async with database.begin() as ports:
            await ports.passkeys.add(a_passkey(ports, users[1]))


async def test_use_is_no_change_of_its_owners(database: Database) -> None:
    async with database.begin() as ports:
        user = await added_user(ports)
        passkey = a_passkey(ports, user)
        await ports.passkeys.add(passkey)
        now = ports.clock.now()
        passkey.use(Asserted(sign_count=5, can_be_backed_up=True, is_backed_up=True), now=now)
        await ports.passkeys.used(passkey)
        known = await ports.passkeys.get(passkey.id)
        assert (known.sign_count, known.is_backed_up, known.last_used_at, known.version) == (5, True, now, 1)


async def test_it_is_a_second_factor_until_it_is_removed(database: Database) -> None:
    async with database.begin() as ports:
        user = await added_user(ports)
        assert await ports.second_factors.methods(user.id) == []
        passkey = a_passkey(ports, user)
        await ports.passkeys.add(passkey)
        await ports.second_factors.replace_recovery_codes(user.id, [b"digest"])
        assert await ports.second_factors.is_on(user.id)
        assert await ports.second_factors.methods(user.id) == ["passkey", "recovery_code"]
        now = ports.clock.now()
        await ports.second_factors.put_totp(Totp(user_id=user.id, box=b"", created_at=now))
        assert "totp" not in await ports.second_factors.methods(user.id)
        assert not await ports.second_factors.remove_totp(user.id)
        await ports.second_factors.put_totp(Totp(user_id=user.id, box=b"", created_at=now, confirmed_at=now))
        assert await ports.second_factors.methods(user.id) == ["totp", "passkey", "recovery_code"]
        assert await ports.second_factors.remove_totp(user.id)
        await ports.passkeys.remove(passkey.id)
        assert not await ports.second_factors.is_on(user.id)
        with pytest.raises(NotFound):
            await ports.passkeys.get(passkey.id)


async def test_all_second_factors_go_together(database: Database) -> None:
    async with database.begin() as ports:
        user = await added_user(ports)
        await ports.passkeys.add(a_passkey(ports, user))
        await ports.second_factors.replace_recovery_codes(user.id, [b"digest"])
        assert await ports.second_factors.remove(user.id)
        assert await ports.second_factors.methods(user.id) == []
        assert await ports.passkeys.of(user.id) == []
        assert not await ports.second_factors.remove(user.id)


async def test_options_are_spent_once(database: Database) -> None:
    id = new_id()
    async with database.begin() as ports:
        now = ports.clock.now()
        until = now + timedelta(minutes=5)
        assert await ports.passkeys.spend(id, until=until, now=now)
        assert not await ports.passkeys.spend(id, until=until, now=now)
    async with database.begin() as ports:
        assert not await ports.passkeys.spend(id, until=until, now=now)
        assert await ports.passkeys.spend(new_id(), until=until, now=now)


async def test_of_several_at_once_one_spends_them(database: Database) -> None:
    id = new_id()

    async def spent() -> bool:
        async with database.begin() as ports:
            now = ports.clock.now()
            return await ports.passkeys.spend(id, until=now + timedelta(minutes=5), now=now)

    if type(database).__name__ == "MemoryDatabase":
        assert [await spent() for _ in range(3)] == [True, False, False]
    else:
        assert sorted(await asyncio.gather(*(spent() for _ in range(6)))) == [False] * 5 + [True]


async def test_what_is_undone_is_not_spent(database: Database) -> None:
    id = new_id()
    now = datetime.now(UTC)

    async def fail() -> None:
        async with database.begin() as ports:
            assert await ports.passkeys.spend(id, until=now, now=now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.begin() as ports:
        assert await ports.passkeys.spend(id, until=now, now=now)
