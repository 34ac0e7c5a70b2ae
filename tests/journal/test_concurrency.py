"""The coaching ratio under real concurrency: processes of their own, at the same moment, on both stores."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from contract import request, verify
from given import OPENED, enrolment, journey_of
from steps import assigned

from domain import commands
from domain.caseload import Caseload
from domain.facts import CaseTakenOn
from domain.journal import Decided, Journal, StoreAddress, Streams
from domain.journal.streams import EVOLVE
from domain.journey import Journey
from domain.terms import caseload_stream

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 16
EACH = 6
PARTICIPANTS = [UUID(int=number, version=4) for number in range(1, PROCESSES * EACH + 1)]
JOURNEYS = [journey_of(participant) for participant in PARTICIPANTS]
RATIO = 80


def test_ratio_holds_when_everybody_assigns_at_once(ledger_address: StoreAddress) -> None:
    """Of 96 participants assigned at once by 16 processes, 80 are in the coach's care and 16 refused (1:80)."""
    Journal.create(ledger_address)
    with Journal(ledger_address) as journal:
        journal.act(enrol_everybody, request())
        before = journal.head()
        shares = [JOURNEYS[number::PROCESSES] for number in range(PROCESSES)]
        with started(ledger_address, shares) as processes:
            followed = follow(journal, before, until=lambda: all(one.poll() is not None for one in processes))
            answers = [one.communicate()[0].split() for one in processes]

        assert Counter(chain.from_iterable(answers)) == {"assigned": RATIO, "coach_full": len(JOURNEYS) - RATIO}
        answered = zip(chain.from_iterable(shares), chain.from_iterable(answers), strict=True)
        in_care = {journey for journey, answer in answered if answer == "assigned"}

        caseload = caseload_stream(OPENED.key, "C1")
        taken_on = Counter(one.fact for one in journal.read(caseload))
        assert taken_on == {CaseTakenOn(journey=journey): 1 for journey in in_care}
        assert state(journal, Caseload, caseload).journeys == in_care
        for journey in JOURNEYS:
            expected = [assigned(3)] if journey in in_care else []
            assert [one.fact for one in journal.read(journey)][1:] == expected
            assert (state(journal, Journey, journey).coach == "C1") is (journey in in_care)

        assert followed == journal.since(before, 999)
        assert journal.count(journal.head()) == before + 2 * RATIO
        verify(journal)


def enrol_everybody(streams: Streams) -> Decided:
    """The programme, its coach and all participants, as one batch."""
    batch: list[Callable[[Streams], Decided]] = [
        partial(commands.open_programme, opening=OPENED),
        partial(commands.join_programme, programme=OPENED.key, coach="C1"),
        *(partial(commands.enrol, enrolment=enrolment(participant=person)) for person in PARTICIPANTS),
    ]
    for decide in batch:
        streams.request = request()
        streams.append(decide(streams))
    return []


@contextmanager
def started(address: StoreAddress, shares: list[list[UUID]]) -> Iterator[list[subprocess.Popen[str]]]:
    """One process per share, all let go at the same moment; none is left behind."""
    place = address.url or str(address.file)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, Path(__file__).with_name("assigning.py"), place, *map(str, share)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"  # type: ignore[union-attr]
        for process in processes:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def follow(journal: Journal, position: int, until: Callable[[], bool]) -> list[tuple[int, UUID]]:
    """What a reader sees that keeps reading on while others write; a place passed over is lost to it."""
    seen: list[tuple[int, UUID]] = []
    while True:
        finished = until()
        while page := journal.since(seen[-1][0] if seen else position, 7):
            seen += page
        if finished:
            return seen
        time.sleep(0.005)


def state(journal: Journal, kind: Any, stream: UUID) -> Any:
    return reduce(EVOLVE[kind], (one.fact for one in journal.read(stream)), kind())
