"""Make .venv, install what the locks name, compile our own code; asked again, do nothing until something changes.

`python tools/bootstrap.py app` or `test`; `python tools/bootstrap.py uv ARGUMENT...` runs uv.
Standard library only. Packages come from the index that uv or else pip is configured for: no address stands in here.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MADE_BY = VENV / "made-by"  # the Python and the place: scripts in bin/ name both
INSTALLED = VENV / "installed"
LOCKS = ROOT / "requirements"
ENOUGH = {"app": ("app", "test"), "test": ("test",)}  # test.lock holds the pins of app.lock and more
UV_INDEX_SETTINGS = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE")
# pip's name of a setting -> uv's: uv does not read pip.conf.
FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
ADDITIONAL = ("extra-index-url", "find-links")
NO_VENV = "this Python cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)"


class BootstrapError(Exception):
    """One line for the person at the terminal."""


def install(level: str) -> None:
    if _usable() and INSTALLED.exists() and INSTALLED.read_text() in map(_fingerprint, ENOUGH[level]):
        return
    make_venv()
    INSTALLED.unlink(missing_ok=True)
    lock = LOCKS / f"{level}.lock"
    print(f"Installing requirements/{lock.name} into .venv ...", flush=True)
    uv = find_uv()
    if uv:
        sync = [*uv, "pip", "sync", "-q", "--require-hashes", "--compile-bytecode"]
        _call([*sync, "--python", str(PYTHON), str(lock)], uv_environment())
    else:
        _call([*_pip_install(), str(lock)])
    make_command()
    INSTALLED.write_text(_fingerprint(level))


def compile_sources() -> None:
    """Once for all processes that are started. Where it cannot be written, each compiles for itself."""
    _runs(str(PYTHON), "-m", "compileall", "-q", str(ROOT / "src"), str(ROOT / "migrations"))


def make_venv() -> None:
    """A new .venv when there is none, when another Python is asked for, or when the checkout was moved."""
    if _usable():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if _runs(sys.executable, "-c", "import ensurepip, venv"):
        _call([sys.executable, "-m", "venv", str(VENV)])
    elif _runs("uv", "--version"):
        _call(["uv", "venv", "-q", "--seed", "--python", sys.executable, str(VENV)])
    else:
        raise BootstrapError(NO_VENV)
    MADE_BY.write_text(_maker())


def find_uv() -> list[str]:
    """The machine's uv, or ours in .venv, or one that pip installs there now; empty if there is none to be had."""
    for candidate in (["uv"], [str(PYTHON), "-m", "uv"]):
        if _runs(*candidate, "--version"):
            return candidate
    if _runs(*_pip_install(), str(LOCKS / "installer.lock")):
        return [str(PYTHON), "-m", "uv"]
    print("uv cannot be had here: installing with pip, which takes longer.", file=sys.stderr)
    return []


def uv_environment(*, everything: bool = True) -> dict[str, str]:
    """Let uv ask the index that pip is configured for, unless uv has settings of its own.

    Locks are made from the main index alone: an additional one may hold the files of one platform only.
    """
    environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy"} | os.environ
    if not os.access(Path.home(), os.W_OK):
        environment.setdefault("UV_NO_CACHE", "1")
    if any(name in os.environ for name in UV_INDEX_SETTINGS):
        return environment
    for name, values in pip_settings().items():
        if name in FROM_PIP and (everything or name not in ADDITIONAL):
            environment.setdefault(FROM_PIP[name], ("," if name == "find-links" else " ").join(values))
    # pip looks for a version in all places, uv in the first one that knows the name. Hashes make the former safe.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def pip_settings() -> dict[str, list[str]]:
    """What pip.conf and PIP_* say: `index-url` -> its values. The environment wins, as it does for pip."""
    listed = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {}
    for line in sorted(listed.stdout.splitlines(), key=lambda line: (line.startswith(":env:"), line)):
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2]] = value.strip("'\"").replace("\\n", " ").split()
    return found


def make_command() -> None:
    """Put src/ on the path of .venv, and the `lms` command into its bin/: nothing to build, nothing to fetch."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    Path(site, "lms.pth").write_text(f"{ROOT / 'src'}\n")
    command = VENV / "bin" / "lms"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m lms_entrypoints.cli "$@"\n')
    command.chmod(0o755)


def _usable() -> bool:
    return MADE_BY.exists() and MADE_BY.read_text() == _maker() and _runs(str(PYTHON), "-c", "")


def _maker() -> str:
    return f"Python {sys.version} for {ROOT}\n"


def _fingerprint(level: str) -> str:
    files = (LOCKS / f"{level}.lock", Path(__file__))
    return level + hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _pip_install() -> list[str]:
    return [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _call(command: list[str], environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, env=environment, check=False).returncode:
        raise BootstrapError(f"the installation stopped, see above (it was running: {shlex.join(command[:4])} ...)")


def run_uv(arguments: list[str]) -> None:
    make_venv()
    uv = find_uv()
    if not uv:
        raise BootstrapError("this needs uv, which cannot be had here")
    _call([*uv, *arguments], uv_environment(everything=False))


def main() -> None:
    task, *arguments = sys.argv[1:]
    try:
        if task == "uv":
            run_uv(arguments)
        else:
            install(task)
            compile_sources()
    except BootstrapError as error:
        sys.exit(f"error: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
