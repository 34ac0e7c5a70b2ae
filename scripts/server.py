"""The processes of a server: one that watches, its workers, and the follower.

The workers are granian's. The follower is a process of its own, started anew when it dies; all of them end when the
one that watches ends, however it does.
"""

import logging
import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from time import monotonic
from typing import Any, NamedTuple

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from projections.follow import follow
from projections.settings import Settings
from projections.stores import open_stores
from web.logs import JsonLines, write_logs

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PATIENCE = 30
"""Seconds a worker has to finish what it is at."""
_LOOK = 1.0
"""Seconds between two looks whether the process that watches is still there."""
_LONGEST_PAUSE = 60.0
"""Seconds before a follower that dies again and again is started anew."""
_CONTEXT = get_context("spawn")  # a copy of a process that has threads may never wake

_log = logging.getLogger("werdegang.server")


class Listening(NamedTuple):
    """Where a server listens, and with how many processes and threads."""

    address: str
    port: int
    workers: int
    threads: int


def run_server(
    settings: Settings,
    listening: Listening,
    *,
    follows: bool,
    started: Callable[[], None],
    log_level: int = logging.INFO,
) -> None:
    """Serve until SIGTERM or SIGINT, with a follower beside if wanted. `started` is called when a worker answers. What
    is under way is finished."""
    write_logs(log_level)
    ending = Event()
    with tempfile.TemporaryDirectory(prefix="werdegang-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder  # before a worker imports the library, which looks for it then
        server = _granian(listening)
        Thread(target=_tell_when_answering, args=(listening, started, ending), daemon=True).start()
        following = _following(settings, log_level, ending) if follows else None
        try:
            server.serve(target_loader=partial(_application, settings, log_level, os.getpid()), wrap_loader=False)
        finally:
            ending.set()
            if following:
                following.join()
            del os.environ[METRICS_FOLDER]


def _tell_when_answering(listening: Listening, started: Callable[[], None], ending: Event) -> None:
    while not ending.wait(0.1):
        with suppress(OSError), closing(HTTPConnection(listening.address, listening.port, timeout=_PATIENCE)) as asking:
            asking.request("GET", "/health/live")
            asking.getresponse()
            started()
            return


def _granian(listening: Listening) -> Any:
    return Granian(
        "web.app:create_app",
        address=listening.address,
        port=listening.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=listening.workers,
        blocking_threads=listening.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=_PATIENCE,
        log_level=LogLevels.error,
        log_dictconfig=_granians_log(),
    )


def _granians_log() -> dict[str, Any]:
    """The server's own log, in the form of ours."""
    console = {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}
    return {
        "formatters": {"lines": {"()": JsonLines}},
        "handlers": {"console": console},
        "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
    }


def _application(settings: Settings, log_level: int, parent: int) -> Any:
    """The application of one worker, made in the worker."""
    from web.app import create_app  # noqa: PLC0415 -- imports the library of the metrics

    write_logs(log_level)
    _when_alone(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    return create_app(settings)


# --- the follower -------------------------------------------------------------------------------------


def _following(settings: Settings, log_level: int, ending: Event) -> Thread:
    """Run a follower until the server ends. The first is started at once, so that no worker is forked meanwhile."""

    def start() -> SpawnProcess:
        follower = _CONTEXT.Process(target=_follow, args=(settings, log_level, os.getpid()), daemon=True)
        follower.start()
        return follower

    keeping = Thread(target=_keep_following, args=(start(), start, ending), daemon=True)
    keeping.start()
    return keeping


def _keep_following(follower: SpawnProcess, start: Callable[[], SpawnProcess], ending: Event) -> None:
    """Replace a follower that dies, after a longer pause each time, until the server ends; the last one then, too."""
    pause = 1.0
    while not ending.is_set():
        since = monotonic()
        while follower.is_alive() and not ending.wait(0.2):
            pass
        if not ending.is_set():
            pause = 1.0 if monotonic() - since > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            _log.error("follower_died", extra={"exit_status": follower.exitcode, "seconds": pause})
            if not ending.wait(pause):
                follower = start()
    follower.terminate()
    follower.join(_PATIENCE)
    follower.kill()


def _follow(settings: Settings, log_level: int, parent: int) -> None:
    """The follower's process. Ctrl-C at a terminal reaches it, too, but it ends with the server."""
    stop = Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    write_logs(log_level)
    _when_alone(parent, stop.set)
    follow(partial(open_stores, settings), stop, now=lambda: datetime.now(UTC))


def _when_alone(parent: int, then: Callable[[], None]) -> None:
    """Do something when the process that started this one is gone, however it went."""

    def look() -> None:
        gone = Event()
        while os.getppid() == parent:
            gone.wait(_LOOK)
        then()

    Thread(target=look, daemon=True).start()
