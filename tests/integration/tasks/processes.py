"""Relays, workers and servers as real processes, which a test may kill."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

SRC = Path(__file__).parents[3] / "src"
END_SECONDS = 60.0


class Process:
    def __init__(self, *words: str, env: Mapping[str, str], output: Path) -> None:
        self.words, self._output = words, output
        clean = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PORT", "REDIS_URL"}}
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lms_entrypoints.cli", *words],
                stdout=log,
                stderr=log,
                env=clean | {"PYTHONPATH": str(SRC)} | dict(env),
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def died(self) -> bool:
        """Whether it was killed, as it should be, and not ended by a fault of its own."""
        deadline = time.monotonic() + END_SECONDS
        while self.is_alive:
            assert time.monotonic() < deadline, f"{self.words} still lives: {self.output()}"
            await asyncio.sleep(0.02)  # the mail server lives in this loop
        return self._process.returncode == -signal.SIGKILL

    def stop(self) -> int:
        """As an operator would; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """With all it has started: they share a session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def output(self) -> str:
        return self._output.read_text(errors="replace")


class Processes:
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder, self._env = folder, env
        self._started: list[Process] = []

    def start(self, *words: str, **env: str) -> Process:
        output = self._folder / f"{words[0]}.{len(self._started)}.output"
        process = Process(*words, env={**self._env, **env}, output=output)
        self._started.append(process)
        return process

    def output(self) -> str:
        return "\n".join(f"--- {process.words}\n{process.output()}" for process in self._started)

    @contextmanager
    def alive(self) -> Iterator["Processes"]:
        try:
            yield self
        finally:
            for process in self._started:
                if process.is_alive:
                    process.kill()
