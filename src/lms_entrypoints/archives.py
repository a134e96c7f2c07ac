"""Courses in and out as files. Archives are read and written in a thread, and before or after a transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from pathlib import Path

from lms_domain.courses.asset_queries import Packed, asset_file, packed
from lms_domain.courses.package import Archives, OpenPackage, PackedAsset, Progress
from lms_domain.courses.use_cases.importing import ImportReport, import_course
from lms_domain.kernel import Actor, CourseId, OrganizationId
from lms_entrypoints.doors import Ask, Run

PIECE = 1 << 20


class ArchiveDesk:
    def __init__(self, ask: Ask, archives: Archives) -> None:
        self._ask, self._archives = ask, archives

    def folder(self) -> AbstractContextManager[Path]:
        """For an archive that is on its way."""
        return self._archives.folder()

    @asynccontextmanager
    async def opened(self, path: Path, *, progress: Progress | None = None) -> AsyncIterator[OpenPackage]:
        """What it was unpacked to is gone when the context ends, whatever happens."""
        with ExitStack() as stack:
            opening = asyncio.create_task(
                asyncio.to_thread(stack.enter_context, self._archives.open(path, progress=progress))
            )
            try:
                package = await asyncio.shield(opening)
            except asyncio.CancelledError:
                opening.add_done_callback(lambda _: stack.close())  # the thread cannot be stopped
                raise
            yield package

    async def take(
        self,
        run: Run,
        actor: Actor,
        path: Path,
        *,
        organization_id: OrganizationId | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import the archive at `path`."""
        async with self.opened(path, progress=progress) as package:
            return await run(import_course, actor, package, organization_id=organization_id)

    async def give(self, actor: Actor, course_id: CourseId, path: Path) -> Packed:
        """Write the draft of the course to `path`."""
        found = await self._ask(packed, actor, course_id)
        with self.folder() as folder:
            files = {name: folder / key for name, key in found.keys.items()}
            for name, key in found.keys.items():  # one by one, so that no two files are in memory
                files[name].write_bytes((await self._ask(asset_file, key)).data)

            def read(asset: PackedAsset) -> Iterator[bytes]:
                with files[asset.name].open("rb") as file:
                    while piece := file.read(PIECE):
                        yield piece

            await asyncio.to_thread(self._archives.write, found.package, read, path)
        return found
