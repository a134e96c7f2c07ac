"""`lms courses`: import and export as an operator runs them, on a real PostgreSQL."""

import io
import os
import pty
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.forked import fork
from tests.unit.archives.samples import a_tar, an_olx_course

from lms_adapters.archives.olx import OPTIONAL_QUIZZES
from lms_entrypoints.cli.users import users

SRC = Path(__file__).parents[2] / "src"
REAL = Path(__file__).parents[3] / "shared/courses/openedx-demo-course.tar.gz"
Answer = subprocess.CompletedProcess[str]
GONE = "Its link to 'gone' became plain text: nothing of that name was taken."
Lms = Callable[..., Answer]


@pytest.fixture
def environment(engine: AsyncEngine, database_url: str, tmp_path: Path) -> dict[str, str]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return os.environ | {
        "DATABASE_URL": database_url, "PYTHONPATH": str(SRC), "TMPDIR": str(temporary), "ENVIRONMENT": "test",
    }  # fmt: skip


@pytest.fixture
def command(environment: dict[str, str]) -> Lms:
    """`lms courses ...` as an operator types it."""

    def run(*args: str | Path) -> Answer:
        typed = [sys.executable, "-W", "error", "-m", "lms_entrypoints.cli", "courses", *map(str, args)]
        answer = subprocess.run(typed, capture_output=True, text=True, env=environment, check=False, timeout=120)
        assert_nothing_temporary_is_left(environment)
        return answer

    return run


@pytest.fixture
def an_admin(engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECURITY_BCRYPT_ROUNDS", "4")
    _make("create-admin", "--email", "root@example.org", "--name", "Root")


@pytest.fixture
def lms(environment: dict[str, str], an_admin: None, tmp_path: Path) -> Lms:
    """The same in less time; its output is no terminal."""

    def run(*args: str | Path, stderr: Path | None = None) -> Answer:
        words = ("courses", *map(str, args))
        with TemporaryDirectory(dir=tmp_path) as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = fork(words, environment, out=out, err=stderr or err, strict=True)
            process.join(120)
            assert process.exitcode is not None
            assert_nothing_temporary_is_left(environment)
            told = err.read_text() if err.exists() else ""
            return Answer(words, process.exitcode, out.read_text(), told)

    return run


def assert_nothing_temporary_is_left(environment: dict[str, str]) -> None:
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


def _make(*args: str) -> None:
    made = CliRunner().invoke(users, [*args, "--password-stdin"], input="correct horse battery\n")
    assert made.exit_code == 0, made.output


def a_course(folder: Path) -> Path:
    """Something of everything that an import does."""
    video = '<video url_name="film" youtube_id_1_0="abcdefghijk"><transcript language="en" src="a.srt"/></video>'
    text = (
        '<html url_name="a"><p><img src="/static/bee.png"/> <a href="/jump_to_id/film">film</a> '
        '<a href="/jump_to_id/gone">gone</a></p></html>'
    )
    question = (
        '<problem url_name="q"><stringresponse answer="bee"><label>Who?</label><textline/></stringresponse></problem>'
    )
    srt = "1\n00:00:00,000 --> 00:00:02,000\nHello\n"
    files = {"course/static/bee.png": "picture", "course/static/a.srt": srt}
    return an_olx_course(folder, text, video, question, '<poll url_name="vote"/>', files=files)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return conn.execute(query).fetchall()


def everything(url: str) -> int:
    [(count,)] = rows(
        url,
        "select (select count(*) from courses) + (select count(*) from lessons) + (select count(*) from blobs)"
        " + (select count(*) from outbox where name like 'course.%')",
    )
    assert isinstance(count, int)
    return count


def forget_courses(url: str) -> None:
    """As if it were another database: the accounts stay."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("truncate courses, assets, blobs cascade")


def test_an_import_reports_what_was_taken_and_what_was_not(
    command: Lms, an_admin: None, database_url: str, tmp_path: Path
) -> None:
    answer = command("import", a_course(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "Imported 'Course' as the draft course (olx).",
        "Taken: sections: 1; lessons: 1 quiz, 1 text, 1 video; problems: 1; files: 2.",
        "Lessons: 3 added, 0 updated, 0 unchanged, 0 removed.",
        f"Note: {OPTIONAL_QUIZZES.format(count=1, problems=1)}",
        "Left out (2):",
        "  poll vote in Chapter > Subsection > Unit: Polls are not supported.",
        f"  html a (in part) in Chapter > Subsection > Unit: {GONE}",
    ]
    assert rows(database_url, "select slug, status from courses") == [("course", "draft")]


def test_where_there_is_no_terminal_there_is_no_progress_bar(lms: Lms, tmp_path: Path) -> None:
    assert lms("import", a_course(tmp_path)).stderr == ""


def test_where_there_is_one_the_bar_is_shown_there_and_the_report_apart(
    lms: Lms, database_url: str, tmp_path: Path
) -> None:
    terminal, inner = pty.openpty()
    answer = lms("import", a_course(tmp_path), stderr=Path(os.ttyname(inner)))
    os.close(inner)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert "100%" in shown
    assert answer.stdout.startswith("Imported 'Course'")
    assert "\x1b" not in answer.stdout


def test_a_second_import_updates_the_draft(lms: Lms, database_url: str, tmp_path: Path) -> None:
    path = a_course(tmp_path)
    lms("import", path)
    again = lms("import", path)
    assert again.stdout.startswith("Updated 'Course' as the draft course (olx).\n")
    assert "Lessons: 0 added, 0 updated, 3 unchanged, 0 removed." in again.stdout
    assert rows(database_url, "select count(*) from courses") == [(1,)]


def exported(lms: Lms, slug: str, path: Path) -> bytes:
    answer = lms("export", slug, path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"Wrote {path}.\n", "")
    return path.read_bytes()


def slug_of(answer: Answer) -> str:
    match = re.search(r"as the draft (\S+) \(", answer.stdout)
    assert match, answer.stderr
    return match[1]


def assert_travels(lms: Lms, archive: Path, database_url: str, folder: Path) -> None:
    first = exported(lms, slug_of(lms("import", archive)), folder / "first.zip")
    lessons = rows(database_url, "select count(*) from lessons")
    forget_courses(database_url)
    arrived = lms("import", folder / "first.zip")
    assert rows(database_url, "select count(*) from lessons") == lessons
    assert "Left out" not in arrived.stdout
    assert exported(lms, slug_of(arrived), folder / "second.zip") == first


def test_what_was_exported_arrives_in_an_empty_database_and_leaves_it_the_same(
    lms: Lms, database_url: str, tmp_path: Path
) -> None:
    assert_travels(lms, a_course(tmp_path), database_url, tmp_path)
    with zipfile.ZipFile(tmp_path / "second.zip") as archive:
        assert b"lesson:video/film" in archive.read("lessons/00001.json")
        assert archive.read("assets/bee.png") == b"picture"
        assert archive.read("assets/a.vtt").startswith(b"WEBVTT")


@pytest.mark.skipif(not REAL.exists(), reason="the Open edX demo course is not beside this checkout")
def test_a_real_course_travels_as_well(lms: Lms, database_url: str, tmp_path: Path) -> None:
    assert_travels(lms, REAL, database_url, tmp_path)
    [(lessons,)] = rows(database_url, "select count(*) from lessons where is_active")
    assert lessons == 86


def test_an_import_is_on_behalf_of_the_account_that_is_named(lms: Lms, database_url: str, tmp_path: Path) -> None:
    path = a_course(tmp_path)
    assert lms("import", path, "--as", "nobody@example.org").stderr == (
        "Error: There is no account with the address nobody@example.org.\n"
    )
    _make("create", "--email", "ada@example.org", "--name", "Ada", "--role", "instructor")
    assert lms("import", path, "--as", "ADA@example.org").returncode == 0
    owners = "select email from users join courses on created_by = users.id"
    assert rows(database_url, owners) == [("ada@example.org",)]


def test_who_may_not_make_courses_may_not_import_them(lms: Lms, database_url: str, tmp_path: Path) -> None:
    _make("create", "--email", "ada@example.org", "--name", "Ada", "--role", "student")
    refused = lms("import", a_course(tmp_path), "--as", "ada@example.org")
    assert refused.returncode == 1
    assert_one_line(refused, "Error: ")
    assert everything(database_url) == 0


def test_without_an_admin_the_way_to_one_is_told(command: Lms, tmp_path: Path) -> None:
    refused = command("import", a_course(tmp_path))
    assert refused.returncode == 1
    assert_one_line(refused, "There is no admin yet. Make one first: lms users create-admin")


def assert_one_line(answer: Answer, words: str) -> None:
    assert answer.stdout == ""
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert words in answer.stderr


def a_link(path: Path) -> Path:
    member = tarfile.TarInfo("course/link")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return a_tar(path, {"course/course.xml": "<course/>"}, member)


def a_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", io.BytesIO(bytes(50 << 20)).getvalue())
    return path


def test_what_cannot_be_imported_is_told_in_one_line_and_leaves_nothing(
    lms: Lms, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "text.zip").write_text("no archive at all")
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 but broken")
    (tmp_path / "cut.tar.gz").write_bytes(a_course(tmp_path).read_bytes()[:-200])
    reasons: dict[Path, str] = {
        tmp_path / "missing.zip": "missing.zip: No such file or directory.",
        tmp_path: "Is a directory",
        tmp_path / "text.zip": "not an archive that can be read",
        tmp_path / "empty.zip": "not an archive that can be read",
        tmp_path / "broken.zip": "damaged",
        tmp_path / "cut.tar.gz": "truncated",
        a_tar(tmp_path / "none.tar.gz", {"readme.txt": "hello"}): "no course",
        a_tar(tmp_path / "out.tar.gz", {"../outside": "x"}): "leads out of the archive",
        a_link(tmp_path / "link.tar.gz"): "is a symbolic link",
        a_bomb(tmp_path / "bomb.zip"): "more than 100 times its size",
    }
    for path, why in reasons.items():
        refused = lms("import", path)
        assert refused.returncode == 1, path
        assert_one_line(refused, why)
    assert everything(database_url) == 0


def test_what_breaks_a_rule_is_told_with_its_field(lms: Lms, database_url: str, tmp_path: Path) -> None:
    exported(lms, slug_of(lms("import", a_course(tmp_path))), tmp_path / "good.zip")
    forget_courses(database_url)
    with zipfile.ZipFile(tmp_path / "good.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b'"kind": "text"', b'"kind": "dance"'))
    refused = lms("import", tmp_path / "bad.zip")
    assert refused.returncode == 1
    assert "sections[0].lessons[0].kind: one of text, video" in refused.stderr
    assert rows(database_url, "select count(*) from courses") == [(0,)]


def test_an_export_that_cannot_be_is_told_in_one_line(lms: Lms, tmp_path: Path) -> None:
    lms("import", a_course(tmp_path))
    (tmp_path / "here").mkdir()
    reasons: dict[tuple[str, Path], str] = {
        ("nothing", tmp_path / "a.zip"): "There is no course with the slug nothing.",
        ("course", tmp_path / "no" / "folder" / "a.zip"): "a.zip: No such file or directory.",
        ("course", tmp_path / "here"): "here: Is a directory.",
    }
    for (slug, path), why in reasons.items():
        refused = lms("export", slug, path)
        assert refused.returncode == 1
        assert_one_line(refused, why)
        assert not path.is_file()
