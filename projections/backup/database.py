"""PostgreSQL's own programs, which dump ledger and seals and put them back."""

import shlex
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import Refused
from domain.texts import _
from projections.backup.files import DUMP
from projections.settings import Settings

_SECRETS = ("password", "sslpassword")


def dump_command(settings: Settings) -> str:
    """The command that dumps ledger and seals, without any password."""
    return f"pg_dump --schema=ledger --format=custom --file={DUMP} --dbname={_address(settings)}"


def load_command(settings: Settings, dump: Path) -> str:
    """The command that puts a dump into an empty database, whole or not at all, without any password."""
    return f"pg_restore --exit-on-error --single-transaction --dbname={_address(settings)} {shlex.quote(str(dump))}"


def _address(settings: Settings) -> str:
    parts = conninfo_to_dict(settings.database_url or "")
    shown: dict[str, Any] = {name: value for name, value in parts.items() if name not in _SECRETS}
    return shlex.quote(make_conninfo(**shown))


def require_dump(settings: Settings, dump: Path) -> None:
    """Refused: a dump that is none, or one beside SQLite."""
    if not settings.database_url:
        raise Refused("no_dump", _("Ein Dump gehört nur zu PostgreSQL."), field="dump")
    try:
        with dump.open("rb") as file:
            is_one = file.read(5) == b"PGDMP"
    except OSError:
        is_one = False
    if not is_one:
        text = _("{path} ist kein Dump von pg_dump im Format custom.", path=dump)
        raise Refused("no_dump", text, field="dump")
