"""The tables of the read model on SQLite and PostgreSQL."""

from pathlib import Path

from domain.errors import NotReady
from domain.texts import _
from projections.read_model.model import Parameters, ReadModel, closing_model
from projections.read_model.postgres import PostgresReadModel
from projections.read_model.sqlite import SqliteReadModel

__all__ = ["Parameters", "ReadModel", "closing_model", "create_read_model", "open_read_model"]


def create_read_model(file: Path | None, url: str | None) -> None:
    """Create an empty read model; one that exists is left as it is."""
    with closing_model(_connect(file, url)) as model:
        if not model.exists():
            with model.transaction():
                model.create_tables()
                model.create_indexes()
                model.start(0, 0)


def open_read_model(file: Path | None, url: str | None) -> ReadModel:
    """Open the read model. Refused (`NotReady`): one that was not created."""
    missing = NotReady("no_read_model", _("Das Lesemodell fehlt; anlegen mit: werdegang init."))
    if url is None and not (file and file.exists()):
        raise missing
    model = _connect(file, url)
    if not model.exists():
        model.close()
        raise missing
    return model


def _connect(file: Path | None, url: str | None) -> ReadModel:
    if url is not None:
        return PostgresReadModel.connect(url)
    assert file is not None
    return SqliteReadModel.connect(file)
