"""One-time passwords as RFC 4226 and RFC 6238 have them, and the box that their secret lies in."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp import HOTP

from lms_adapters.security.authenticator import TotpAuthenticator
from lms_adapters.security.boxes import Boxes, UnreadableBoxError
from lms_domain.identity.mfa import Totp, digest_of_code, new_recovery_codes
from lms_domain.kernel import Secret, UserId, new_id

RFC_SECRET = b"12345678901234567890"
RFC_4226_CODES = (
    "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
)  # fmt: skip
OLD, NEW = Secret("an old key of thirty-two characters"), Secret("a new key of thirty-two characters!")


def a_totp(boxes: Boxes, secret: bytes = RFC_SECRET) -> Totp:
    owner = UserId(new_id())
    return Totp(user_id=owner, box=boxes.close(secret, owner=owner.bytes), created_at=datetime.now(UTC))


# RFC 4226, appendix D
@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])
    ),
)
def test_the_vectors_of_rfc_4226(counter: int, code: str) -> None:
    assert HOTP(base64.b32encode(RFC_SECRET).decode()).at(counter) == code
    boxes = Boxes([NEW])
    at = datetime.fromtimestamp(counter * 30 + 7, UTC)
    assert TotpAuthenticator(boxes).step_of(a_totp(boxes), code, now=at) == counter


# RFC 6238, appendix B, SHA-1
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    boxes = Boxes([NEW])
    now = datetime.fromtimestamp(seconds, UTC)
    assert TotpAuthenticator(boxes, digits=8).step_of(a_totp(boxes), code, now=now) == seconds // 30


@pytest.mark.parametrize("code", ["", "é55224", "\uff17\uff15\uff15\uff12\uff12\uff14", "\ud800", "7552240"])
def test_what_no_app_shows_is_no_code(code: str) -> None:
    boxes = Boxes([NEW])
    assert TotpAuthenticator(boxes).step_of(a_totp(boxes), code, now=datetime.fromtimestamp(7, UTC)) is None


def test_a_clock_may_be_off_by_one_step() -> None:
    boxes = Boxes([NEW])
    totp, authenticator = a_totp(boxes), TotpAuthenticator(boxes)
    generator = HOTP(authenticator.secret(totp))
    now = datetime.fromtimestamp(1_000_000 * 30, UTC)
    found = [authenticator.step_of(totp, generator.at(1_000_000 + off), now=now) for off in range(-2, 3)]
    assert found == [None, 999_999, 1_000_000, 1_000_001, None]


@given(st.text(max_size=20))
def test_what_is_no_code_is_none(code: str) -> None:
    boxes = Boxes([NEW])
    now = datetime.fromtimestamp(59, UTC)
    good = {HOTP(base64.b32encode(RFC_SECRET).decode()).at(step) for step in range(3)}
    if code not in good and code.isascii():
        assert TotpAuthenticator(boxes).step_of(a_totp(boxes), code, now=now) is None


def test_an_older_key_reads_and_the_newest_closes() -> None:
    totp = a_totp(Boxes([OLD]))
    both = Boxes([NEW, OLD])
    authenticator = TotpAuthenticator(both)
    fresh = authenticator.fresh_box(totp)
    assert fresh is not None
    owner = totp.user_id.bytes
    assert Boxes([NEW]).open(fresh, owner=owner) == both.open(totp.box, owner=owner) == RFC_SECRET
    totp.box = fresh
    assert authenticator.fresh_box(totp) is None


def test_a_box_opens_for_its_owner_and_its_key_alone() -> None:
    totp = a_totp(Boxes([OLD]))
    assert RFC_SECRET not in totp.box
    with pytest.raises(UnreadableBoxError):
        Boxes([NEW]).open(totp.box, owner=totp.user_id.bytes)
    with pytest.raises(UnreadableBoxError):
        Boxes([OLD]).open(totp.box, owner=new_id().bytes)
    for place in (0, 10, len(totp.box) - 1):
        broken = bytearray(totp.box)
        broken[place] ^= 1
        with pytest.raises(UnreadableBoxError):
            Boxes([OLD]).open(bytes(broken), owner=totp.user_id.bytes)


def test_recovery_codes_are_many_different_and_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert digest_of_code(code.lower().replace("-", " ")) == digest_of_code(code)
    assert len({digest_of_code(code) for code in codes}) == 10
