"""Passkeys without a database, a browser or a device: when options end, and when a count tells of a copy."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_adapters.memory.ports import FixedClock, MemoryPorts
from lms_domain.identity import use_cases
from lms_domain.identity.events import MfaEnabled, PasskeyAdded, PasskeyCopySuspected
from lms_domain.identity.model import Credential, Role, new_user
from lms_domain.identity.passkeys import OptionsNotGood, base64url, bytes_in, new_passkey
from lms_domain.identity.sessions import Session
from lms_domain.identity.webauthn import (
    Asserted,
    AssertionResponse,
    AttestationResponse,
    AuthenticationResponse,
    Registered,
    RegistrationResponse,
    WrongPasskey,
)
from lms_domain.kernel import Actor, Secret, SessionId, UserId, made_at, new_id

ID = base64url(b"device")


class Ada:
    """Signed in, with a password that is right."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ports = MemoryPorts(clock=self.clock)
        self.user = new_user("ada@example.org", "Ada", roles=[Role.STUDENT], now=self.clock.now())
        self.actor = Actor(id=self.user.id, session_id=SessionId(new_id()))

    async def arrive(self) -> None:
        now, session_id = self.clock.now(), self.actor.session_id
        assert session_id
        await self.ports.users.add(self.user)
        await self.ports.credentials.add(Credential(user_id=self.user.id, password_hash=Secret("!"), changed_at=now))
        session = Session(
            id=session_id,
            user_id=self.user.id,
            refresh_digest=b"",
            created_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=1),
        )
        await self.ports.sessions.add(session)

    async def creation(self) -> str:
        made = await use_cases.passkey_creation_options(self.ports, self.actor, password_is_right=True)
        return made.challenge

    async def add(self, challenge: str) -> None:
        response = AttestationResponse(clientDataJSON=challenge, attestationObject="{}")
        answer = RegistrationResponse(id=ID, rawId=ID, type="public-key", response=response)
        await use_cases.add_passkey(self.ports, self.actor, "Key", answer)

    async def step_up(self, challenge: str, sign_count: int) -> None:
        response = AssertionResponse(
            clientDataJSON=challenge,
            authenticatorData=json.dumps({"sign_count": sign_count}),
            signature=f"{challenge} {b'device'.hex()}",
        )
        answer = AuthenticationResponse(id=ID, rawId=ID, type="public-key", response=response)
        await use_cases.step_up(self.ports, self.actor, answer)

    async def request(self) -> str:
        return (await use_cases.step_up_options(self.ports, self.actor)).challenge


@pytest.fixture
async def ada() -> Ada:
    made = Ada()
    await made.arrive()
    return made


async def test_options_are_good_until_five_minutes_have_passed(ada: Ada) -> None:
    first = await ada.creation()
    ada.clock.pass_time(timedelta(minutes=5))
    with pytest.raises(OptionsNotGood):
        await ada.add(first)
    second = await ada.creation()
    ada.clock.pass_time(timedelta(minutes=5, seconds=-1))
    await ada.add(second)
    assert [type(each) for each in ada.ports.events] == [PasskeyAdded, MfaEnabled]
    with pytest.raises(OptionsNotGood):
        await ada.add(second)


async def test_a_copy_is_written_down(ada: Ada) -> None:
    await ada.add(await ada.creation())
    await ada.step_up(await ada.request(), 9)
    with pytest.raises(WrongPasskey):
        await ada.step_up(await ada.request(), 9)
    [told] = [each for each in ada.ports.events if isinstance(each, PasskeyCopySuspected)]
    assert (told.known_count, told.seen_count) == (9, 9)
    await ada.step_up(await ada.request(), 10)


COUNTS = st.integers(min_value=0, max_value=2**32 - 1)


@given(COUNTS, COUNTS)
def test_counts_rise_where_there_are_any(known: int, seen: int) -> None:
    """WebAuthn §6.1.1."""
    made = Registered(
        credential_id=b"",
        public_key=b"",
        sign_count=known,
        aaguid=UUID(int=0),
        can_be_backed_up=False,
        is_backed_up=False,
    )
    passkey = new_passkey(UserId(new_id()), made, name="Key", transports=[], now=FixedClock().now())
    is_copy = passkey.is_copy(Asserted(sign_count=seen, can_be_backed_up=False, is_backed_up=False))
    assert is_copy == (not known == seen == 0 and seen <= known)


@given(st.binary())
def test_bytes_are_written_in_one_way(raw: bytes) -> None:
    assert bytes_in(base64url(raw)) == raw


@pytest.mark.parametrize("text", ["A", "=", "AA==", "AB", "A A", "A+", "A/", "ü", "\n"])
def test_and_read_in_no_other(text: str) -> None:
    assert bytes_in(text) is None


def test_an_id_tells_when_it_was_made() -> None:
    now = FixedClock().now()
    assert made_at(new_id(now)) == now
