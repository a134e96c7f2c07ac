"""Our own format: what is written is read, byte for byte the same every time, and nothing else is believed."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.archives.samples import HTML, a_zip, package_in

from lms_adapters.archives.archives import CourseArchives
from lms_domain.courses.package import (
    ArchiveNotReadable,
    CoursePackage,
    PackedAsset,
    PackedLesson,
    PackedSection,
)

ARCHIVES = CourseArchives(HTML)
Files = dict[str, bytes]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
keys = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
lines = st.lists(texts, max_size=3)
pages = st.fixed_dictionaries(
    {"title": texts},
    optional={
        "summary": texts, "description": texts, "language": texts, "level": texts, "category": st.none() | texts,
        "tags": lines, "objectives": lines, "requirements": lines, "thumbnail": st.none() | texts,
        "estimated_minutes": st.none() | st.integers(0, 10**6),
    },
)  # fmt: skip
settings_of_courses = st.fixed_dictionaries(
    {},
    optional={
        "visibility": texts, "seats": st.none() | st.integers(0, 10**6), "access_days": st.none() | st.integers(0, 99),
        "price": st.none() | st.fixed_dictionaries({"amount": st.integers(0, 10**6), "currency": texts}),
        "enrollment_opens_at": st.none() | st.just("2030-01-31T08:00:00Z"), "metadata": objects,
    },
)  # fmt: skip
file_names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)


@st.composite
def packages(draw: st.DrawFn) -> tuple[CoursePackage, Files]:
    files = draw(st.dictionaries(file_names, st.binary(max_size=200), max_size=4))
    lesson_keys = draw(st.lists(texts, unique=True, max_size=6))
    lessons = [
        draw(
            st.builds(
                PackedLesson, key=st.just(key), title=texts, kind=texts, content=objects, required=st.booleans(),
                preview=st.booleans(), completion_rule=objects, metadata=objects,
                duration_seconds=st.none() | st.integers(0, 10**6),
            )
        )
        for key in lesson_keys
    ]  # fmt: skip
    section_keys = draw(st.lists(keys, unique=True, min_size=1, max_size=3))
    sections = tuple(
        PackedSection(key=key, title=draw(texts), summary=draw(texts), lessons=tuple(lessons[n :: len(section_keys)]))
        for n, key in enumerate(section_keys)
    )
    package = CoursePackage(
        format="lms-course",
        key=draw(keys),
        page=draw(pages),
        settings=draw(settings_of_courses),
        sections=sections,
        assets=tuple(an_asset(name, files[name]) for name in sorted(files)),
    )
    return package, files


def an_asset(name: str, data: bytes) -> PackedAsset:
    return PackedAsset(name=name, media_type="image/png", size=len(data), sha256=hashlib.sha256(data).hexdigest())


def write(package: CoursePackage, files: Files, path: Path) -> bytes:
    def read(asset: PackedAsset) -> Iterator[bytes]:
        yield files[asset.name]

    ARCHIVES.write(package, read, path)
    return path.read_bytes()


@settings(max_examples=50, deadline=None)
@given(packages())
def test_what_is_written_is_read(sample: tuple[CoursePackage, Files]) -> None:
    package, files = sample
    with TemporaryDirectory() as folder:
        write(package, files, Path(folder) / "a.zip")
        with ARCHIVES.open(Path(folder) / "a.zip") as opened:
            assert opened.package == package
            assert {asset.name: b"".join(opened.read(asset)) for asset in package.assets} == files


@settings(max_examples=50, deadline=None)
@given(packages())
def test_the_same_course_gives_the_same_bytes(sample: tuple[CoursePackage, Files]) -> None:
    package, files = sample
    shuffled = replace(
        package,
        assets=tuple(reversed(package.assets)),
        page=dict(reversed(package.page.items())),
        omissions=(),
        format="olx",
    )
    with TemporaryDirectory() as folder:
        first = write(package, files, Path(folder) / "a.zip")
        assert write(shuffled, files, Path(folder) / "b.zip") == first


def a_course(**changes: Any) -> tuple[CoursePackage, Files]:
    files = {"a.png": b"picture"}
    lesson = PackedLesson(key="l1", title="Lesson", kind="text", content={"format": "html", "body": "<p>Hello</p>"})
    package = CoursePackage(
        format="lms-course",
        key="k",
        page={"title": "Course"},
        sections=(PackedSection(key="s1", title="Section", lessons=(lesson,)),),
        assets=(an_asset("a.png", files["a.png"]),),
    )
    return replace(package, **changes), files


def documents(tmp_path: Path) -> dict[str, bytes | str]:
    write(*a_course(), tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "good.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_is_a_zip_that_people_can_read(tmp_path: Path) -> None:
    held = documents(tmp_path)
    assert list(held) == ["manifest.json", "course.json", "assets.json", "lessons/00001.json", "assets/a.png"]
    assert json.loads(held["manifest.json"]) == {"format": "lms-course", "version": 1}
    assert json.loads(held["course.json"])["sections"][0]["lessons"] == ["lessons/00001.json"]


def test_people_may_pack_it_again_with_compression(tmp_path: Path) -> None:
    package, _ = a_course()
    assert package_in(a_zip(tmp_path / "again.zip", documents(tmp_path))) == package


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("manifest.json", '{"format": "lms-course", "version": 2}', "lms-course 2"),
        ("manifest.json", '{"format": "other", "version": 1}', "other 1"),
        ("manifest.json", "{}", r"manifest\.json"),
        ("course.json", "not json", r"course\.json"),
        ("course.json", '{"key": "k", "page": [], "sections": []}', r"course\.json"),
        ("course.json", '{"key": "k", "page": {"title": "x"}, "sections": [], "more": 1}', "more"),
        ("course.json", "[" * 100_000, r"course\.json"),
        ("lessons/00001.json", '{"key": "l1", "title": 5}', r"00001\.json"),
        ("lessons/00001.json", b"\xff\xfe", r"00001\.json"),
        ("assets/a.png", b"another picture", r"a\.png"),
        ("assets.json", '[{"name": "../a", "media_type": "", "size": 1, "sha256": ""}]', "no name"),
    ],
)
def test_a_damaged_document_is_told_by_its_name(tmp_path: Path, name: str, content: str | bytes, why: str) -> None:
    with pytest.raises(ArchiveNotReadable, match=why):
        package_in(a_zip(tmp_path / "bad.zip", documents(tmp_path) | {name: content}))


@pytest.mark.parametrize("name", ["lessons/00001.json", "assets/a.png"])
def test_a_document_that_is_missing_is_told(tmp_path: Path, name: str) -> None:
    held = documents(tmp_path)
    del held[name]
    with pytest.raises(ArchiveNotReadable, match=name):
        package_in(a_zip(tmp_path / "bad.zip", held))


def test_a_lesson_stands_in_a_course_once(tmp_path: Path) -> None:
    held = documents(tmp_path)
    course = json.loads(held["course.json"])
    course["sections"][0]["lessons"] *= 2
    with pytest.raises(ArchiveNotReadable, match="lesson 'l1'"):
        package_in(a_zip(tmp_path / "bad.zip", held | {"course.json": json.dumps(course)}))


def test_a_file_that_is_not_what_it_was_is_not_written(tmp_path: Path) -> None:
    package, _ = a_course()
    with pytest.raises(ValueError, match="other bytes"):
        write(package, {"a.png": b"changed"}, tmp_path / "a.zip")


def test_what_was_written_before_stays_until_the_new_archive_is_complete(tmp_path: Path) -> None:
    package, files = a_course()
    before = write(package, files, tmp_path / "a.zip")
    with pytest.raises(ValueError, match="other bytes"):
        write(package, {"a.png": b"changed"}, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert write(package, files, tmp_path / "a.zip") == before


def test_progress_is_told(tmp_path: Path) -> None:
    write(*a_course(), tmp_path / "a.zip")
    told: list[tuple[int, int, str]] = []
    with ARCHIVES.open(tmp_path / "a.zip", progress=lambda *step: told.append(step)):
        pass
    assert told[-1] == (1, 1, "Checking files")
    assert all(0 <= done <= total for done, total, _ in told)
