"""An archive is written by anybody: what it may not do, and what is left when it tries."""

import gzip
import io
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.archives.samples import a_tar, a_zip, an_olx_course, opened, package_in

from lms_adapters.archives.limits import MIB, Limits
from lms_domain.courses.package import ArchiveNotReadable, ArchiveTooLarge, ArchiveUnsafe, NotACourse
from lms_domain.kernel import Invalid


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def a_member(name: str, type: bytes = tarfile.REGTYPE, **fields: str | int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = type
    for field, value in fields.items():
        setattr(member, field, value)
    return member


NAMES_THAT_LEAVE = [
    "../outside", "course/../../outside", "/etc/passwd", "C:/windows/x", "..\\outside", "a/..", "\\\\host\\share",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES_THAT_LEAVE)
def test_no_name_leads_out_of_a_tar(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveUnsafe, match=r"leads out of|absolute path"):
        package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": "<course/>", name: "x"}))


@pytest.mark.parametrize("name", NAMES_THAT_LEAVE)
def test_no_name_leads_out_of_a_zip(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveUnsafe, match=r"leads out of|absolute path"):
        package_in(a_zip(tmp_path / "a.zip", {"course.xml": "<course/>", name: "x"}))


@pytest.mark.parametrize(
    ("member", "what"),
    [
        (a_member("a", tarfile.SYMTYPE, linkname="/etc/passwd"), "a symbolic link"),
        (a_member("a", tarfile.LNKTYPE, linkname="course.xml"), "a hard link"),
        (a_member("a", tarfile.CHRTYPE), "a device"),
        (a_member("a", tarfile.BLKTYPE), "a device"),
        (a_member("a", tarfile.FIFOTYPE), "a named pipe"),
        (a_member("a", tarfile.GNUTYPE_SPARSE), "a sparse file"),
        (a_member("a", b"Z"), "neither a file nor a folder"),
    ],
)
def test_a_tar_holds_nothing_but_files_and_folders(tmp_path: Path, member: tarfile.TarInfo, what: str) -> None:
    with pytest.raises(ArchiveUnsafe, match=f"'a' in the archive is {what}"):
        package_in(a_tar(tmp_path / "a.tar", {"course.xml": "<course/>"}, member, gz=False))


@pytest.mark.parametrize(("mode", "what"), [(0o120777, "symbolic link"), (0o020666, "neither"), (0o010666, "neither")])
def test_a_zip_holds_nothing_but_files_and_folders(tmp_path: Path, mode: int, what: str) -> None:
    member = zipfile.ZipInfo("a")
    member.external_attr = mode << 16
    with pytest.raises(ArchiveUnsafe, match=what):
        package_in(a_zip(tmp_path / "a.zip", {"course.xml": "<course/>"}, member))


def test_a_name_stands_in_an_archive_once(tmp_path: Path) -> None:
    path = a_tar(tmp_path / "a.tar", {"course.xml": "<course/>"}, a_member("./course.xml"), gz=False)
    with pytest.raises(ArchiveUnsafe, match="twice"):
        package_in(path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    files = {f"{n}.txt": "" for n in range(11)}
    for path in (a_tar(tmp_path / "a.tar", files, gz=False), a_zip(tmp_path / "a.zip", files)):
        with pytest.raises(ArchiveTooLarge, match="more than 10 files"):
            package_in(path, Limits(members=10))


def test_folders_count_as_well(tmp_path: Path) -> None:
    folders = [a_member(str(n), tarfile.DIRTYPE) for n in range(11)]
    with pytest.raises(ArchiveTooLarge):
        package_in(a_tar(tmp_path / "a.tar", {}, *folders, gz=False), Limits(members=10))


def test_a_member_that_is_too_large_is_refused(tmp_path: Path) -> None:
    files = {"large.bin": b"x" * 2000}
    for path in (a_tar(tmp_path / "a.tar", files, gz=False), a_zip(tmp_path / "a.zip", files)):
        with pytest.raises(ArchiveTooLarge, match=r"large\.bin"):
            package_in(path, Limits(member_bytes=1999))


def test_a_total_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = a_tar(tmp_path / "a.tar", {f"{n}": b"x" * 1000 for n in range(3)}, gz=False)
    with pytest.raises(ArchiveTooLarge, match="Unpacked"):
        package_in(path, Limits(total_bytes=2999))


def peak_of_opening(path: Path, refusal: type[Invalid]) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(refusal):
            package_in(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb", "w") as member:
        for _ in range(200):
            member.write(bytes(MIB))
    assert path.stat().st_size < MIB
    assert peak_of_opening(path, ArchiveTooLarge) < 2 * MIB


def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(a_member("bomb", size=200 * MIB).tobuf())
        for _ in range(200):
            stream.write(bytes(MIB))
    assert peak_of_opening(path, ArchiveTooLarge) < 2 * MIB


@pytest.mark.parametrize("type", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_large_extended_header_is_refused_in_little_memory(tmp_path: Path, type: bytes) -> None:
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(a_member("bomb", type, size=100 * MIB).tobuf())
        for _ in range(100):
            stream.write(bytes(MIB))
    assert peak_of_opening(path, ArchiveUnsafe) < 2 * MIB


def test_a_large_central_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    directory = bytes(8 * MIB)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, len(directory), 4, 0)
    path.write_bytes(b"PK\3\4" + directory + end)
    assert peak_of_opening(path, ArchiveTooLarge) < 2 * MIB


def test_sparse_files_in_pax_headers_are_refused(tmp_path: Path) -> None:
    member = a_member("a")
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    with pytest.raises(ArchiveUnsafe, match="sparse"):
        package_in(a_tar(tmp_path / "a.tar", {}, member, gz=False))


@pytest.mark.parametrize("content", [b"", b"hello", b"BZh91AY&SY", b"7z\xbc\xaf\x27\x1c", b"%PDF-1.7", bytes(2048)])
def test_an_unknown_format_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(ArchiveNotReadable, match=r"must be a \.zip, \.tar, \.tar\.gz or \.tgz"):
        package_in(tmp_path / "a.tar.gz")


def test_a_gzip_that_is_no_tar_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"hello " * 500))
    with pytest.raises(ArchiveNotReadable, match="not a tar"):
        package_in(tmp_path / "a.gz")


@pytest.mark.parametrize("kind", ["tar", "gz", "zip"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_told(tmp_path: Path, kind: str, share: float) -> None:
    files = {f"{n}.bin": bytes(range(256)) * 40 for n in range(5)}
    path = a_zip(tmp_path / "a", files) if kind == "zip" else a_tar(tmp_path / "a", files, gz=kind == "gz")
    data = path.read_bytes()
    end = data.rstrip(b"\0")  # a tar ends in many zeros
    path.write_bytes(end[: int(len(end) * share)])
    with pytest.raises(ArchiveNotReadable, match=r"truncated|damaged"):
        package_in(path)


def test_damaged_bytes_are_told(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"course.xml": "<course/>", "a.txt": "hello" * 100})
    data = bytearray(path.read_bytes())
    data[data.index(b"a.txt") + 8] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ArchiveNotReadable, match="damaged"):
        package_in(path)


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"course.xml": "<course/>"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveNotReadable, match="encrypted"):
        package_in(path)


def test_other_compressions_of_zip_are_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("course.xml", "<course/>")
    with pytest.raises(ArchiveNotReadable, match="deflate"):
        package_in(tmp_path / "a.zip")


def test_names_may_be_long(tmp_path: Path) -> None:
    name = "course/static/" + "x" * 200 + ".png"
    for format in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        path = tmp_path / f"{format}.tar"
        with tarfile.open(path, "w", format=format) as archive:
            for each, data in {"course/course.xml": b'<course url_name="r"><chapter/></course>', name: b"x"}.items():
                member = tarfile.TarInfo(each)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        assert [omission.name for omission in package_in(path).omissions] == ["x" * 200 + ".png"]


def test_an_archive_without_a_course_is_told(tmp_path: Path) -> None:
    for files in ({"readme.txt": "hello"}, {"library.xml": "<library/>"}, {"course.xml": "<chapter/>"}):
        with pytest.raises(NotACourse):
            package_in(a_tar(tmp_path / "a.tar.gz", files))


def test_a_root_that_points_at_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotACourse, match="does not hold the course"):
        package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": '<course url_name="run"/>'}))


ENTITIES = '<!DOCTYPE course [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><course>&b;</course>'
EXTERNAL = '<!DOCTYPE course [<!ENTITY a SYSTEM "file:///etc/passwd">]><course>&a;</course>'
TYPED = '<!DOCTYPE course SYSTEM "http://127.0.0.1:9/course.dtd"><course/>'


@pytest.mark.parametrize("xml", [ENTITIES, EXTERNAL, TYPED])
def test_document_types_and_entities_are_refused(tmp_path: Path, xml: str) -> None:
    with pytest.raises(NotACourse, match="document type or entities"):
        package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": xml}))


@pytest.mark.parametrize("xml", ["<course>", "", "<course><chapter></course>", "\x00", "<course>&nbsp;</course>"])
def test_a_broken_root_is_told(tmp_path: Path, xml: str) -> None:
    with pytest.raises(NotACourse, match="cannot be read"):
        package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": xml}))


def test_deep_xml_is_refused(tmp_path: Path) -> None:
    xml = f'<course url_name="r">{"<a>" * 200_000}{"</a>" * 200_000}</course>'
    with pytest.raises(NotACourse, match="nested more than"):
        package_in(a_tar(tmp_path / "a.tar.gz", {"course.xml": xml}))


def test_too_many_elements_are_refused(tmp_path: Path) -> None:
    path = an_olx_course(tmp_path, "<problem>" + "<p/>" * 2000 + "</problem>")
    with pytest.raises(ArchiveTooLarge, match="XML elements"):
        package_in(path, Limits(elements=1000))


def test_too_much_text_is_refused(tmp_path: Path) -> None:
    path = an_olx_course(tmp_path, files={"course/about/overview.html": "x" * 5000})
    with pytest.raises(ArchiveTooLarge, match="texts"):
        package_in(path, Limits(text_bytes=4000))


def test_the_folder_is_removed_when_the_reader_fails(tmp_path: Path) -> None:
    path = an_olx_course(tmp_path)
    with pytest.raises(RuntimeError, match="mine"), opened(path):
        raise RuntimeError("mine")
