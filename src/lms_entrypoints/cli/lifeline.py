"""Processes that end when the one that started them does, however that one ended."""

import os
import platform
import signal
import threading
import time

from lms_adapters.embedded.child import die_with

LOOK_SECONDS = 1.0


def end_with(parent: int, request: signal.Signals) -> None:
    """Have `request` sent to this process when `parent`, which started it, is gone. Call it from the main thread."""
    die_with(parent, request)
    if platform.system() != "Linux":
        threading.Thread(target=_watch, args=(parent, request), daemon=True).start()


def _watch(parent: int, request: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), request)
