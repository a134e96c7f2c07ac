"""What `make` installs with, before anything is installed."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.UV_INDEX_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return module


def pip_says(monkeypatch: pytest.MonkeyPatch, listing: str) -> None:
    answer = subprocess.CompletedProcess([], 0, stdout=listing)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)


def test_uv_asks_the_index_that_pip_is_configured_for(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "global.index-url='mirror'\nglobal.extra-index-url='a\\nb'\nglobal.find-links='c d'\n")
    environment = bootstrap.uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "mirror"
    assert environment["UV_INDEX"] == "a b"
    assert environment["UV_FIND_LINKS"] == "c,d"


def test_the_environment_wins_over_the_file(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, ":env:.index-url='from-environment'\nglobal.index-url='from-file'\n")
    assert bootstrap.uv_environment()["UV_DEFAULT_INDEX"] == "from-environment"


def test_settings_of_uv_are_left_alone(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "global.index-url='of-pip'\n")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "of-uv")
    assert bootstrap.uv_environment()["UV_DEFAULT_INDEX"] == "of-uv"


def test_locks_are_made_from_the_main_index_alone(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "global.index-url='main'\nglobal.extra-index-url='more'\n")
    environment = bootstrap.uv_environment(everything=False)
    assert environment["UV_DEFAULT_INDEX"] == "main"
    assert "UV_INDEX" not in environment


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_with_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"(^|\s)/", text)
    pins = re.findall(r"^\S+==.*\\\n +--hash=sha256:", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))


def test_the_test_lock_holds_every_pin_of_the_application() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==[^ ]+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("app.lock") <= pins("test.lock")


def test_a_python_that_is_too_old_is_one_clear_line(tmp_path: Path) -> None:
    old = tmp_path / "python2.7"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "-s", "install", f"PYTHON={old}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    assert made.stderr.splitlines()[0].startswith("error: Python 3.11 or newer is needed: install it, or say where")


def test_our_code_is_compiled_before_the_first_process_starts(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("src", "migrations"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bees.py").write_text("HIVES = 3\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    bootstrap.compile_sources()
    assert len(list(tmp_path.glob("*/__pycache__/bees.*.pyc"))) == 2


def test_what_make_starts_keeps_what_it_compiles() -> None:
    shown = subprocess.run(
        ["make", "-s", "-f", "Makefile", "-f", "-", "shown"],
        input="shown:\n\t@env\n",
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PATH=" in shown.stdout
    assert "PYTHONDONTWRITEBYTECODE" not in shown.stdout


def test_help_names_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^make (\w+)", shown, re.MULTILINE)) == set(phony[1].split())


def test_the_child_process_needs_only_the_standard_library() -> None:
    child = ROOT / "src" / "lms_adapters" / "embedded" / "child.py"
    made = subprocess.run([sys.executable, "-I", "-S", str(child)], capture_output=True, text=True, check=False)
    assert "ValueError" in made.stderr  # it got as far as its arguments
