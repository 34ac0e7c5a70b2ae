"""The log of reads: added only, numbered within its months, deleted by whole months (§ 67c SGB X)."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import NotReady, Refused
from domain.vault import MonthSeal, ReadLog

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 3, 9, tzinfo=UTC) for month in (10, 11, 12))
PERSON = UUID(int=7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ReadLog.create(tmp_path / "reads.db")
    return tmp_path / "reads.db"


@pytest.fixture
def log(path: Path) -> Iterator[ReadLog]:
    with closing(ReadLog(path)) as opened:
        yield opened


def read(log: ReadLog, now: datetime, **changed: Any) -> None:
    given = {"account": "c1", "participant": PERSON, "field": "name", "purpose": "Betreuung", **changed}
    log.append(now, **given)


def seal(log: ReadLog, month: str, size: int) -> None:
    log.add_seal(MonthSeal(month, size, f"note over {size}", DECEMBER))


def test_every_month_counts_from_one(log: ReadLog) -> None:
    """A month is one of UTC, by the moment of the reading, whatever the clock's own zone."""
    for now in (OCTOBER, NOVEMBER, OCTOBER, NOVEMBER):
        read(log, now)
    read(log, datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))))
    assert [(row.month, row.number, row.at) for row in log.rows()] == [
        ("2026-10", 1, "2026-10-03T09:00:00+00:00"),
        ("2026-10", 2, "2026-10-03T09:00:00+00:00"),
        ("2026-11", 1, "2026-11-03T09:00:00+00:00"),
        ("2026-11", 2, "2026-11-03T09:00:00+00:00"),
        ("2026-11", 3, "2026-11-30T23:30:00+00:00"),
    ]
    assert (log.months(), log.size("2026-10"), log.size("2026-12")) == (["2026-10", "2026-11"], 2, 0)


def test_rows_are_found_by_month_person_and_account(log: ReadLog) -> None:
    """What was read of whom, and by whom, can be asked for (Art. 15 DSGVO)."""
    other = uuid4()
    read(log, OCTOBER, account="c1")
    read(log, NOVEMBER, account="c2")
    read(log, NOVEMBER, account="c1", participant=other)
    assert len(list(log.rows("2026-11"))) == 2
    assert [row.month for row in log.rows(account="c1")] == ["2026-10", "2026-11"]
    assert [row.account for row in log.rows(participant=PERSON)] == ["c1", "c2"]
    (row,) = log.rows("2026-11", participant=other, account="c1")
    assert row.participant == str(other)
    assert list(log.rows("2026-10", participant=other)) == []


def test_line_of_a_row(log: ReadLog) -> None:
    """The preimage of its leaf is JSON in this order, without blanks, in UTF-8: an auditor can make it anew."""
    read(log, NOVEMBER, purpose='Prüfung "A"')
    (row,) = log.rows()
    assert row.line == (
        b'{"month":"2026-11","number":1,"at":"2026-11-03T09:00:00+00:00","account":"c1",'
        b'"participant":"00000000-0000-0000-0000-000000000007","field":"name","purpose":"Pr\xc3\xbcfung \\"A\\""}'
    )
    assert json.loads(row.line)["number"] == 1


def test_writers_at_once_get_numbers_without_gaps(path: Path) -> None:
    """Several processes log at the same time."""

    def many(_worker: int) -> None:
        with closing(ReadLog(path)) as log:
            for _ in range(10):
                read(log, NOVEMBER)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(many, range(4)))
    with closing(ReadLog(path)) as log:
        assert [row.number for row in log.rows()] == list(range(1, 41))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reads SET account = 'c9'",
        "DELETE FROM reads",
        "DELETE FROM reads WHERE number = 2",
        "INSERT OR REPLACE INTO reads VALUES ('2026-10', 1, 'x', 'c9', 'x', 'x', 'x')",
        "INSERT INTO reads VALUES ('2026-10', 9, 'x', 'c9', 'x', 'x', 'x')",
        "UPDATE seals SET note = 'x'",
        "DELETE FROM seals",
        "INSERT OR REPLACE INTO seals VALUES ('2026-10', 1, 'x', 'x')",
        "INSERT INTO reads VALUES ('2026-09', 1, 'x', 'c9', 'x', 'x', 'x')",
        "UPDATE deletions SET deleted_by = 'x'",
        "DELETE FROM deletions",
        "INSERT OR REPLACE INTO deletions VALUES ('2026-09', 1, 'x', 'x')",
    ],
)
def test_rows_seals_and_deletions_are_added_only(log: ReadLog, path: Path, statement: str) -> None:
    """Triggers stop slips, also those of others who open the file; a deleted month gets no row again."""
    read(log, OCTOBER.replace(month=9))
    seal(log, "2026-09", 1)
    log.delete_month("2026-09", by="dpo", now=OCTOBER)
    for _ in range(3):
        read(log, OCTOBER)
    seal(log, "2026-10", 1)
    with closing(sqlite3.connect(path)) as other:
        before = list(other.iterdump())
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
        other.rollback()
        assert list(other.iterdump()) == before


def test_past_month_is_deleted_and_its_seals_stay(log: ReadLog, path: Path) -> None:
    """Nothing of its rows is left in the file; who deleted it when, and how many there were, is kept."""
    for number in range(50):
        read(log, OCTOBER, purpose=f"Geheimnis {number}")
    read(log, NOVEMBER)
    seal(log, "2026-10", 20)
    seal(log, "2026-10", 50)
    assert b"Geheimnis" in b"".join(one.read_bytes() for one in path.parent.iterdir())
    deleted = log.delete_month("2026-10", by="dpo", now=NOVEMBER)
    assert (deleted.size, deleted.deleted_by, deleted.deleted_at) == (50, "dpo", NOVEMBER)
    assert log.deletions() == {"2026-10": deleted}
    assert [row.month for row in log.rows()] == ["2026-11"]
    assert [one.size for one in log.seals("2026-10")] == [20, 50]
    assert log.months() == ["2026-10", "2026-11"]
    assert b"Geheimnis" not in b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert log.delete_month("2026-10", by="somebody", now=DECEMBER) == deleted, "deleted twice it stays as it was"


@pytest.mark.parametrize(
    ("month", "now", "sealed", "code"),
    [
        ("2026-11", NOVEMBER, 2, "month_running"),
        ("2027-01", NOVEMBER, 2, "month_running"),
        ("2026-09", DECEMBER, 2, "unknown_month"),
        ("2026-11", DECEMBER, 1, "month_not_sealed"),
        ("2026-11", DECEMBER, 0, "month_not_sealed"),
    ],
)
def test_month_that_is_not_deleted(log: ReadLog, month: str, now: datetime, sealed: int, code: str) -> None:
    """The present one, one without a row, and one whose last row is not sealed; the message names the month."""
    read(log, NOVEMBER)
    read(log, NOVEMBER)
    if sealed:
        seal(log, "2026-11", sealed)
    with pytest.raises(Refused) as refusal:
        log.delete_month(month, by="dpo", now=now)
    assert refusal.value.code == code
    for language in ("de", "en"):
        assert month in refusal.value.in_language(language)
    assert (log.size("2026-11"), log.deletions()) == (2, {})


def test_reading_in_a_deleted_month_is_refused(log: ReadLog) -> None:
    """A clock that goes wrong must not begin the month anew."""
    read(log, OCTOBER)
    seal(log, "2026-10", 1)
    log.delete_month("2026-10", by="dpo", now=NOVEMBER)
    with pytest.raises(NotReady) as refusal:
        read(log, OCTOBER)
    assert refusal.value.code == "month_deleted"
    assert log.size("2026-10") == 0


def test_seal_that_another_process_made_meanwhile_stays(log: ReadLog) -> None:
    """Two sealers of the same rows come to the same; the first one's note is kept."""
    read(log, OCTOBER)
    seal(log, "2026-10", 1)
    log.add_seal(MonthSeal("2026-10", 1, "another", DECEMBER))
    assert [one.note for one in log.seals("2026-10")] == ["note over 1"]
    assert (log.sealed_size("2026-10"), log.sealed_size("2026-11")) == (1, 0)


def test_log_that_is_missing_or_none_is_refused(tmp_path: Path, path: Path) -> None:
    """It is not created silently; the message names it. One that exists is left as it is."""
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)
    for file, code in ((tmp_path / "gone.db", "no_read_log"), (broken, "bad_read_log")):
        with pytest.raises(NotReady) as refusal:
            ReadLog(file)
        assert refusal.value.code == code
        for language in ("de", "en"):
            assert str(file) in refusal.value.in_language(language)
    with closing(ReadLog(path)) as log:
        read(log, OCTOBER)
        ReadLog.create(path)
        assert log.size("2026-10") == 1
