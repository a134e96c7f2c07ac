import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lms_entrypoints.cli.serve import serve
from lms_entrypoints.cli.server import stop_once

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {request: signal.getsignal(request) for request in REQUESTS}
    yield
    for request, handler in before.items():
        signal.signal(request, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_second_request_to_stop_while_the_first_is_handled_is_the_same_one(request_: signal.Signals) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            signal.raise_signal(signal.SIGTERM)

    stop_once(stop)
    signal.raise_signal(request_)
    signal.raise_signal(request_)
    assert calls == 1


@pytest.mark.parametrize(("said", "is_told"), [("8000", True), ("8001", False)])
def test_a_port_of_the_platform_goes_before_the_setting_and_says_so(
    monkeypatch: pytest.MonkeyPatch, said: str, *, is_told: bool
) -> None:
    monkeypatch.setenv("PORT", "8001")
    monkeypatch.setenv("SERVER_PORT", said)
    monkeypatch.delenv("DATABASE_URL", raising=False)  # so that nothing is served
    refused = CliRunner().invoke(serve)
    assert refused.exit_code == 1
    assert (f"The port is 8001: --port and PORT go before SERVER_PORT, which is {said}." in refused.output) is is_told
    assert os.environ["SERVER_PORT"] == "8001"


def test_every_command_looks_for_the_database_where_it_is_said(tmp_path: Path) -> None:
    program = "from lms_entrypoints.cli.database import DATA; print(DATA)"
    given = {"LMS_DATA": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(tmp_path)
