"""`werdegang reads`: who read what of whom, and deleting past months. The file is the same on both databases."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

import pytest
from calling import Cli

from projections.settings import Settings
from projections.stores import open_stores

pytestmark = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
ONE, TWO = UUID(int=1), UUID(int=2)
COLUMNS = ["month", "number", "at", "account", "participant", "field", "purpose"]


@pytest.fixture
def logged(cli: Cli) -> Cli:
    """Two rows in October, one in November of 2020; October is sealed."""
    with open_stores(Settings(data=cli.environment["WERDEGANG_DATA"])) as stores:
        for day, account, person in ((5, "c1", ONE), (6, "c2", TWO)):
            add(stores.vault.reads, datetime(2020, 10, day, 9, tzinfo=UTC), account, person)
        stores.seal(datetime(2020, 10, 31, tzinfo=UTC))
        add(stores.vault.reads, datetime(2020, 11, 2, 9, tzinfo=UTC), "c1", TWO)
    return cli


def add(log: object, at: datetime, account: str, person: UUID) -> None:
    log.append(at, account=account, participant=person, field="enrolled.name", purpose="history")  # type: ignore[attr-defined]


def test_log_is_listed(logged: Cli) -> None:
    """Every row, and of every month how many rows there are and how many are sealed."""
    told = logged("reads", "list").out.splitlines()
    assert len(told) == 1 + 3 + 2
    assert told[1].split() == ["2020-10", "1", "05.10.2020", "11:00", "c1", str(ONE), "enrolled.name", "history"]
    assert told[-2:] == [
        "Monat 2020-10: 2 Zeilen, davon versiegelt 2.",
        "Monat 2020-11: 1 Zeilen, davon versiegelt 0.",
    ]
    assert "Month 2020-11: 1 rows" in logged("--language", "en", "reads", "list").out


def test_log_is_listed_in_part(logged: Cli) -> None:
    """By month, person and account, together too."""

    def numbers(*options: str) -> list[tuple[str, int]]:
        found = logged("reads", "list", "--format", "json", *options).json
        return [(row["month"], row["number"]) for row in found["reads"]]

    assert numbers() == [("2020-10", 1), ("2020-10", 2), ("2020-11", 1)]
    assert numbers("--month", "2020-10") == [("2020-10", 1), ("2020-10", 2)]
    assert numbers("--participant", str(TWO)) == [("2020-10", 2), ("2020-11", 1)]
    assert numbers("--account", "c1") == [("2020-10", 1), ("2020-11", 1)]
    assert numbers("--account", "c1", "--participant", str(TWO)) == [("2020-11", 1)]
    assert numbers("--month", "2020-09") == []
    assert "Nichts gelesen." in logged("reads", "list", "--month", "2020-09").out
    months = logged("reads", "list", "--format", "json", "--month", "2020-10").json["months"]
    assert months == [{"month": "2020-10", "rows": 2, "sealed": 2, "deleted_by": None, "deleted_at": None}]


def test_log_as_csv(logged: Cli) -> None:
    """A table for other tools: what a row holds, under the names it is sealed with."""
    table = list(csv.reader(io.StringIO(logged("reads", "list", "--format", "csv").out), delimiter=";"))
    assert table[0] == COLUMNS
    assert table[1] == ["2020-10", "1", "2020-10-05T09:00:00+00:00", "c1", str(ONE), "enrolled.name", "history"]
    assert len(table) == 4


def test_what_a_command_opens_is_listed(filled: Cli) -> None:
    """Reading a reason in a journey is an opening, with account and purpose."""
    withdrawn = {"participant": "B", "step": "withdrawn", "entry": "6", "reason": "Falsch erfasst"}
    filled("import", filled.lines("back.jsonl", withdrawn), "--programme", "lzb")
    filled("history", "--participant", "B", "--programme", "lzb", "--as", "lead-1")
    (row,) = filled("reads", "list", "--format", "json", "--account", "lead-1").json["reads"]
    assert (row["field"], row["purpose"], row["number"]) == ("withdrawn.reason", "history", 1)


def test_past_month_is_deleted(logged: Cli) -> None:
    """Its rows go, its seals and who deleted it stay, and the check of the rest finds nothing."""
    assert "2 Zeilen" in logged("reads", "delete", "2020-10", "--as", "dpo-1").out
    told = logged("reads", "list")
    assert "Monat 2020-10: gelöscht von dpo-1 am " in told.out
    assert "c2" not in told.out
    (october, november) = logged("reads", "list", "--format", "json").json["months"]
    assert (october["rows"], october["sealed"], october["deleted_by"]) == (0, 2, "dpo-1")
    assert datetime.fromisoformat(october["deleted_at"]).tzinfo is not None
    assert november["rows"] == 1


@pytest.mark.parametrize(
    ("month", "status", "named"),
    [("2020-11", 1, "werdegang seal"), ("2020-09", 1, "2020-09"), ("2020-13", 2, "2020-13"), ("2020", 2, "2020")],
)
def test_month_that_cannot_be_deleted(logged: Cli, month: str, status: int, named: str) -> None:
    """One that is not sealed, one that is not there, and what is no month; nothing is deleted."""
    assert named in logged("reads", "delete", month, status=status).err
    assert len(logged("reads", "list", "--format", "json").json["reads"]) == 3


def test_present_month_cannot_be_deleted(logged: Cli) -> None:
    """It still grows."""
    present = datetime.now(UTC).strftime("%Y-%m")
    assert present in logged("reads", "delete", present, status=1).err
