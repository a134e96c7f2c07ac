"""What devices answer, as the adapter reads it: right answers of every kind of key, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from tests.devices import BE, BS, EDDSA, ES256, RS256, UP, UV, Device, b64, plain

from lms_adapters.security.passkeys import WebAuthn
from lms_domain.identity.webauthn import (
    AssertionResponse,
    AttestationResponse,
    AuthenticationResponse,
    Registered,
    RegistrationResponse,
    WrongPasskey,
)

SITE = WebAuthn(is_on=True, id="localhost", name="LMS", origins=["https://localhost", "http://localhost:8000"])
CHALLENGE = b64(b"forty-eight bytes that nobody could have guessed")
CREATION = {"user": {"id": b64(b"ada")}, "rp": {"id": "localhost"}, "challenge": CHALLENGE}
REQUEST = {"rpId": "localhost", "challenge": CHALLENGE}


def made_by(device: Device, **said: Any) -> RegistrationResponse:
    sent = device.create(CREATION, **said)
    response = AttestationResponse(**sent["response"])
    return RegistrationResponse(id=sent["id"], rawId=sent["rawId"], type="public-key", response=response)


def shown_by(device: Device, **said: Any) -> AuthenticationResponse:
    sent = device.get(REQUEST, **said)
    response = AssertionResponse(**sent["response"])
    return AuthenticationResponse(id=sent["id"], rawId=sent["rawId"], type="public-key", response=response)


def registered(device: Device) -> Registered:
    return SITE.registered(made_by(device), CHALLENGE)


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_every_kind_of_key_is_added_and_signs(alg: int) -> None:
    device = Device(alg)
    device.aaguid = bytes(range(16))
    made = registered(device)
    assert made.credential_id == device.credential_id
    assert made.public_key == device.public_key
    assert made.aaguid == UUID(bytes=bytes(range(16)))
    seen = SITE.asserted(shown_by(device), CHALLENGE, made.public_key, user_verified=True)
    assert (seen.sign_count, seen.can_be_backed_up, seen.is_backed_up) == (1, False, False)


def test_a_count_that_went_back_is_read_as_it_is() -> None:
    """Whether it matters is said elsewhere, and under a right signature alone."""
    device = Device()
    device.sign_count = 100
    key = registered(device).public_key
    device.sign_count, device.counts = 7, False
    assert SITE.asserted(shown_by(device), CHALLENGE, key, user_verified=True).sign_count == 7


def test_what_is_backed_up_says_so() -> None:
    device = Device()
    device.flags |= BE | BS
    made = registered(device)
    assert (made.can_be_backed_up, made.is_backed_up) == (True, True)
    device.flags ^= BE  # backed up, and cannot be
    with pytest.raises(WrongPasskey):
        SITE.asserted(shown_by(device), CHALLENGE, made.public_key, user_verified=True)


@pytest.mark.parametrize("flags", [0, UP, UV])
def test_flags_are_looked_at(flags: int) -> None:
    device = Device()
    key = registered(device).public_key
    device.flags = flags
    with pytest.raises(WrongPasskey):
        SITE.asserted(shown_by(device), CHALLENGE, key, user_verified=True)


def test_a_challenge_is_read_from_what_the_page_was_told() -> None:
    assert SITE.challenge_in(made_by(Device()).response.clientDataJSON) == CHALLENGE


WRITTEN: list[bytes] = [
    b"", b"{}", b"[]", b"1", b"null", b"\xff", b'{"challenge": 1}', b'{"challenge": "a"', b"[" * 45_000,
    b'{"challenge": "a", "crossOrigin": true}', b'{"challenge": "a", "crossOrigin": "yes"}', b"9" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN, ids=range(len(WRITTEN)))
def test_no_challenge_is_read_from_anything_else(written: bytes) -> None:
    with pytest.raises(WrongPasskey):
        SITE.challenge_in(b64(written))


def with_object(answer: RegistrationResponse, raw: bytes) -> RegistrationResponse:
    return replace(answer, response=replace(answer.response, attestationObject=b64(raw)))


HOSTILE: dict[str, bytes] = {
    "arrays in arrays": b"\x81" * 45_000,
    "arrays without an end": b"\x9f" * 45_000,
    "maps in maps": b"\xa1\x01" * 20_000,
    "tags on tags": b"\xc1" * 45_000,
    "a string of exabytes": b"\x5b\x7f" + b"\xff" * 7,
    "an array of billions": b"\x9a\x7f\xff\xff\xff",
    "a long number": b"\xc2\x59\xa0\x00" + b"\xff" * 40_960,
    "itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a slow pattern": cbor2.dumps(cbor2.CBORTag(35, "(a+)+$")),
    "no data": cbor2.dumps({"fmt": "none", "attStmt": {}}),
    "short data": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b"short"}),
    "data of another kind": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": 7}),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_cbor_is_refused(raw: bytes) -> None:
    with pytest.raises(WrongPasskey):
        SITE.registered(with_object(made_by(Device()), raw), CHALLENGE)


Spoil = Callable[[dict[int, Any]], dict[int, Any]]
KEYS: dict[str, Spoil] = {
    "of another algorithm": lambda key: key | {3: -36},
    "of none": lambda key: {name: value for name, value in key.items() if name != 3},
    "of an unknown kind": lambda key: key | {1: 99},
    "off the curve": lambda key: key | {-3: bytes(32)},
    "of half a point": lambda key: key | {-2: b"\1"},
    "of another kind of value": lambda key: key | {-2: "text", -3: []},
}


@pytest.mark.parametrize("spoil", KEYS.values(), ids=KEYS)
def test_a_key_that_nothing_can_be_checked_with_is_not_added(spoil: Spoil, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device()
    monkeypatch.setattr(Device, "public_key", cbor2.dumps(spoil(cbor2.loads(device.public_key))))
    with pytest.raises(WrongPasskey):
        registered(device)


def of_bits(bits: int) -> bytes:
    """A key that nobody has to sign with."""
    return cbor2.dumps({1: 3, 3: RS256, -1: ((1 << bits) - 1).to_bytes(bits // 8, "big"), -2: b"\1\0\1"})


def test_keys_that_take_long_to_check_are_not_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "public_key", of_bits(4096))
    assert registered(Device()).public_key == of_bits(4096)
    monkeypatch.setattr(Device, "public_key", of_bits(5120))
    with pytest.raises(WrongPasskey):
        registered(Device())


def test_an_id_that_is_not_the_devices_is_not_added() -> None:
    answer = made_by(Device())
    for other in (b64(b"another"), "", "*", answer.rawId + "="):
        with pytest.raises(WrongPasskey):
            SITE.registered(replace(answer, id=other, rawId=other), CHALLENGE)


@pytest.mark.parametrize("length", [0, 1024])
def test_ids_have_their_bounds(length: int) -> None:
    device = Device()
    device.credential_id = bytes(length)
    with pytest.raises(WrongPasskey):
        registered(device)


ADAS = Device(counts=False)
ADDED, SHOWN = made_by(ADAS), shown_by(ADAS)


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), st.integers(min_value=0), st.data())
def test_not_one_bit_of_an_answer_can_be_changed(member: str, at: int, data: st.DataObject) -> None:
    raw = bytearray(plain(getattr(SHOWN.response, member)))
    raw[at % len(raw)] ^= 1 << data.draw(st.integers(0, 7))
    changed = replace(SHOWN, response=replace(SHOWN.response, **{member: b64(bytes(raw))}))
    with pytest.raises(WrongPasskey):
        SITE.asserted(changed, CHALLENGE, ADAS.public_key, user_verified=True)


SENT = st.text() | st.binary().map(b64)


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), SENT)
def test_whatever_is_shown_is_refused(member: str, sent: str) -> None:
    changed = replace(SHOWN, response=replace(SHOWN.response, **{member: sent}))
    with pytest.raises(WrongPasskey):
        SITE.asserted(changed, CHALLENGE, ADAS.public_key, user_verified=False)


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), SENT)
def test_whatever_is_made_is_refused(member: str, sent: str) -> None:
    changed: dict[str, Any] = {member: sent}
    with pytest.raises(WrongPasskey):
        SITE.registered(replace(ADDED, response=replace(ADDED.response, **changed)), CHALLENGE)


def test_other_sites_and_challenges_are_refused() -> None:
    other = WebAuthn(is_on=True, id="example.org", name="LMS", origins=["https://example.org"])
    for site, challenge in ((other, CHALLENGE), (SITE, b64(b"another"))):
        with pytest.raises(WrongPasskey):
            site.registered(ADDED, challenge)
        with pytest.raises(WrongPasskey):
            site.asserted(SHOWN, challenge, ADAS.public_key, user_verified=True)


def test_the_device_of_these_tests_says_what_the_standard_asks() -> None:
    said = json.loads(plain(SHOWN.response.clientDataJSON))
    assert said["type"] == "webauthn.get"
    assert isinstance(Device(RS256)._key, rsa.RSAPrivateKey)
