"""Where letters arrive."""

import re

from tests.background import a_background, handed_on

from lms_domain.mailing import Letter
from lms_entrypoints.services import Services
from lms_entrypoints.work import Work


class Mailbox:
    """What was sent."""

    def __init__(self, services: Services) -> None:
        self.letters: list[Letter] = []
        self.run = services.run
        self._background = a_background(self.run, self)

    async def send(self, letter: Letter, /) -> None:
        self.letters.append(letter)

    async def emptied(self) -> list[Letter]:
        """What has come since it was looked into."""
        await self._background.drain()
        letters, self.letters = self.letters, []
        return letters

    async def hold_back(self) -> None:
        """What has happened is reacted to; the letters that follow wait to be sent."""
        work = Work(self.run, self)
        for task in await handed_on(self.run):
            await work.perform(task)

    async def token(self, to: str = "ada@example.org") -> str:
        [letter] = [each for each in await self.emptied() if each.to == to and "#token=" in each.values.get("url", "")]
        return token_in(letter)


def token_in(letter: Letter) -> str:
    found = re.search(r"#token=(\S+)", letter.values["url"])
    assert found
    return found[1]
