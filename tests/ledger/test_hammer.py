"""Everything at once, on both stores: 16 writers, a sealer, two projectors and two auditors; nothing is missed."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier, Event
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple
from uuid import UUID

from given import OPENED, enrolment
from steps import session
from tampering import NOW, request

from domain import commands
from domain.journal import Decided, Journal, Streams
from domain.terms import journey_stream
from projections.catch_up import catch_up
from projections.ledger.leaves import leaves_of
from projections.ledger.notes import Checkpoint, EntryProof, Verifier, open_note
from projections.ledger.seal_stores import open_seals
from projections.ledger.sealer import seal
from projections.ledger.seals import Seals
from projections.ledger.signing_keys import read_signers
from projections.ledger.tree import EMPTY, root_of, verify_consistency, verify_inclusion
from projections.ledger.verification import verify_ledger
from projections.read_model import closing_model, open_read_model
from projections.rebuild import rebuild
from projections.settings import Settings

WRITERS, SECONDS = 16, 3.0
PEOPLE = [UUID(int=number, version=4) for number in range(1, WRITERS // 2 + 1)]
"""Two writers share a person: every other append meets a version taken meanwhile."""
PROOFS, GROWTHS, PAGES = 11, 3, 4
"""What each auditor and both projectors come to before the end is called, however slow the machine is."""
PATIENCE = 120
"""Seconds until everybody has started, and until everybody has come to that."""


class Signals(NamedTuple):
    """What the processes tell each other: the end; how many pages are projected; that an auditor has seen enough."""

    stop: Event
    pages: "Synchronized[int]"
    audited: tuple[Event, ...]


def write(settings: Settings, number: int, signals: Signals) -> list[tuple[int, UUID, int]]:
    """Sessions of one person, in batches of one to three; what was answered as stored."""
    journey = journey_stream(PEOPLE[number % len(PEOPLE)], OPENED.key, 1)
    rng, stored = random.Random(number), []
    with closing(Journal(settings.ledger)) as journal:
        while not signals.stop.is_set():
            steps = [session(4 + rng.randrange(99), rng.randrange(15, 90)) for _time in range(rng.randrange(1, 4))]

            def decide(streams: Streams, steps: list[Any] = steps) -> Decided:
                for step in steps:
                    streams.append(commands.record(streams, journey, step))
                return []

            outcome = journal.act(decide, request())
            stored += [(one.position, one.originator_id, one.originator_version) for one in outcome.recorded]
    return stored


def keep_sealing(settings: Settings, _number: int, signals: Signals) -> None:
    """Seal what is new, until told to stop."""
    signers = read_signers(settings.signing_key)
    with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
        while not signals.stop.is_set():
            seal(journal, seals, signers, now=NOW)


def keep_projecting(settings: Settings, _number: int, signals: Signals) -> int:
    """Project what is new, in small pages, until told to stop; how many pages that were."""
    reached = list[int]()

    def told(position: int) -> None:
        reached.append(position)
        with signals.pages.get_lock():
            signals.pages.value += 1

    with (
        closing(Journal(settings.ledger)) as journal,
        closing_model(open_read_model(settings.read_model, settings.database_url)) as model,
    ):
        while not signals.stop.is_set():
            catch_up(journal, model, page=7, progress=told)
            sleep(0.01)
    return len(reached)


class Audited(NamedTuple):
    """What an auditor did, and everything that did not verify."""

    proofs: int
    growths: int
    wrong: list[str]


def audit(settings: Settings, number: int, signals: Signals) -> Audited:
    """Have entries anywhere proved against the latest checkpoint, and every checkpoint against the one seen before."""
    rng, verifier = random.Random(number), read_signers(settings.signing_key)[0].verifier
    proofs, growths, wrong = 0, 0, list[str]()
    seen = Checkpoint("", 0, EMPTY)
    with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
        while not signals.stop.is_set():
            latest = seals.latest()
            if latest is None:
                sleep(0.01)
                continue
            head = Checkpoint.parse(open_note(latest.note.encode(), [verifier])[0])
            growth = seals.prove_growth(seen.size, head.size)
            if not verify_consistency(seen.size, head.size, growth, seen.root, head.root):
                wrong.append(f"growth from {seen.size} to {head.size}")
            growths += head.size > seen.size
            seen = head
            for position in [rng.randrange(1, latest.position + 1), latest.position]:
                wrong += _wrong_proof(journal, seals, position, verifier)
                proofs += 1
            if proofs >= PROOFS and growths >= GROWTHS:
                signals.audited[number].set()
    return Audited(proofs, growths, wrong)


def _wrong_proof(journal: Journal, seals: Seals, position: int, verifier: Verifier) -> list[str]:
    """The entry itself, its leaf, the proof as it is handed out; nothing where the numbering has a gap."""
    found = list(leaves_of(journal.scan_after(position - 1, upto=position)))
    if not found:
        return []
    proof = EntryProof.parse(seals.prove_entry(position).text)
    head = Checkpoint.parse(open_note(proof.note, [verifier])[0])
    good = verify_inclusion(proof.number, head.size, found[0].hash, proof.hashes, head.root)
    return [] if good else [f"entry {position} in {head.size}"]


Told = tuple[str, Any]
WORK: dict[str, Callable[..., Any]] = {"write": write, "seal": keep_sealing, "project": keep_projecting, "audit": audit}


def in_a_process(
    settings: Settings, share: list[tuple[str, int]], start: Barrier, signals: Signals, told: "Queue[list[Told]]"
) -> None:
    """Some of the work, each piece in a thread and with connections of its own; tells what each came to."""
    start.wait(PATIENCE)
    answers: list[Told] = []

    def work(name: str, number: int) -> None:
        try:
            answers.append((name, WORK[name](settings, number, signals)))
        except BaseException as error:
            answers.append(("failed", f"{name} {number}: {error!r}"))
            signals.stop.set()

    threads = [Thread(target=work, args=one) for one in share]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    told.put(answers)


SHARES = [
    *([("write", number + 4 * process) for number in range(4)] for process in range(WRITERS // 4)),
    [("seal", 0)],
    [("project", 0), ("audit", 0)],
    [("project", 1), ("audit", 1)],
]


def all_came_to_enough(signals: Signals) -> bool:
    """Whether every auditor and the projectors have come to what is asserted of them."""
    return signals.pages.value >= PAGES and all(one.is_set() for one in signals.audited)


def hammered(settings: Settings) -> dict[str, list[Any]]:
    """What everybody came to who worked at once for some seconds, each share in a process of its own."""
    context = get_context("spawn")
    start, told = context.Barrier(len(SHARES) + 1), context.Queue()
    signals = Signals(context.Event(), context.Value("i", 0), (context.Event(), context.Event()))
    processes = [context.Process(target=in_a_process, args=(settings, share, start, signals, told)) for share in SHARES]
    for one in processes:
        one.start()
    try:
        start.wait(PATIENCE)
        begun = monotonic()
        while all(one.is_alive() for one in processes) and not signals.stop.wait(0.05):
            gone = monotonic() - begun
            if gone > PATIENCE or (gone > SECONDS and all_came_to_enough(signals)):
                break
        signals.stop.set()
        answers = [told.get(timeout=60) for _one in processes]
        for one in processes:
            one.join(10)
    finally:
        for one in processes:
            one.kill()
    found: dict[str, list[Any]] = {"failed": []}
    for name, answer in chain.from_iterable(answers):
        found.setdefault(name, []).append(answer)
    return found


def test_everything_at_once(stores_settings: Settings) -> None:
    """Every entry answered as stored is in the ledger, in the tree and in the read model once, and all is proved."""
    with closing(Journal(stores_settings.ledger)) as journal:
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        for person in PEOPLE:
            enrolled = enrolment(participant=person)
            journal.act(lambda streams, enrolled=enrolled: commands.enrol(streams, enrolled), request())
        before = journal.head()

    found = hammered(stores_settings)
    assert found["failed"] == []
    audits: list[Audited] = found["audit"]
    assert [one.wrong for one in audits] == [[], []]
    assert min(one.proofs for one in audits) >= PROOFS
    assert min(one.growths for one in audits) >= GROWTHS
    assert len(found["write"]) == WRITERS
    assert sum(found["project"]) >= PAGES
    assert_nothing_missed(stores_settings, before, [one for stored in found["write"] for one in stored])


def assert_nothing_missed(settings: Settings, before: int, stored: list[tuple[int, UUID, int]]) -> None:
    """Ledger, tree and read model hold what was answered as stored, each once, and a check finds nothing."""
    signers = read_signers(settings.signing_key)
    with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
        head = journal.head()
        held = list(journal.scan_after(before, upto=head))
        assert Counter((row[0], UUID(row[1]), row[2]) for row in held) == Counter(stored)
        seal(journal, seals, signers, now=NOW)
        events, leaves = journal.count(head), list(leaves_of(journal.scan_after(0, upto=head)))
        assert seals.leaves(0, events + 1) == leaves
        heads = [Checkpoint.parse(one.note.partition("\n\n")[0].encode() + b"\n") for one in seals.checkpoints()]
        assert len(heads) > 3
        assert heads[-1].root == root_of([leaf.hash for leaf in leaves])
        for leaf in random.Random(1).sample(leaves, 50):
            assert _wrong_proof(journal, seals, leaf.position, signers[0].verifier) == []
        report = verify_ledger(journal, seals)
        assert (report.findings, report.entries, report.sealed) == ([], events, events)
        with closing_model(open_read_model(settings.read_model, settings.database_url)) as model:
            catch_up(journal, model)
            assert (model.tracked(), model.events()) == (head, events)
    certificate = rebuild(settings.ledger, settings.read_model, now=NOW, swap=False)
    assert (certificate.events, certificate.compared, certificate.differences) == (events, True, {})
