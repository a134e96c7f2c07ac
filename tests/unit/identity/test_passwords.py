"""Passwords of every length and script are hashed whole, in threads of their own."""

import asyncio

import bcrypt
import pytest

from lms_adapters.security.emails import FoldedEmails
from lms_adapters.security.passwords import WAITING, BcryptPasswords
from lms_domain.kernel import Secret, Unavailable


@pytest.fixture
def passwords() -> BcryptPasswords:
    return BcryptPasswords(rounds=4, threads=2)


@pytest.mark.parametrize(
    "password", ["correct horse", "x" * 72, "x" * 73, "x" * 1024, "a\0b is one", "pässwörd", "密码密码密码"]
)
async def test_a_password_opens_what_it_closed_and_no_other_does(passwords: BcryptPasswords, password: str) -> None:
    hashed = await passwords.hash(Secret(password))
    assert hashed.reveal().startswith("$2b$04$")
    assert await passwords.verify(Secret(password), hashed)
    assert not await passwords.verify(Secret(password + "!"), hashed)
    assert not await passwords.verify(Secret(password[:-1]), hashed)


async def test_two_ways_to_write_one_letter_are_one_password(passwords: BcryptPasswords) -> None:
    hashed = await passwords.hash(Secret("caf\u00e9 au lait"))
    assert await passwords.verify(Secret("cafe\u0301 au lait"), hashed)


async def test_an_unknown_account_costs_a_hash_as_well(
    passwords: BcryptPasswords, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []
    check = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        checked.append(hashed)
        return check(password, hashed)

    monkeypatch.setattr("bcrypt.checkpw", counted)
    assert not await passwords.verify(Secret("whatever it is"), None)
    assert len(checked) == 1


async def test_who_comes_when_too_many_wait_is_told_to_come_back(passwords: BcryptPasswords) -> None:
    many = [passwords.hash(Secret("correct horse")) for _ in range(WAITING + 1)]
    results = await asyncio.gather(*many, return_exceptions=True)
    assert sum(isinstance(result, Unavailable) for result in results) == 1


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        (" ada@example.org ", "ada@example.org"),
        ("ADA+tag@example.org", "ada+tag@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("nobody", None),
        ("a@b", None),
        ("a b@example.org", None),
        ("ada@example.org\0", None),
        ("", None),
    ],
)
def test_addresses_are_folded_to_one_form(address: str, folded: str | None) -> None:
    assert FoldedEmails().normalized(address) == folded
