"""Letters leave at least once, with the same id; one that cannot be sent holds up no other, and no reaction."""

import asyncio

import pytest

from lms_adapters.memory.ports import FixedClock, MemoryDatabase
from lms_domain import reactions
from lms_domain.identity import use_cases
from lms_domain.kernel import Secret, Unavailable
from lms_domain.mailing import Letter
from lms_entrypoints.doors import Run
from lms_entrypoints.relay import Postman, Relay


class Box:
    def __init__(self, *, refuses: str = "") -> None:
        self.letters: list[Letter] = []
        self.refuses = refuses

    async def send(self, letter: Letter, /) -> None:
        if letter.to == self.refuses:
            raise Unavailable
        self.letters.append(letter)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def run(clock: FixedClock) -> Run:
    return Run(MemoryDatabase(clock))


async def registered(run: Run, *emails: str) -> None:
    for email in emails:
        await run(use_cases.register, email=email, full_name="Ada", password_hash=Secret("hash"))


async def test_a_letter_is_sent_once(run: Run) -> None:
    await registered(run, "ada@example.org")
    box = Box()
    assert [await Postman(run, box).drain() for _ in range(2)] == [1, 0]
    [letter] = box.letters
    assert letter.to == "ada@example.org"
    assert "#token=" in letter.text


async def test_a_postman_who_dies_before_noting_sends_the_same_letter_again(run: Run, clock: FixedClock) -> None:
    await registered(run, "ada@example.org")
    [item] = await run(reactions.claim, reactions.LETTERS, 10)
    first = await run(reactions.letter_about, item.event)  # sent, and the process dies here

    clock.pass_time(reactions.LEASE)
    box = Box()
    await Postman(run, box).drain()
    assert box.letters == [first]


async def test_a_postman_who_dies_after_noting_sends_nothing_again(run: Run, clock: FixedClock) -> None:
    await registered(run, "ada@example.org")
    [item] = await run(reactions.claim, reactions.LETTERS, 10)
    await run(reactions.posted, item.event)

    clock.pass_time(reactions.LEASE)
    box = Box()
    assert await Postman(run, box).drain() == 1
    assert box.letters == []


async def test_a_letter_that_is_not_taken_comes_again_and_holds_up_no_other(run: Run, clock: FixedClock) -> None:
    await registered(run, "full@example.org", "ada@example.org")
    box = Box(refuses="full@example.org")
    await Postman(run, box).drain()
    assert [letter.to for letter in box.letters] == ["ada@example.org"]
    box.refuses = ""
    clock.pass_time(reactions.LEASE)
    await Postman(run, box).drain()
    assert [letter.to for letter in box.letters] == ["ada@example.org", "full@example.org"]


async def test_a_silent_mail_server_holds_up_no_reaction(run: Run) -> None:
    await registered(run, "ada@example.org")
    await run(use_cases.ask_for_reset, "ada@example.org")

    class Silent(Box):
        async def send(self, _: Letter, /) -> None:
            await asyncio.Event().wait()

    stuck = asyncio.create_task(Postman(run, Silent()).drain())
    await asyncio.sleep(0)
    assert await Relay(run).drain() == 1
    stuck.cancel()


def test_an_event_has_letters_or_reactions() -> None:
    assert not set(reactions.LETTERS) & set(reactions.REACTIONS)
