"""Relays, workers and servers as real processes, which a test may kill."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.integration.forked import fork

SRC = Path(__file__).parents[3] / "src"
END_SECONDS = 60.0
LOOK_SECONDS = 0.02  # the mail server lives in the loop that looks


class Process(ABC):
    """In a session of its own."""

    def __init__(self, words: tuple[str, ...], output: Path) -> None:
        self.words, self._output = words, output

    @property
    @abstractmethod
    def pid(self) -> int: ...

    @abstractmethod
    def ended(self, seconds: float | None = 0) -> int | None:
        """Its exit code, if it ends within these seconds. None: whenever it does."""

    @property
    def is_alive(self) -> bool:
        return self.ended() is None

    async def died(self) -> bool:
        """Whether it was killed, as it should be, and not ended by a fault of its own."""
        deadline = time.monotonic() + END_SECONDS
        while self.is_alive:
            assert time.monotonic() < deadline, f"{self.words} still lives: {self.output()}"
            await asyncio.sleep(LOOK_SECONDS)
        return self.ended() == -signal.SIGKILL

    def stop(self) -> int:
        """As an operator would; its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        code = self.ended(END_SECONDS)
        if code is None:
            self.kill()
        assert code is not None, f"{self.words} does not stop: {self.output()}"
        return code

    def kill(self) -> None:
        """With all it has started: they share a session, unless it has only just begun."""
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)
        self.ended(None)

    def output(self) -> str:
        return self._output.read_text(errors="replace")


class Commanded(Process):
    """As an operator starts it."""

    def __init__(self, *words: str, env: Mapping[str, str], output: Path) -> None:
        super().__init__(words, output)
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lms_entrypoints.cli", *words],
                stdout=log,
                stderr=log,
                env=dict(env) | {"PYTHONPATH": str(SRC)},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self, seconds: float | None = 0) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None


class Forked(Process):
    """The same in less time."""

    def __init__(self, *words: str, env: Mapping[str, str], output: Path) -> None:
        super().__init__(words, output)
        self._process = fork(words, env, out=output)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def ended(self, seconds: float | None = 0) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode


class Processes:
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PORT", "REDIS_URL"}}
        self._folder, self._env = folder, clean | dict(env)
        self._started: list[Process] = []

    def start(self, *words: str, **env: str) -> Process:
        """By the command line."""
        return self._start(Commanded, *words, **env)

    def fork(self, *words: str, **env: str) -> Process:
        """Of a relay, a worker or a scheduler: a server starts processes of its own."""
        return self._start(Forked, *words, **env)

    def _start(self, kind: type[Commanded | Forked], *words: str, **env: str) -> Process:
        output = self._folder / f"{words[0]}.{len(self._started)}.output"
        process = kind(*words, env=self._env | env, output=output)
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
