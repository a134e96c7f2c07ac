"""Archives for tests: small honest ones, and the means to build hostile ones."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from lms_adapters.archives.archives import OpenArchive, open_package
from lms_adapters.archives.limits import Limits
from lms_adapters.content.html import HtmlRendering
from lms_domain.courses.package import CoursePackage, PackedLesson

HTML = HtmlRendering()
Content = str | bytes


def opened(path: Path, limits: Limits | None = None) -> AbstractContextManager[OpenArchive]:
    return open_package(path, markup=HTML, limits=limits)


def package_in(path: Path, limits: Limits | None = None) -> CoursePackage:
    with opened(path, limits) as archive:
        return archive.package


def the_lesson(package: CoursePackage) -> PackedLesson:
    [lesson] = package.lessons
    return lesson


def reasons(package: CoursePackage) -> dict[str, str]:
    """Why each thing was left out, by its name."""
    return {omission.name: omission.reason for omission in package.omissions}


def a_tar(path: Path, files: Mapping[str, Content], *members: tarfile.TarInfo, gz: bool = True) -> Path:
    with tarfile.open(path, "w:gz" if gz else "w") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in members:
            archive.addfile(member)
    return path


def a_zip(path: Path, files: Mapping[str, Content], *members: zipfile.ZipInfo) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for member in members:
            archive.writestr(member, b"")
    return path


def an_olx_course(
    path: Path, *blocks: str, files: Mapping[str, Content] | None = None, unit: str = 'display_name="Unit"'
) -> Path:
    """One chapter, one subsection, one unit with these blocks."""
    structure = (
        '<course display_name="Course"><chapter url_name="c1" display_name="Chapter">'
        '<sequential url_name="s1" display_name="Subsection">'
        f'<vertical url_name="v1" {unit}>{"".join(blocks)}</vertical></sequential></chapter></course>'
    )
    root = {"course/course.xml": '<course url_name="run" org="Org" course="X1"/>', "course/course/run.xml": structure}
    return a_tar(path / "course.tar.gz", root | dict(files or {}))
