"""The two ways in: one call is one transaction, and a request with a key is done once."""

from dataclasses import dataclass

import pytest

from lms_adapters.memory.ports import MemoryDatabase
from lms_domain.idempotency import Answer, Attempt, KeyReused, Replayed
from lms_domain.identity.events import TotpBegun, UserRegistered
from lms_domain.kernel import Again, Clashed, Conflict, UserId, new_id
from lms_domain.ports import AllPorts
from lms_entrypoints.doors import Run, RunOnce
from lms_entrypoints.http.idempotency import AnswerSeal, AnswerUnreadable

SEAL = AnswerSeal("a secret of the server, long enough")


@dataclass
class Made:
    number: int


def an_attempt(*, key: str = "k1", body: bytes = b"{}") -> Attempt:
    return Attempt(scope="me", key=SEAL.stored_key(key), digest=SEAL.digest(b"POST", b"/things", body))


def run_once(database: MemoryDatabase, attempt: Attempt) -> RunOnce:
    async def given() -> Attempt:
        return attempt

    return RunOnce(database, given, SEAL, status=201)


class Things:
    """A use case that counts how often it ran."""

    def __init__(self, *, clashes: int = 0) -> None:
        self.made = 0
        self._clashes = clashes

    async def make(self, _: AllPorts) -> Made:
        if self._clashes:
            self._clashes -= 1
            raise Clashed
        self.made += 1
        return Made(self.made)

    async def refuse(self, _: AllPorts) -> Made:
        self.made += 1
        raise Conflict


async def test_a_transaction_pushed_aside_is_tried_again() -> None:
    things = Things(clashes=2)
    assert await Run(MemoryDatabase())(things.make) == Made(1)


async def test_and_given_up_after_three_tries() -> None:
    things = Things(clashes=3)
    with pytest.raises(Clashed):
        await Run(MemoryDatabase())(things.make)


async def test_an_answer_says_whose_accounts_it_may_tell_of() -> None:
    database, attempt, ada, ben = MemoryDatabase(), an_attempt(), UserId(new_id()), UserId(new_id())

    async def use_case(ports: AllPorts) -> None:
        now = ports.clock.now()
        ports.emit(UserRegistered(at=now, user_id=ada), TotpBegun(at=now, user_id=ada), TotpBegun(at=now, user_id=ben))

    await run_once(database, attempt)(use_case)
    async with database.begin() as ports:
        kept = await ports.answers.begin(attempt)
        assert kept is not None
        assert kept.people == (ada, ben)


async def test_the_second_request_with_a_key_gets_the_first_answer() -> None:
    database, things, attempt = MemoryDatabase(), Things(), an_attempt()
    run = run_once(database, attempt)
    await run(things.make)

    with pytest.raises(Replayed) as replayed:
        await run(things.make)

    assert things.made == 1
    assert replayed.value.answer.status == 201
    assert SEAL.open(attempt, replayed.value.answer) == b'{"number":1}'


async def test_what_existed_already_is_replayed_as_such() -> None:
    async def find(_: AllPorts) -> Made | Again[Made]:
        return Again(Made(7))

    run = run_once(MemoryDatabase(), an_attempt())
    await run(find)
    with pytest.raises(Replayed) as replayed:
        await run(find)
    assert replayed.value.answer.status == 200


async def test_another_body_under_the_same_key_is_refused() -> None:
    database, things = MemoryDatabase(), Things()
    await run_once(database, an_attempt(body=b"1"))(things.make)
    with pytest.raises(KeyReused):
        await run_once(database, an_attempt(body=b"2"))(things.make)
    assert things.made == 1


async def test_a_refusal_is_not_kept_so_that_the_request_can_be_mended() -> None:
    database, things = MemoryDatabase(), Things()
    run = run_once(database, an_attempt())
    with pytest.raises(Conflict):
        await run(things.refuse)
    assert await run(things.make) == Made(2)


def test_a_kept_answer_is_unreadable_without_the_callers_key() -> None:
    attempt = an_attempt(key="k1")
    sealed = SEAL.close(attempt, Made(42))
    assert b"42" not in sealed
    other = an_attempt(key="k2")
    with pytest.raises(AnswerUnreadable):
        SEAL.open(other, Answer(digest=other.digest, status=201, body=sealed))
