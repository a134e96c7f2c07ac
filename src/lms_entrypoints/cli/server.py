"""Granian in this process, and its workers, which do not outlive it."""

import importlib
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from lms_entrypoints.cli.lifeline import end_with
from lms_entrypoints.settings import ServerSettings

APPLICATION = "lms_entrypoints.http.asgi:create_app"
STOP_SECONDS = 10  # a request that takes longer is cut off when the server stops
LOOK_SECONDS = 0.1
AS_ALL_OTHERS: dict[str, Any] = {"loggers": {"_granian": {}}}  # its lines, which it would print by itself


def refuse_busy_port(address: ServerSettings) -> None:
    """Granian shares a port with whoever else allows that; we want it for ourselves, or a clear word."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.ClickException(
            f"Cannot serve on {address.host}:{address.port}: {reason}. Choose another port: SERVER_PORT=8001 make run"
        ) from None


def serve_until_stopped(address: ServerSettings, *, when_ready: Callable[[], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP. `when_ready` is called once connections are accepted."""
    # A forked worker would inherit our locks and threads.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        APPLICATION,
        address=address.host,
        port=address.port,
        workers=address.workers,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=AS_ALL_OTHERS,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.on_startup(lambda: stop_once(server.signal_handler_interrupt))
    threading.Thread(target=_call_when_ready, args=(address, when_ready), daemon=True).start()
    server.serve(target_loader=load_in_worker)


def load_in_worker(target: str) -> Any:
    """The application, made inside a worker process that ends when its server is gone."""
    # Ctrl-C goes to everybody in the terminal's session, and a worker that is told twice to stop may hang.
    os.setsid()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid, signal.SIGKILL)
    module, _, factory = target.partition(":")
    return getattr(importlib.import_module(module), factory)()


def stop_once(stop: Callable[[], None]) -> None:
    """Granian's handler takes a lock, and would wait for ever if a second signal came while it holds it.

    To Granian SIGHUP means reload; to a person it is the terminal that was closed.
    """
    is_stopping = False

    def handle(*_: object) -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            stop()

    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, handle)


def _call_when_ready(address: ServerSettings, when_ready: Callable[[], None]) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104 - everywhere includes here
    while True:
        try:
            socket.create_connection((host, address.port), timeout=1).close()
        except OSError:
            time.sleep(LOOK_SECONDS)
        else:
            when_ready()
            return
