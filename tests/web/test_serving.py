"""A server: what it answers to machines, what it logs, and that what others enter is projected and sealed."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import psycopg
import pytest
from click.testing import CliRunner
from eventsourcing.persistence import StoredEvent
from flask.testing import FlaskClient
from pgcluster import free_port
from prometheus_client.parser import text_string_to_metric_families

from domain import commands
from domain.errors import NotReady
from domain.facts import Entry, PlacementStarted, tag_of
from domain.journal import Request
from domain.terms import PlacementKind
from projections.follow import follow
from projections.settings import Settings, read_settings
from projections.state import state_of
from projections.stores import Stores, open_stores
from scripts.cli import werdegang
from web.access import public
from web.app import create_app
from web.logs import JsonLines

ROOT = Path(__file__).parents[2]
MARKER = "Geheim-4711"
TOKEN = "t" * 32
PATIENCE = 20
Clients = Callable[..., FlaskClient]


def enter(stores: Stores) -> int:
    """Store one entry, as a process beside the server does; its position."""
    code = f"a-{uuid4().hex[:8]}"
    request = Request(id=uuid4(), by="cli", now=datetime.now(UTC))
    return stores.journal.act(lambda streams: commands.open_account(streams, code), request).position


def until(there: Callable[[], bool]) -> None:
    """Wait until something is so, or fail."""
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_done(stores: Stores, position: int) -> bool:
    """Whether an entry is projected and sealed."""
    return stores.read_model.tracked() >= position and stores.seals.covering(position) is not None


def smuggle_broken(stores: Stores) -> int:
    """Store an entry no stream can begin with; its position."""
    fact = PlacementStarted(happened_on=datetime.now(UTC).date(), ref=MARKER, kind=PlacementKind.SVP)
    entry = Entry(recorded_at=datetime.now(UTC), recorded_by="cli", request_id=uuid4(), fact=fact)
    stores.journal.recorder.insert_events([StoredEvent(uuid4(), 1, tag_of(fact), msgspec.json.encode(entry))])
    return stores.journal.head()


# --- the real server --------------------------------------------------------------------------------------


class Running(NamedTuple):
    """A command that runs: its process, where it listens, and what it has written."""

    process: subprocess.Popen[str]
    port: int
    out: Path
    log: Path

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and body of an answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as asking:
            asking.request(method, path, headers=headers)
            answer = asking.getresponse()
            return answer.status, answer.read().decode()

    def end(self) -> int:
        """Ask it to end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def running(settings: Settings, folder: Path, says: str, *arguments: str, port: int = 0) -> Iterator[Running]:
    """`werdegang` with some arguments, once it has said something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WERDEGANG_")}
    ours = {"WERDEGANG_DATA": settings.data, "WERDEGANG_DATABASE_URL": settings.database_url}
    given = kept | {name: value for name, value in ours.items() if value} | {"PYTHONPATH": str(ROOT)}
    out, log = folder / "out", folder / "log"
    with out.open("w") as output, log.open("w") as errors:
        command = [sys.executable, "-m", "scripts.cli", *arguments]
        process = subprocess.Popen(command, env=given, stdout=output, stderr=errors, text=True)
    try:
        until(lambda: says in out.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield Running(process, port, out, log)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(shared_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`werdegang serve` over the module's stores."""
    port = free_port()
    with running(
        shared_settings, tmp_path_factory.mktemp("server"), "läuft", "serve", "--port", str(port), port=port
    ) as server:
        yield server


def test_server_projects_and_seals_what_another_process_enters(server: Running, shared_stores: Stores) -> None:
    """Within seconds, and health and metrics say the same."""
    position = enter(shared_stores)
    until(lambda: is_done(shared_stores, position))
    assert server.get("/health/live") == (200, '{"status":"live"}\n')
    assert server.get("/health/ready") == (200, '{"status":"ready"}\n')
    status, text = server.get("/metrics")
    found = {
        (sample.name, sample.labels.get("endpoint")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert status == 200
    for name in ("ledger_position", "projection_position", "ledger_entries_total", "projection_entries_total"):
        assert found[f"werdegang_{name}", None] == position, name
    assert found["werdegang_projection_lag_entries", None] == 0
    assert found["werdegang_checkpoint_entries", None] == position
    assert 0 <= found["werdegang_checkpoint_age_seconds", None] < PATIENCE
    assert found["werdegang_request_seconds_count", "health.live"] >= 1, "added up over all workers"


def test_log_holds_nothing_a_visitor_sent(server: Running) -> None:
    """A request is logged by its route: no path, no query, no header, no method of the visitor's own."""
    headers = {"User-Agent": MARKER, "X-Request-ID": MARKER, "X-Forwarded-For": MARKER, "Cookie": f"werdegang={MARKER}"}
    assert server.get(f"/{MARKER}?q={MARKER}", **headers)[0] == 404
    assert server.get("/health/live", method=MARKER.upper())[0] in (400, 405)
    until(lambda: '"status": 404' in server.log.read_text())
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {"time", "level", "event", "request", "method", "status", "milliseconds"} <= lines[-1].keys()
    assert MARKER.lower() not in server.log.read_text().lower()


def test_server_is_one_alone_on_its_port(server: Running, shared_settings: Settings) -> None:
    """A second server on the same port is refused, not let in beside."""
    refused = CliRunner().invoke(werdegang, ["serve", "--port", str(server.port)], obj=shared_settings).exception
    assert isinstance(refused, NotReady)
    assert refused.code == "cannot_listen"


def test_server_ends_with_what_is_under_way(server: Running, shared_settings: Settings) -> None:
    """On SIGTERM a request that waits for the database is answered; then all processes of the server end."""
    answers: list[tuple[int, str]] = []
    waiting = threading.Thread(target=lambda: answers.append(server.get("/health/ready")))
    if shared_settings.database_url:  # only there can a reader be made to wait
        with psycopg.connect(shared_settings.database_url) as holding:
            holding.execute("LOCK TABLE projections.tracking IN ACCESS EXCLUSIVE MODE")
            waiting.start()
            until(lambda: _is_waiting(shared_settings.database_url))
            server.process.send_signal(signal.SIGTERM)
        waiting.join()
        assert answers == [(200, '{"status":"ready"}\n')]
    assert server.end() == 0
    with pytest.raises(ConnectionRefusedError):
        server.get("/health/live")


def _is_waiting(url: str | None) -> bool:
    with psycopg.connect(url or "") as asking:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'"
        return bool((asking.execute(query).fetchone() or (0,))[0])


def test_followers_beside_each_other(shared_settings: Settings, shared_stores: Stores, tmp_path: Path) -> None:
    """`werdegang follow` projects and seals until SIGTERM and ends with 0; a second one beside does no harm."""
    stop = threading.Event()
    second = threading.Thread(target=_followed, args=(shared_settings, stop))
    second.start()
    with running(shared_settings, tmp_path, "Folgt", "follow") as follower:
        position = enter(shared_stores)
        until(lambda: is_done(shared_stores, position))
        assert follower.end() == 0
        assert f"Position {position}. Lesemodell: {position}. Versiegelt: {position}." in follower.out.read_text()
        assert [json.loads(line)["event"] for line in follower.log.read_text().splitlines()] == ["following"]
    stop.set()
    second.join()
    assert state_of(shared_stores, datetime.now(UTC)).checkpoint == shared_stores.seals.covering(position)


def _followed(settings: Settings, stop: threading.Event, **given: Any) -> None:
    follow(partial(open_stores, settings), stop, now=lambda: datetime.now(UTC), poll=0.02, **given)


# --- following when things go wrong ------------------------------------------------------------------------


def test_follower_survives_a_lost_database(shared_settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It opens the stores again, and goes on where it was; what it logs has no text of the error."""
    stop, opened = threading.Event(), []

    @contextmanager
    def opening() -> Iterator[Stores]:
        opened.append(len(opened))
        if len(opened) == 2:
            raise psycopg.OperationalError(MARKER)
        with open_stores(shared_settings) as stores:
            if len(opened) == 1:
                stores.seals.close()  # the next use of it fails
                enter(stores)
            else:
                until_done.append(enter(stores))
                watching.start()
            yield stores

    def end_when_done() -> None:
        with open_stores(shared_settings) as stores:
            until(lambda: is_done(stores, until_done[0]))
        stop.set()

    until_done: list[int] = []
    watching = threading.Thread(target=end_when_done)
    follow(opening, stop, now=lambda: datetime.now(UTC), poll=0.02)
    watching.join()
    lost = [record for record in caplog.records if record.message == "stores_lost"]
    assert len(opened) == 3
    assert len(lost) == 2
    assert not any(MARKER in JsonLines().format(record) for record in lost)


def test_broken_stream_stops_projecting_and_not_sealing(
    stores: Stores, stores_settings: Settings, client_of: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, by its position; readiness and metrics say so; sealing goes on."""
    position = smuggle_broken(stores)
    stop = threading.Event()
    following = threading.Thread(target=_followed, args=(stores_settings, stop), kwargs={"every": 0.0})
    following.start()
    for expected in (position, position + 1):  # the second in a later round
        until(lambda expected=expected: stores.seals.covering(expected) is not None)
        enter(stores)
    stop.set()
    following.join()
    stopped = [record for record in caplog.records if record.message == "projection_stopped"]
    assert [(record.levelno, record.position) for record in stopped] == [(logging.CRITICAL, position)]
    assert MARKER not in JsonLines().format(stopped[0])
    assert stores.read_model.tracked() == 0
    client = client_of(stores_settings, later=timedelta(minutes=1))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert {"code": "projection_stopped", "position": position} in answer.json["reasons"]
    assert "lag" in [reason["code"] for reason in answer.json["reasons"]]
    assert "werdegang_projection_stopped 1.0" in client.get("/metrics").text


# --- health, metrics and logs of the application ----------------------------------------------------------------


@pytest.fixture
def client_of() -> Iterator[Clients]:
    """Makes a client of the application over some settings, `later` its clock ahead; closed after the test."""
    with ExitStack() as ending:

        def made(settings: Settings, *, later: timedelta = timedelta(0), **changed: Any) -> FlaskClient:
            app = create_app(msgspec.structs.replace(settings, **changed), lambda: datetime.now(UTC) + later)
            ending.callback(app.extensions["werdegang"].close)
            return app.test_client()

        yield made


def test_readiness_names_what_is_late(
    stores: Stores, stores_settings: Settings, client_of: Callable[..., FlaskClient]
) -> None:
    """Ready while nobody waits long; then 503 with the reason, and no less when there are no stores at all."""
    enter(stores)
    assert client_of(stores_settings).get("/health/ready").status_code == 200
    late = client_of(stores_settings, later=timedelta(minutes=10)).get("/health/ready")
    assert late.status_code == 503
    assert [(reason["code"], reason["seconds"] // 60) for reason in late.json["reasons"]] == [
        ("lag", 10),
        ("unsealed", 10),
    ]
    stores.read_model.execute(f"ALTER TABLE {stores.read_model.name('programmes')} ADD COLUMN surplus INTEGER")
    assert client_of(stores_settings).get("/health/ready").json["reasons"] == [{"code": "outdated_read_model"}]
    nowhere = client_of(Settings(data=f"{stores_settings.data}/nowhere"))
    assert nowhere.get("/health/ready").json["reasons"] == [{"code": "stores_closed"}]
    assert nowhere.get("/health/live").status_code == 200


def test_metrics_are_for_this_machine_or_a_token(
    shared_settings: Settings, client_of: Callable[..., FlaskClient]
) -> None:
    """Without a token this machine alone, and nobody where a proxy stands in front; with one, who shows it."""
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    assert client_of(shared_settings).get("/metrics").status_code == 200
    assert client_of(shared_settings).get("/metrics", environ_base=elsewhere).status_code == 404
    assert client_of(shared_settings, public_url="https://localhost").get("/metrics").status_code == 404
    guarded = client_of(shared_settings, metrics_token=TOKEN, public_url="https://localhost")
    for shown, status in ((f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), (TOKEN, 401), ("Bearer ü", 401)):
        answer = guarded.get("/metrics", environ_base=elsewhere, headers={"Authorization": shown})
        assert answer.status_code == status, shown
    assert guarded.get("/metrics").status_code == 401


def test_unforeseen_error_is_logged_without_its_text(
    shared_settings: Settings, client_of: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """By its kind, its causes and the lines of code, under the number the visitor gets; never by what it says."""
    client = client_of(shared_settings)

    @public
    def fails(secret: str) -> str:
        try:
            raise KeyError(secret)
        except KeyError as cause:
            raise ValueError(f"{secret} is not good") from cause

    client.application.add_url_rule("/fails/<secret>", view_func=fails, endpoint="fails")
    answer = client.get(f"/fails/{MARKER}?{MARKER}")
    assert answer.status_code == 500
    logging.getLogger("some.library").warning("%s", MARKER, exc_info=ValueError(MARKER))
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    failed = next(line for line in lines if line["event"] == "request_failed")
    assert failed["request"] == answer.headers["X-Request-ID"]
    assert failed["error"] == ["builtins.ValueError", "builtins.KeyError"]
    assert failed["at"][-1].startswith("web/test_serving.py:")
    assert failed["route"] == "/fails/<secret>"
    assert MARKER not in json.dumps(lines)
    assert "is not good" not in answer.text


# --- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 -- what is to be refused
def test_server_does_not_answer_other_machines_without_tls(tmp_path: Path, host: str) -> None:
    """Unless a public address says that people come through TLS; refused before any store is looked for."""
    arguments = ["serve", "--host", host, "--port", str(free_port())]
    found = []
    for url in (None, "http://localhost", "https://werdegang.example.org"):
        settings = Settings(data=str(tmp_path / "nothing"), public_url=url)
        refused = CliRunner().invoke(werdegang, arguments, obj=settings).exception
        assert isinstance(refused, NotReady)
        found.append(refused.code)
    assert found == ["no_tls", "no_tls", "no_ledger"]


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://werdegang.example.org", True),
        ("https://werdegang.example.org:8443/", True),
        ("http://localhost:8080", True),
        ("http://werdegang.example.org", False),
        ("https://werdegang.example.org/path", False),
        ("https://somebody@werdegang.example.org", False),
        ("https://:443", False),
        ("https://werdegang.example.org:99999", False),
        ("werdegang.example.org", False),
    ],
)
def test_public_address_is_an_origin(url: str, good: bool) -> None:
    """Scheme and host, with TLS unless it is this machine."""
    if good:
        assert read_settings({"WERDEGANG_PUBLIC_URL": url}).public_url == url
    else:
        with pytest.raises(NotReady, match="WERDEGANG_PUBLIC_URL"):
            read_settings({"WERDEGANG_PUBLIC_URL": url})
