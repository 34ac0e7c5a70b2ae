"""Rebuilding beside the live model: unseen by readers, resumable, certified (DESIGN.md section 3)."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid4

import busy
import msgspec
import pytest
from busy import KEY, NOW, STICHTAG
from eventsourcing.persistence import StoredEvent
from given import SEALED

from domain.errors import NotReady, Refused
from domain.facts import Entry, Fact, PlacementEnded, PlacementStarted, Withdrawn, tag_of
from domain.journal import Journal
from domain.terms import PlacementEndReason, PlacementKind
from projections import rebuild as building
from projections.balance import compute
from projections.catch_up import catch_up
from projections.journeys import BrokenStream
from projections.read_model import ReadModel
from projections.read_model.tables import POSTGRES, SQLITE, columns, indexes
from projections.rebuild import Certificate, Progress, rebuild
from projections.rows import TABLES
from projections.settings import Settings
from projections.stores import Stores, open_stores

PEOPLE = 40
_spawn = get_context("spawn")


@pytest.fixture
def filled(stores: Stores) -> Stores:
    """Stores with some people's journeys, projected."""
    busy.fill(stores, PEOPLE)
    return stores


def build(settings: Settings, **options: Any) -> Certificate:
    return rebuild(settings.ledger, settings.read_model, now=NOW, **options)


def rows_of(model: ReadModel) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted(model.query(f"SELECT {', '.join(columns(table))} FROM {model.name(table)}", {}), key=repr)
        for table in TABLES
    }


def some_stream(model: ReadModel, table: str) -> str:
    return str(model.query(f"SELECT min(CAST(stream AS TEXT)) FROM {model.name(table)}", {})[0][0])


def old_name(model: ReadModel, table: str) -> str:
    return f"projections_old.{table}" if "." in model.name(table) else f"old_{table}"


def count(model: ReadModel, name: str) -> int:
    return int(model.query(f"SELECT count(*) FROM {name}", {})[0][0])


# --- nobody sees it -----------------------------------------------------------------------------------


def test_rebuild_while_others_write_and_read(filled: Stores, stores_settings: Settings) -> None:
    """No reader ever sees an empty or half-built table or a figure going back; every entry is in the new model."""
    stichtag, datenstand = STICHTAG, filled.journal.head()
    before = compute(filled.read_model, KEY, stichtag, datenstand=datenstand)
    with running(busy.keep_writing, stores_settings) as writer, running(busy.keep_reading, stores_settings) as reader:
        certificates = [build(stores_settings, workers=workers) for workers in (1, 2, 1)]
    (written, _none), (looks, wrong) = writer(), reader()
    assert wrong == []
    assert looks > 10
    assert written > 3
    for certificate in certificates:
        assert certificate.differences == {}
        assert certificate.events == filled.journal.count(certificate.head)
    heads = [certificate.head for certificate in certificates]
    assert heads == sorted(heads)
    assert compute(filled.read_model, KEY, stichtag, datenstand=datenstand) == before
    assert filled.read_model.tracked() == filled.journal.head()
    assert filled.read_model.events() == filled.journal.count(filled.journal.head())
    now = compute(filled.read_model, KEY, stichtag)
    assert now.figures["participants_enrolled"].value == PEOPLE + written
    live = rows_of(filled.read_model)
    assert build(stores_settings).differences == {}
    assert rows_of(filled.read_model) == live


@contextmanager
def running(target: Any, settings: Settings) -> Iterator[Any]:
    """A process at work until the end of the `with`; afterwards the function it gives returns what it told."""
    stop, told, answers = _spawn.Event(), _spawn.Queue(), []
    process = _spawn.Process(target=target, args=(settings, stop, told))
    process.start()
    try:
        assert told.get(timeout=60) == "started"
        yield lambda: answers[0]
        stop.set()
        answers.append(told.get(timeout=60))
    finally:
        stop.set()
        process.join(60)
        process.close()
        told.close()


def test_live_model_grows_while_one_is_built_beside_it(filled: Stores, stores_settings: Settings) -> None:
    """What is entered during a build is projected live at once, and is in the new model too."""
    entered = iter(range(100))
    seen: list[float | None] = []

    def enter(progress: Progress) -> None:
        if progress.stage == "certificate":
            return
        with open_stores(stores_settings) as stores:
            busy.take(stores, busy.rows_of(f"late-{next(entered)}"))
            catch_up(stores.journal, stores.read_model)
            seen.append(compute(stores.read_model, KEY, STICHTAG).figures["placed_svp"].value)

    certificate = build(stores_settings, report=enter)
    assert seen == [PEOPLE + number for number in range(1, len(seen) + 1)]
    assert certificate.differences == {}
    assert certificate.events == filled.journal.count(filled.journal.head())
    assert compute(filled.read_model, KEY, STICHTAG).figures["placed_svp"].value == seen[-1]


def test_figures_before_and_after_agree(filled: Stores, stores_settings: Settings) -> None:
    """A balance is the same whichever model it was computed on, old Datenstände included."""
    heads = [filled.journal.head() // share for share in (1, 2, 3)]
    before = [compute(filled.read_model, KEY, STICHTAG, datenstand=head) for head in heads]
    build(stores_settings)
    assert [compute(filled.read_model, KEY, STICHTAG, datenstand=head) for head in heads] == before


def test_stages_are_reported(filled: Stores, stores_settings: Settings) -> None:
    """Long work shows how far it is."""
    reported: list[Progress] = []
    build(stores_settings, report=reported.append)
    partitions = [progress for progress in reported if progress.stage == "partitions"]
    assert [progress.done for progress in partitions] == list(range(partitions[0].total + 1))
    stages = list(dict.fromkeys(progress.stage for progress in reported))
    assert stages == ["partitions", "indexes", "catch_up", "certificate"]


def test_rebuild_of_an_empty_ledger(stores: Stores, stores_settings: Settings) -> None:
    """Nothing entered, nothing built."""
    certificate = build(stores_settings)
    assert (certificate.events, certificate.head, certificate.differences) == (0, 0, {})
    assert not any(found.rows for found in certificate.tables.values())
    busy.fill(stores, 1)
    assert compute(stores.read_model, KEY, STICHTAG).figures["placed_svp"].value == 1


def test_indexes_are_there_after_every_swap(filled: Stores, stores_settings: Settings) -> None:
    """A swapped-in table is indexed as the first one was, however often."""
    dialect = POSTGRES if stores_settings.database_url else SQLITE
    wanted = {(table, indexed) for table in TABLES for indexed in indexes(table, dialect)}
    for _round in range(4):
        assert indexed_columns(filled.read_model) == wanted
        build(stores_settings)


def indexed_columns(model: ReadModel) -> set[tuple[str, tuple[str, ...]]]:
    found = set()
    for table in TABLES:
        if "." in model.name(table):
            query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'projections' AND tablename = :name"
            definitions = [row[0] for row in model.query(query, {"name": table})]
        else:
            query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :name"
            definitions = [row[0] for row in model.query(query, {"name": table})]
        found |= {(table, tuple(text.rpartition("(")[2].rstrip(")").split(", "))) for text in definitions}
    return found


# --- interrupted and resumed ----------------------------------------------------------------------------


def killed(settings: Settings, partitions: int) -> None:
    """Start a rebuild in a process and kill it there."""
    process = _spawn.Process(target=busy.rebuild_until_killed, args=(settings, partitions))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    process.close()


def test_killed_rebuild_is_resumed(filled: Stores, stores_settings: Settings) -> None:
    """Killed after some partitions the next rebuild goes on there; meanwhile the live model was untouched."""
    live = rows_of(filled.read_model)
    killed(stores_settings, 3)
    assert filled.read_model.beside().partitions_done() == {0, 1, 2}
    assert rows_of(filled.read_model) == live
    busy.take(filled, busy.rows_of("meanwhile"))
    catch_up(filled.journal, filled.read_model)
    live, reported = rows_of(filled.read_model), []
    certificate = build(stores_settings, report=reported.append)
    assert reported[0].done == 3
    assert certificate.differences == {}
    assert certificate.events == filled.journal.count(filled.journal.head())
    assert rows_of(filled.read_model) == live


@pytest.mark.parametrize("stage", ["indexes", "catch_up", "certificate"])
def test_rebuild_stopped_at_a_later_stage_is_resumed(filled: Stores, stores_settings: Settings, stage: str) -> None:
    """Stopped at any stage nothing is swapped in, and the next rebuild comes to the end."""
    live = rows_of(filled.read_model)

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(stores_settings, report=stop)
    assert rows_of(filled.read_model) == live
    assert filled.read_model.certificate() is None
    certificate = build(stores_settings)
    assert (certificate.differences, certificate.events) == ({}, filled.journal.count(filled.journal.head()))
    assert rows_of(filled.read_model) == live


def test_partition_tried_twice_is_stored_once(
    filled: Stores, stores_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition done already is not stored again, whoever tries it."""
    live = rows_of(filled.read_model)
    killed(stores_settings, 5)
    monkeypatch.setattr(ReadModel, "partitions_done", lambda _model: set())
    certificate = build(stores_settings)
    assert (certificate.differences, certificate.events) == ({}, filled.journal.count(filled.journal.head()))
    assert rows_of(filled.read_model) == live


def test_other_code_begins_anew(filled: Stores, stores_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other code has built beside is not gone on with."""
    killed(stores_settings, 3)
    monkeypatch.setattr(building, "code_digest", lambda: "other")
    reported: list[Progress] = []
    certificate = build(stores_settings, report=reported.append)
    assert reported[0].done == 0
    assert certificate.code == "other"
    assert certificate.events == filled.journal.count(filled.journal.head())


def test_two_rebuilds_at_once(filled: Stores, stores_settings: Settings) -> None:
    """One of two at the same time is refused, or both come to the end; nothing is built twice into one model."""
    live, ended = rows_of(filled.read_model), []

    def another(**options: Any) -> None:
        try:
            build(stores_settings, **options)
            ended.append("built")
        except Refused:
            ended.append("refused")

    def meanwhile(progress: Progress) -> None:
        if progress.stage == "partitions" and progress.done == 2:
            another()

    another(report=meanwhile)
    assert "built" in ended
    assert len(ended) == 2
    assert count(filled.read_model, filled.read_model.name("tracking")) == 1
    assert rows_of(filled.read_model) == live


def test_two_workers_build_what_one_does(filled: Stores, stores_settings: Settings) -> None:
    """The number of processes changes nothing but the time."""
    one = build(stores_settings, workers=1)
    rows = rows_of(filled.read_model)
    two = build(stores_settings, workers=2)
    assert (two.tables, two.events, two.head, two.differences) == (one.tables, one.events, one.head, {})
    assert rows_of(filled.read_model) == rows


# --- the certificate --------------------------------------------------------------------------------------


def test_model_of_an_older_version_is_rebuilt(filled: Stores, stores_settings: Settings) -> None:
    """Tables that lack a column of today are replaced without being compared."""
    right = rows_of(filled.read_model)
    filled.read_model.execute(f"ALTER TABLE {filled.read_model.name('placements')} DROP COLUMN sector")
    certificate = build(stores_settings)
    assert not certificate.compared
    assert rows_of(filled.read_model) == right


def test_certificate_says_what_was_read_and_built(filled: Stores, stores_settings: Settings) -> None:
    """Entries, head, catalogue, code, rows and digest of every table; kept beside the rows."""
    assert filled.read_model.certificate() is None
    certificate = build(stores_settings)
    head = filled.journal.head()
    assert certificate.head == head
    assert certificate.events == filled.journal.count(head) == 2 + PEOPLE * busy.EVENTS_OF_ONE
    assert certificate.catalogue == compute(filled.read_model, KEY, STICHTAG).catalogue
    assert certificate.code == building.code_digest()
    assert certificate.built_at == NOW
    assert {table: found.rows for table, found in certificate.tables.items()} == {
        table: count(filled.read_model, filled.read_model.name(table)) for table in TABLES
    }
    kept = msgspec.json.decode(filled.read_model.certificate() or "", type=Certificate)
    assert kept == certificate


TAMPERED = {
    "changed": "UPDATE {placements} SET started_on = '2016-12-24' WHERE stream = '{stream}' AND known_until IS NULL",
    "deleted": "DELETE FROM {placements} WHERE stream = '{stream}' AND known_until IS NULL",
    "forgotten": "UPDATE {placements} SET known_until = 999999 WHERE stream = '{stream}' AND known_until IS NULL",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampered_row_is_named_and_repaired(filled: Stores, stores_settings: Settings, how: str) -> None:
    """A live row that does not follow from the ledger is in the certificate; the swap puts it right."""
    model = filled.read_model
    right, figures = rows_of(model), compute(model, KEY, STICHTAG).figures
    stream = some_stream(model, "placements")
    model.execute(TAMPERED[how].format(placements=model.name("placements"), stream=stream))
    certificate = build(stores_settings)
    assert list(certificate.differences) == ["placements"]
    named = certificate.differences["placements"]
    assert len(named) == (1 if how == "deleted" else 2)
    assert all(stream in row for row in named)
    assert rows_of(model) == right
    assert compute(model, KEY, STICHTAG).figures == figures
    assert build(stores_settings).differences == {}


def test_row_too_many_is_named_and_repaired(filled: Stores, stores_settings: Settings) -> None:
    """A row twice is a difference too, although each of the two is right."""
    model, name = filled.read_model, filled.read_model.name("sessions")
    right = rows_of(model)
    stream = some_stream(model, "sessions")
    model.execute(f"INSERT INTO {name} SELECT * FROM {name} WHERE stream = '{stream}'")
    assert list(build(stores_settings).differences) == ["sessions"]
    assert rows_of(model) == right


def test_old_tables_are_kept_until_the_next_rebuild(filled: Stores, stores_settings: Settings) -> None:
    """What was live before can still be looked at, until the next rebuild takes its place."""
    model = filled.read_model
    all_rows = count(model, model.name("sessions"))
    model.execute(f"DELETE FROM {model.name('sessions')}")
    build(stores_settings)
    assert count(model, model.name("sessions")) == all_rows
    assert count(model, old_name(model, "sessions")) == 0
    build(stores_settings)
    assert count(model, old_name(model, "sessions")) == all_rows


# --- a stream that cannot be folded -------------------------------------------------------------------------


def smuggled(journal: Journal, stream: UUID, fact: Fact, version: int | None = None) -> tuple[int, int]:
    """Store a fact past every rule; its position and version."""
    version = version or len(journal.read(stream)) + 1
    entry = Entry(recorded_at=NOW, recorded_by="nobody", request_id=uuid4(), fact=fact)
    journal.recorder.insert_events([StoredEvent(stream, version, tag_of(fact), msgspec.json.encode(entry))])
    return journal.head(), version


IMPOSSIBLE: dict[str, Fact] = {
    "end of nothing": PlacementEnded(
        happened_on=STICHTAG, ref="geheimer-ref", reason=PlacementEndReason.CONTRACT_EXPIRED
    ),
    "storno of nothing": Withdrawn(entry=99, reason=SEALED),
}


@pytest.mark.parametrize("fact", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_broken_stream_stops_the_projection(filled: Stores, stores_settings: Settings, fact: Fact) -> None:
    """It stops before the entry and names it, never its content; nothing is skipped, nobody is shown half of it."""
    stream = UUID(some_stream(filled.read_model, "enrolments"))
    before, rows = filled.read_model.tracked(), rows_of(filled.read_model)
    position, version = smuggled(filled.journal, stream, fact)
    busy.take(filled, busy.rows_of("after it"))
    for _attempt in range(2):
        with pytest.raises(BrokenStream) as stopped:
            catch_up(filled.journal, filled.read_model)
        for language in ("de", "en"):
            text = stopped.value.in_language(language)
            assert all(str(name) in text for name in (position, stream, version))
            assert "geheim" not in text
        assert (filled.read_model.tracked(), rows_of(filled.read_model)) == (before, rows)
    assert compute(filled.read_model, KEY, STICHTAG).datenstand == before
    for workers in (1, 2):
        with pytest.raises(BrokenStream) as stopped:
            build(stores_settings, workers=workers)
        assert str(position) in str(stopped.value)
        assert rows_of(filled.read_model) == rows


def test_journey_without_an_enrolment_stops_the_projection(filled: Stores) -> None:
    """A stream that begins in the middle is a broken one."""
    fact = PlacementStarted(happened_on=STICHTAG, ref="p", kind=PlacementKind.SVP)
    position, _version = smuggled(filled.journal, uuid4(), fact)
    with pytest.raises(BrokenStream, match=str(position)):
        catch_up(filled.journal, filled.read_model)


def test_entry_that_is_no_json_stops_the_projection(filled: Stores, stores_settings: Settings) -> None:
    """Bytes nobody can read are named by their place as well."""
    stream, before = UUID(some_stream(filled.read_model, "enrolments")), filled.read_model.tracked()
    version = len(filled.journal.read(stream)) + 1
    filled.journal.recorder.insert_events([StoredEvent(stream, version, "journey.exited", b'{"fact": "geheim')])
    with pytest.raises(NotReady) as stopped:
        catch_up(filled.journal, filled.read_model)
    assert str(stream) in str(stopped.value)
    assert "geheim" not in str(stopped.value)
    assert filled.read_model.tracked() == before
    with pytest.raises(NotReady):
        build(stores_settings)
