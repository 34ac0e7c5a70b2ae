"""Where a ledger lies, and what the library is told of it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from domain.errors import NotReady
from domain.texts import Text, _

SCHEMA = "ledger"
_OFF = ("", "n", "no", "f", "false", "off", "0")


class StoreAddress(NamedTuple):
    """Where the ledger lies: a SQLite file, or a PostgreSQL database (its schema `ledger`)."""

    file: Path | None = None
    url: str | None = None


def refuse_database_functions(environment: Mapping[str, str]) -> None:
    """Refused: a process environment that asks the library for its database functions, in whatever words."""
    for name, value in environment.items():
        if name.endswith("POSTGRES_ENABLE_DB_FUNCTIONS") and value.strip().lower() not in _OFF:
            raise NotReady("db_functions", db_functions_refused())


def db_functions_refused() -> Text:
    """Why they are refused."""
    return _(
        "POSTGRES_ENABLE_DB_FUNCTIONS darf nicht eingeschaltet sein: damit gehen beim Mitlesen Ereignisse verloren."
    )


def library_settings(address: StoreAddress, *, create: bool) -> dict[str, str]:
    """The settings of the library for a ledger, `create` with its tables."""
    common = {"CREATE_TABLE": "y" if create else "n"}
    if address.url is None:
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_LOCK_TIMEOUT": "60"}
        settings["SQLITE_DBNAME"] = str(address.file)
        settings["APPLICATION_RECORDER_TOPIC"] = "domain.journal.recorders:SqliteLedger"
        return common | settings
    given = conninfo_to_dict(address.url)
    return common | {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given.get("dbname") or "postgres"),
        "POSTGRES_HOST": str(given.get("host") or "localhost"),
        "POSTGRES_PORT": str(given.get("port") or "5432"),
        "POSTGRES_USER": str(given.get("user") or "postgres"),
        "POSTGRES_PASSWORD": str(given.get("password") or "none"),
        "POSTGRES_SCHEMA": SCHEMA,
        "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
        "APPLICATION_RECORDER_TOPIC": "domain.journal.recorders:PostgresLedger",
    }


def make_room(address: StoreAddress) -> None:
    """Make the schema of a ledger that lies in a database."""
    if address.url is not None:
        with closing(_connect(address.url)) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")


def require_initialised(address: StoreAddress) -> None:
    """Refused (`NotReady`): a ledger that was not created, a database that cannot be reached."""
    if address.url is None:
        missing = not (address.file and address.file.exists() and _has_table(address.file))
    else:
        with closing(_connect(address.url)) as connection:
            row = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.stored_events",)).fetchone()
            missing = row is None or row[0] is None
    if missing:
        where = address.file if address.url is None else _("in der Datenbank")
        raise NotReady("no_ledger", _("Das Journal {where} fehlt; anlegen mit: werdegang init.", where=where))


def _has_table(file: Path) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'stored_events'"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def _connect(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise NotReady("no_database", _("Die Datenbank ist nicht erreichbar: {reason}", reason=reason)) from None
