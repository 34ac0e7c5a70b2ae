"""The coaching ratio under real concurrency: processes of their own, at the same moment, on both stores."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import reduce
from itertools import chain
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID, uuid4

from contract import request, verify
from given import OPENED, enrolment, journey_of
from steps import assigned

from domain import commands
from domain.caseload import Caseload
from domain.errors import Refused
from domain.facts import CaseTakenOn, CoachAssigned
from domain.journal import Journal, StoreAddress, Streams
from domain.journal.streams import EVOLVE, Decided
from domain.journey import Journey
from domain.terms import caseload_stream

PROCESSES = 16
EACH = 6
PARTICIPANTS = [UUID(int=number, version=4) for number in range(1, PROCESSES * EACH + 1)]
RATIO = 80
_start: Barrier


def wait_together(barrier: Barrier) -> None:
    """Give a process the barrier all of them start from."""
    global _start  # noqa: PLW0603 -- how a pool hands something to its processes
    _start = barrier


def assign_share(address: StoreAddress, participants: list[UUID]) -> list[str]:
    """Assign every participant to the one coach, starting with all the others; the answers in order."""
    with closing(Journal(address)) as journal:
        journal.head()
        _start.wait(60)
        return [assign(journal, participant) for participant in participants]


def assign(journal: Journal, participant: UUID) -> str:
    try:
        journal.act(lambda streams: commands.record(streams, journey_of(participant), assigned(3)), request())
    except Refused as refused:
        return refused.code
    return "assigned"


def enrol_everybody(streams: Streams) -> Decided:
    """The programme, its coach and all participants, as one batch."""
    streams.append(commands.open_programme(streams, OPENED))
    asked = [lambda: commands.join_programme(streams, OPENED.key, "C1")]
    asked += [lambda person=person: commands.enrol(streams, enrolment(participant=person)) for person in PARTICIPANTS]
    for one in asked:
        streams.request = request(uuid4())
        streams.append(one())
    return []


def test_ratio_holds_when_everybody_assigns_at_once(ledger_address: StoreAddress) -> None:
    """Of 96 participants assigned at once by 16 processes, 80 are in the coach's care and 16 refused (1:80)."""
    Journal.create(ledger_address)
    with Journal(ledger_address) as journal:
        journal.act(enrol_everybody, request())
        before = journal.head()

        spawn = multiprocessing.get_context("spawn")
        barrier = spawn.Barrier(PROCESSES)
        shares = [PARTICIPANTS[number::PROCESSES] for number in range(PROCESSES)]
        with ProcessPoolExecutor(PROCESSES, spawn, initializer=wait_together, initargs=(barrier,)) as pool:
            running = [pool.submit(assign_share, ledger_address, share) for share in shares]
            followed = follow(journal, before, until=lambda: all(one.done() for one in running))
            answers = [one.result() for one in running]

        assert Counter(chain.from_iterable(answers)) == {"assigned": RATIO, "coach_full": len(PARTICIPANTS) - RATIO}
        answered = dict(zip(chain.from_iterable(shares), chain.from_iterable(answers), strict=True))
        in_care = {journey_of(person) for person, answer in answered.items() if answer == "assigned"}

        caseload = caseload_stream(OPENED.key, "C1")
        taken_on = [one.fact for one in journal.read(caseload)]
        assert Counter(taken_on) == {CaseTakenOn(journey=journey): 1 for journey in in_care}
        assert state(journal, Caseload, caseload).journeys == in_care
        for person in PARTICIPANTS:
            facts = [one.fact for one in journal.read(journey_of(person))]
            assigned_here = journey_of(person) in in_care
            assert [type(fact) for fact in facts[1:]] == [CoachAssigned] * assigned_here
            assert (state(journal, Journey, journey_of(person)).coach == "C1") is assigned_here

        assert followed == journal.since(before, 999)
        assert journal.count(journal.head()) == before + 2 * RATIO
        verify(journal)


def follow(journal: Journal, position: int, until: Any) -> list[tuple[int, UUID]]:
    """What a reader sees that keeps reading on while others write; a place passed over is lost to it."""
    seen: list[tuple[int, UUID]] = []
    while True:
        finished = until()
        while page := journal.since(seen[-1][0] if seen else position, 7):
            seen += page
        if finished:
            return seen


def state(journal: Journal, kind: Any, stream: UUID) -> Any:
    return reduce(EVOLVE[kind], (one.fact for one in journal.read(stream)), kind())
