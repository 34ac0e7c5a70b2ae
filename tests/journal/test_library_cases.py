"""The cases the library ships for recorders, run on ours.

Not taken: its mapper cases. They are about ciphers, compressors and transcoders chosen by environment variables,
none of which `FactMapper` has; `test_mapper.py` has its own.
"""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.sqlite import SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.journal.recorders import PostgresLedger, SqliteLedger

with pytest.MonkeyPatch.context() as patch:
    # The module of the cases imports a cipher that needs a package nobody needs for the cases taken here.
    patch.setitem(sys.modules, "eventsourcing.cipher", SimpleNamespace(AESCipher=None))  # type: ignore[arg-type]
    from eventsourcing.tests.persistence import ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase


class OnSqlite:
    """Gives the cases a recorder on a file of their own."""

    @pytest.fixture(autouse=True)
    def _datastore(self, tmp_path: Any) -> Any:
        self.datastore = SQLiteDatastore(str(tmp_path / "ledger.db"), lock_timeout=60)
        yield
        self.datastore.close()

    def create_recorder(self) -> SqliteLedger:
        recorder = SqliteLedger(self.datastore)
        recorder.create_table()
        return recorder


class OnPostgres:
    """Gives the cases a recorder on a database of their own, without the library's database functions."""

    @pytest.fixture(autouse=True)
    def _datastore(self, fresh_database: str) -> Any:
        given = conninfo_to_dict(fresh_database)
        self.datastore = PostgresDatastore(
            dbname=given["dbname"],
            host=given["host"],
            port=given["port"],
            user=given["user"],
            password=given.get("password") or "",
            enable_db_functions=False,
        )
        yield
        self.datastore.close()

    def create_recorder(self) -> PostgresLedger:
        recorder = PostgresLedger(self.datastore)
        recorder.create_table()
        return recorder


class RecorderCases(ApplicationRecorderTestCase[Any]):
    __test__ = False

    @pytest.mark.skip(reason="prints timings and checks nothing; benchmarks/ measures beside a comparison")
    def test_performance(self) -> None:
        """Not run."""


class TestSqliteLedger(OnSqlite, RecorderCases):
    """The library's cases for the recorder of an application."""

    __test__ = True


class TestPostgresLedger(OnPostgres, RecorderCases):
    """The library's cases for the recorder of an application."""

    __test__ = True


class TestSqlitePositionsDoNotInterleave(OnSqlite, NonInterleavingNotificationIDsBaseCase):
    """A command's entries stand next to each other."""


class TestPostgresPositionsDoNotInterleave(OnPostgres, NonInterleavingNotificationIDsBaseCase):
    """A command's entries stand next to each other, also with two writers at once."""


del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase  # they are no cases of their own
