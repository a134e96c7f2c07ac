"""Giving people all there is about them, and erasing them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from lms_domain.identity import queries, use_cases
from lms_domain.identity.erasure import SEALED_AS, Erasure, NoSuchReceipt, Receipt
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.ports.sessions import Seals
from lms_domain.kernel import Actor, Secret, UserId
from lms_domain.mailing import KeptLetters
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.recovery import Recovery


class Privacy:
    def __init__(self, ask: Ask, recovery: Recovery, letters: KeptLetters, seals: Seals) -> None:
        self._ask, self._recovery, self._letters, self._seals = ask, recovery, letters, seals

    async def give(self, run: Run, actor: Actor, path: Path) -> None:
        """Write the archive to `path`: a JSON file for each kind of thing that is known."""
        await run(use_cases.give_my_data, actor)
        await self.write(actor.id, path)

    async def write(self, user_id: UserId, path: Path) -> None:
        with Parts(path) as parts:
            await self._ask(queries.data_of, user_id, parts.keep)

    async def erase_me(self, run: Run, actor: Actor, *, password: Secret) -> Receipt:
        right = await self._recovery.is_my_password(actor, password)
        addresses = await self._ask(queries.addresses_of, actor.id)

        async def erased(ports: IdentityPorts) -> Receipt:
            return self._receipt_of(await use_cases.erase_me(ports, actor, password_is_right=right))

        return await self._without_letters(await run(erased), addresses)

    async def erase(self, run: Run, actor: Actor, user_id: UserId) -> Receipt:
        addresses = await self._ask(queries.addresses_of, user_id)

        async def erased(ports: IdentityPorts) -> Receipt:
            return self._receipt_of(await use_cases.erase_user(ports, actor, user_id))

        return await self._without_letters(await run(erased), addresses)

    async def erase_by_operator(self, run: Run, email: str) -> Receipt | None:
        user = await self._ask(queries.user_by_email, email)
        addresses = await self._ask(queries.addresses_of, user.id) if user else []
        erasure = await run(use_cases.erase_by_operator, email)
        return await self._without_letters(self._receipt_of(erasure), addresses) if erasure else None

    async def receipt(self, token: str) -> Receipt:
        id = self._seals.open(SEALED_AS, token)
        if id is None:
            raise NoSuchReceipt
        return self._receipt_of(await self._ask(queries.erasure, id))

    async def with_letters_of(self, user_id: UserId, erase: Callable[[], Awaitable[bool]]) -> bool:
        """Where they are erased, the letters to them that are kept here go as well."""
        addresses = await self._ask(queries.addresses_of, user_id)
        is_erased = await erase()
        if is_erased:
            await self._letters.forget(addresses)
        return is_erased

    async def _without_letters(self, receipt: Receipt, addresses: Sequence[str]) -> Receipt:
        await self._letters.forget(addresses)
        return receipt

    def _receipt_of(self, erasure: Erasure) -> Receipt:
        return Receipt(
            receipt=self._seals.seal(SEALED_AS, erasure.id),
            erased_at=erasure.erased_at,
            by=erasure.by,
            removed=erasure.removed,
        )


class Parts:
    """A zip archive whose files are JSON arrays, written row by row: one person may have a long history."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w", ZIP_DEFLATED)
        self._file: IO[bytes] | None = None
        self._name, self._is_empty = "", True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._zip.close()

    def keep(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        file = self._file_of(name)
        for row in rows:
            file.write((b"[\n" if self._is_empty else b",\n") + msgspec.json.encode(row))
            self._is_empty = False

    def _file_of(self, name: str) -> IO[bytes]:
        if self._file is None or name != self._name:
            self._end()
            self._name, self._file, self._is_empty = name, self._zip.open(f"{name}.json", "w"), True
        return self._file

    def _end(self) -> None:
        if self._file:
            self._file.write(b"[]\n" if self._is_empty else b"\n]\n")
            self._file.close()
            self._file = None
