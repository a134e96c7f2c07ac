"""Passwords of every length and script are hashed whole, in threads of their own."""

import asyncio
import os
from dataclasses import replace

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_adapters.security.emails import FoldedEmails
from lms_adapters.security.passwords import RESERVED, WAITING, BcryptPasswords
from lms_adapters.security.strength import ZxcvbnStrengths
from lms_domain.identity.errors import TooManyAtOnce
from lms_domain.identity.lockout import Line
from lms_domain.kernel import Secret


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


@pytest.mark.parametrize("cost", [None, 4, 5, 7, 8])
async def test_a_wrong_password_is_the_same_work_however_old_the_hash(
    monkeypatch: pytest.MonkeyPatch, cost: int | None
) -> None:
    work: list[int] = []
    check, make = bcrypt.checkpw, bcrypt.hashpw

    def checked(password: bytes, hashed: bytes) -> bool:
        work.append(2 ** int(hashed.split(b"$")[2]))
        return check(password, hashed)

    def made(password: bytes, salt: bytes) -> bytes:
        work.append(2 ** int(salt.split(b"$")[2]))
        return make(password, salt)

    hashed = await BcryptPasswords(rounds=cost).hash(Secret("correct horse")) if cost else None
    monkeypatch.setattr("bcrypt.checkpw", checked)
    monkeypatch.setattr("bcrypt.hashpw", made)
    assert not await BcryptPasswords(rounds=8).verify(Secret("wrong horse"), hashed)
    assert sum(work) == 2**8


async def turned_away(passwords: BcryptPasswords, lines: list[Line]) -> list[Line]:
    """Of many who come at once."""
    many = [passwords.hash(Secret("correct horse"), line=line) for line in lines]
    results = await asyncio.gather(*many, return_exceptions=True)
    return [line for line, result in zip(lines, results, strict=True) if isinstance(result, TooManyAtOnce)]


async def test_who_comes_when_too_many_wait_is_told_to_come_back(passwords: BcryptPasswords) -> None:
    networks = [Line(network=f"192.0.2.{n}") for n in range(WAITING + 1)]
    assert await turned_away(passwords, networks) == networks[-1:]
    assert await turned_away(passwords, networks) == networks[-1:]  # and places are given back


async def test_a_network_has_half_of_the_places_at_most(passwords: BcryptPasswords) -> None:
    here, there = Line(network="192.0.2.1"), Line(network="192.0.2.2")
    assert await turned_away(passwords, [here] * (WAITING // 2 + 2) + [there]) == [here] * 2


async def test_devices_that_are_known_have_places_besides(passwords: BcryptPasswords) -> None:
    strangers = [Line(network=f"192.0.2.{n}") for n in range(WAITING)]
    known = [replace(line, is_known_device=True) for line in strangers[: RESERVED + 1]]
    assert await turned_away(passwords, strangers + known) == known[-1:]
    alone = [known[0]] * (RESERVED // 2 + WAITING // 2 + 1)
    assert await turned_away(passwords, alone) == alone[-1:]


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


@given(st.emails() | st.text(max_size=60).map(lambda text: f"{text}@Example.org"))
def test_folding_twice_is_folding_once(address: str) -> None:
    folded = FoldedEmails().normalized(address)
    if folded is not None:
        assert FoldedEmails().normalized(folded) == folded
        assert FoldedEmails().normalized(folded.upper()) == folded or not folded.isascii()


def test_what_is_too_long_for_an_address_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms_adapters.security.emails.validate_email", None)
    assert FoldedEmails().normalized("a" * 9_000_000 + "@example.org") is None


async def test_where_threads_may_not_step_back_hashes_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden)
    hashed = await BcryptPasswords(rounds=4).hash(Secret("correct horse"))
    assert hashed.reveal().startswith("$2b$04$")


@pytest.mark.parametrize("password", ["hillschool2026", "H1llSchool!", "Bienenkunde1"])
async def test_what_everybody_here_would_try_is_weak(password: str) -> None:
    anywhere, here = ZxcvbnStrengths(), ZxcvbnStrengths(["Hill School", "Bienenkunde"])
    owner = ["ada@example.org", "Ada Example Lovelace of Ten Names And Some More"]
    assert (await here.of(Secret(password), owner)).score < 2 <= (await anywhere.of(Secret(password), owner)).score
