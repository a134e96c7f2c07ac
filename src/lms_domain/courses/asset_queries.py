"""What people ask of the files of courses, and of courses as packages."""

from dataclasses import dataclass
from typing import Protocol

from lms_domain.courses.assets import KEY, AssetFile, AssetReads
from lms_domain.courses.package import CoursePackage
from lms_domain.courses.packing import Packing, keys_shown
from lms_domain.courses.ports.reading import CourseReads
from lms_domain.kernel import Actor, CourseId, NotFound
from lms_domain.standing import must_edit


class ReadsAssets(Protocol):
    @property
    def asset_reads(self) -> AssetReads: ...


class ReadsWholeCourses(CourseReads, ReadsAssets, Protocol): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """`keys`: of the package's files, by their names in it."""

    slug: str
    package: CoursePackage
    keys: dict[str, str]


async def asset_file(reads: ReadsAssets, key: str) -> AssetFile:
    """Anybody's who knows the key."""
    if not KEY.fullmatch(key):
        raise NotFound(entity="Asset")
    return await reads.asset_reads.file(key)


async def packed(reads: ReadsWholeCourses, actor: Actor, course_id: CourseId) -> Packed:
    """The draft as a package, for those who may change the course."""
    sight = await reads.course_pages.of(course_id, actor.id)
    must_edit(actor, sight.course, sight.standing)
    draft = await reads.drafts.of(course_id)
    packing = Packing(sight.course, draft, await reads.asset_reads.named(keys_shown(sight.course, draft)))
    package = packing.pack()
    return Packed(slug=sight.course.slug, package=package, keys={n: key for key, n in packing.names.items()})
