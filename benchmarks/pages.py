"""Pages as eight people at once get them: the list, the timeline, a balance, from the server as it is run."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from socket import create_server
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import msgspec

from benchmarks import data, stores
from benchmarks.report import Table, measured
from domain import commands
from domain.facts import Corrected, Enrolled, Fact, Recorded, RoleGranted, is_sealed, tag_of
from domain.journal import Request
from domain.terms import Role
from domain.vault import ReadLog, Vault
from domain.vault.keystore import KeyStore
from projections.catch_up import catch_up
from projections.rebuild import rebuild
from projections.settings import Settings
from projections.stores import Stores, create_stores, key_source, open_stores

CLIENTS = 8
BAR = 0.150
"""Seconds within which 95 of 100 answers have to be there."""
_REQUESTS = 150
"""Of every client, for every kind of page."""
_STICHTAG = data.STICHTAG.isoformat()


def run(server: str, journeys: int, runs: int) -> list[Table]:
    """One table, on PostgreSQL; every kind of page `runs` times."""
    with stores.postgres(server) as settings:
        create_stores(settings)
        with closing(_vault(settings)) as vault:
            stores.fill(settings, _with_real_envelopes(journeys, settings, vault))
        rebuild(settings.ledger, settings.read_model, now=datetime.now(UTC))
        with open_stores(settings) as opened:
            tokens, asked = _accounts(opened), _asked(opened)
        table = Table(f"pages at {journeys:,} journeys on PostgreSQL, {CLIENTS} clients")
        with _served(settings) as port:
            for name, account, paths in asked:
                _ask(port, tokens[account], paths[:1] * 4)  # what is kept at a Datenstand is counted once
                found = [_measured(port, tokens[account], paths) for _run in range(runs)]
                late = [p95 for p95, _rate in found]
                rate = sum(rate for _p95, rate in found) / len(found)
                table.add(
                    measured(
                        f"{name}, 95th percentile ({rate:.0f} pages/s)",
                        "s",
                        late,
                        bar=f"< {BAR} s",
                        reached=sorted(late)[len(late) // 2] < BAR,
                    )
                )
    return [table]


# --- the ledger ---------------------------------------------------------------------------------------


def _vault(settings: Settings) -> Vault:
    return Vault(settings.keys, key_source(settings), ReadLog(settings.reads))


def _with_real_envelopes(journeys: int, settings: Settings, vault: Vault) -> Iterator[Recorded]:
    """The ledger with sealed fields that can be opened: opening fifty names is part of a list."""
    enrolled = [entry for entry in data.ledger(journeys) if isinstance(entry.fact, Enrolled)]
    whose = {entry.originator_id: entry.fact.participant for entry in enrolled}
    with closing(KeyStore(settings.keys, key_source(settings))) as keystore:
        keystore.add({participant: os.urandom(32) for participant in set(whose.values())}, {}, {})
    for number, entry in enumerate(data.ledger(journeys)):
        yield _sealed(entry, whose, vault, number)


def _sealed(recorded: Recorded, whose: dict[UUID, UUID], vault: Vault, number: int) -> Recorded:
    fact, participant = recorded.fact, whose.get(recorded.originator_id)
    if participant is None:
        return recorded
    changed = msgspec.structs.replace(recorded.entry, fact=_with_envelopes(fact, participant, vault, f"Text {number}"))
    return msgspec.structs.replace(recorded, entry=changed)


def _with_envelopes(fact: Fact, participant: UUID, vault: Vault, text: str) -> Any:
    name = tag_of(fact).removeprefix("journey.")
    changed: dict[str, Any] = {
        field.name: vault.seal(participant, f"{name}.{field.name}", text)
        for field in msgspec.structs.fields(type(fact))
        if is_sealed(field) and getattr(fact, field.name) is not None
    }
    if isinstance(fact, Corrected):
        changed["replacement"] = _with_envelopes(fact.replacement, participant, vault, text)
    return msgspec.structs.replace(fact, **changed)


def _accounts(opened: Stores) -> dict[str, str]:
    """A coach and a lead, and the cookie of a session of each."""
    coach = opened.read_model.query("SELECT k.coach FROM care k GROUP BY k.coach ORDER BY count(*) DESC LIMIT 1", {})
    granted = {
        "coach": RoleGranted(role=Role.COACH, coach=coach[0][0]),
        "lead": RoleGranted(role=Role.LEAD),
    }
    tokens = {}
    for code, grant in granted.items():
        now = datetime.now(UTC)
        for decide in (
            lambda streams, code=code: commands.open_account(streams, code),
            lambda streams, code=code, grant=grant: commands.grant_role(streams, code, grant),
        ):
            opened.journal.act(decide, Request(id=uuid4(), by="benchmark", now=now))
        tokens[code] = opened.access.begin_session(code, b"{}", now)
    catch_up(opened.journal, opened.read_model)
    opened.seal(datetime.now(UTC))
    return tokens


def _asked(opened: Stores) -> list[tuple[str, str, list[str]]]:
    """What is asked for: its name, by whom, the addresses."""
    rows = opened.read_model.query("SELECT e.stream FROM enrolments e WHERE e.known_until IS NULL", {})
    journeys = [stream for (stream,) in random.Random(1).sample(rows, min(1_000, len(rows)))]
    at = f"programme={data.PROGRAMME}&stichtag={_STICHTAG}"
    return [
        ("list of a coach", "coach", [f"/teilnehmende?{at}"]),
        ("list of a lead", "lead", [f"/teilnehmende?{at}", f"/teilnehmende?{at}&age_group=25_29"]),
        ("timeline", "lead", [f"/teilnehmende/{stream}" for stream in journeys]),
        ("balance", "lead", [f"/bilanzen?{at}"]),
        ("overview", "lead", [f"/uebersicht?{at}"]),
    ]


# --- the server and its clients -----------------------------------------------------------------------


@contextmanager
def _served(settings: Settings) -> Iterator[int]:
    """`werdegang serve` as it is run on a server."""
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environment = {**os.environ, "WERDEGANG_DATA": str(settings.folder)}
    if settings.database_url:
        environment["WERDEGANG_DATABASE_URL"] = settings.database_url
    command = [sys.executable, "-m", "scripts.cli", "serve", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _attempt in range(300):
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                connection.request("GET", "/health/live")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _measured(port: int, token: str, paths: Sequence[str]) -> tuple[float, float]:
    """The 95th percentile of what eight clients waited, in seconds, and pages per second."""
    taken: list[float] = []
    lock = threading.Lock()

    def client(number: int) -> None:
        rng = random.Random(number)
        mine = _ask(port, token, [rng.choice(paths) for _request in range(_REQUESTS)])
        with lock:
            taken.extend(mine)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    started = time.perf_counter()
    _all(threads, threading.Thread.start)
    _all(threads, threading.Thread.join)
    return quantiles(taken, n=100)[94], len(taken) / (time.perf_counter() - started)


def _ask(port: int, token: str, paths: Iterable[str]) -> list[float]:
    """How long each page took, from asking to its last byte. An answer that is no page ends the benchmark."""
    taken = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for path in paths:
            started = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": f"werdegang={token}", "Accept-Language": "de"})
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - started)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
    return taken


def _all(threads: Iterable[threading.Thread], do: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        do(thread)
