"""Letters leave at least once, with the same id; one that cannot be sent holds up no other, and no reaction."""

import asyncio
from datetime import timedelta

import pytest
from tests.background import Box, a_background, handed_on

from lms_adapters.memory.ports import FixedClock, MemoryDatabase
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Secret, Unavailable
from lms_domain.mailing import Letter
from lms_domain.queues import QueueName
from lms_domain.tasks import use_cases
from lms_domain.tasks.model import LEASE
from lms_entrypoints.doors import Run


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def run(clock: FixedClock) -> Run:
    return Run(MemoryDatabase(clock))


async def registered(run: Run, *emails: str) -> None:
    for email in emails:
        await run(identity.register, email=email, full_name="Ada", password_hash=Secret("hash"))
    await a_background(run, queues=[name for name in QueueName if name is not QueueName.EMAILS]).drain()


async def test_a_letter_is_sent_once(run: Run) -> None:
    await registered(run, "ada@example.org")
    box = Box()
    assert [await a_background(run, box).drain() for _ in range(2)] == [1, 0]
    [letter] = box.letters
    assert letter.to == "ada@example.org"
    assert "#token=" in letter.values["url"]


async def test_who_dies_before_noting_that_it_was_sent_sends_the_same_letter_again(run: Run, clock: FixedClock) -> None:
    await registered(run, "ada@example.org")
    [task] = await handed_on(run)
    first = await run(use_cases.letter_about, task)  # sent, and the process dies here

    box = Box()
    await a_background(run, box).drain()
    assert box.letters == []  # somebody may still be at it
    clock.pass_time(LEASE)
    await a_background(run, box).drain()
    assert box.letters == [first]


async def test_a_letter_that_two_were_told_to_send_is_sent_by_one(run: Run) -> None:
    await registered(run, "ada@example.org")
    [task] = await handed_on(run)
    assert await run(use_cases.letter_about, task) is not None
    assert await run(use_cases.letter_about, task) is None
    assert await run(use_cases.finish, task)
    assert not await run(use_cases.finish, task)


async def test_a_letter_that_is_not_taken_comes_again_and_holds_up_no_other(run: Run, clock: FixedClock) -> None:
    await registered(run, "full@example.org", "ada@example.org")
    box = Box(error=Unavailable(), refuses="full@example.org")
    await a_background(run, box).drain()
    assert [letter.to for letter in box.letters] == ["ada@example.org"]
    box.error = None
    clock.pass_time(timedelta(seconds=4))
    await a_background(run, box).drain()
    assert [letter.to for letter in box.letters] == ["ada@example.org", "full@example.org"]


async def test_a_silent_mail_server_holds_up_no_reaction(run: Run) -> None:
    await registered(run, "ada@example.org")
    await run(identity.ask_for_reset, "ada@example.org")
    asked = asyncio.Event()

    class Silent(Box):
        async def send(self, _: Letter, /) -> None:
            asked.set()
            await asyncio.Event().wait()

    stuck = asyncio.create_task(a_background(run, Silent()).drain())
    await asked.wait()
    others = [name for name in QueueName if name is not QueueName.EMAILS]
    assert await a_background(run, queues=others).drain() <= 2
    await a_background(run, queues=others).drain()
    stuck.cancel()
