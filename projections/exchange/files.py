"""The rows of an import file, whatever its format: JSON Lines, CSV, XLSX or ODS."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import partial
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from domain.errors import NotFound, Refused
from domain.texts import _

SEPARATORS = ";,\t|"
REFUSED = "refused_"
"""Columns that begin so are a report of ours about an earlier import and are passed over."""
_FORMULA = tuple("=+-@")


Source = Callable[[], BinaryIO]
"""Opens a file, or what was read of one, from its beginning."""


class RawRow(NamedTuple):
    """One line of a file: its number, the values by column, and what is wrong with it if it has none."""

    line: int
    values: dict[str, Any]
    refused: Refused | None = None


def read_rows(path: Path) -> Iterator[RawRow]:
    """The rows in the order of the file; empty lines and empty values are left out.

    Refused: a file that is not there, of a kind not known, not UTF-8, or without a usable header.
    A line that cannot be read is a row with its refusal.
    """
    return _read(path, lambda: path.open("rb"))


def rows_in(name: str, content: bytes) -> Iterator[RawRow]:
    """The same of a file that lies in memory; `name` tells its kind."""
    return _read(Path(name), partial(BytesIO, content))


def _read(path: Path, source: Source) -> Iterator[RawRow]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        text = _("{found} ist kein Importformat; möglich sind {known}.", found=path.suffix or "-", known=FORMATS)
        raise Refused("unknown_format", text)
    try:
        yield from reader(source)
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None
    except CalamineError:
        raise Refused("unreadable_file", _("{path} ist keine lesbare Tabelle.", path=path)) from None


def unreadable(path: Path, error: OSError | UnicodeDecodeError) -> Refused:
    """Why a file could not be read, in words a user can act on."""
    if isinstance(error, UnicodeDecodeError):
        text = _("{path} ist nicht UTF-8 (Byte {place}); bitte als UTF-8 speichern.", path=path, place=error.start)
        return Refused("not_utf8", text)
    if isinstance(error, FileNotFoundError):
        return NotFound("no_file", _("Die Datei {path} gibt es nicht.", path=path))
    return Refused(
        "unreadable_file", _("Die Datei {path} ist nicht lesbar: {reason}", path=path, reason=error.strerror)
    )


def neutralised(value: object) -> str:
    """A value for a CSV file, so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_lines(source: Source) -> Iterator[RawRow]:
    with source() as binary, TextIOWrapper(binary, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except json.JSONDecodeError as error:
                text = _("Die Zeile ist kein JSON (Spalte {column}).", column=error.colno)
                yield RawRow(number, {}, Refused("bad_json", text))
                continue
            if isinstance(values, dict):
                yield RawRow(number, {key: value for key, value in values.items() if value not in (None, "")})
            else:
                yield RawRow(number, {}, Refused("bad_json", _("Die Zeile ist kein JSON-Objekt.")))


def _separated(source: Source) -> Iterator[RawRow]:
    with source() as binary, TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        separator = max(SEPARATORS, key=header.count)
        names = next(csv.reader([header], delimiter=separator), [])
        rows = csv.reader(file, delimiter=separator)
        try:
            yield from _table(names, ((rows.line_num + 1, row) for row in rows))
        except csv.Error as error:
            text = _("Ab Zeile {line} ist die Datei keine lesbare Tabelle: {reason}", line=rows.line_num, reason=error)
            raise Refused("unreadable_file", text) from None


def _spreadsheet(source: Source) -> Iterator[RawRow]:
    with source() as binary:
        rows = CalamineWorkbook.from_filelike(binary).get_sheet_by_index(0).to_python(skip_empty_area=False)
    names = [str(name) for name in rows[0]] if rows else []
    yield from _table(names, enumerate(rows[1:], 2))


def _table(names: list[str], rows: Iterable[tuple[int, list[Any]]]) -> Iterator[RawRow]:
    names = [name.strip() for name in names]
    for required in ("participant", "step"):
        if required not in names:
            text = _("In der Kopfzeile fehlt die Spalte {name}; gefunden: {found}.", name=required, found=tuple(names))
            raise Refused("no_header", text)
    if doubled := {name for name in names if name and names.count(name) > 1}:
        raise Refused("no_header", _("Spalten stehen doppelt in der Kopfzeile: {found}.", found=tuple(sorted(doubled))))
    for line, cells in rows:
        values = {name: _plain(cell) for name, cell in zip(names, cells, strict=False) if _filled(cell)}
        if len(cells) > len(names) and any(_filled(cell) for cell in cells[len(names) :]):
            text = _(
                "Die Zeile hat {found} Werte, die Kopfzeile {wanted} Spalten.", found=len(cells), wanted=len(names)
            )
            yield RawRow(line, values, Refused("too_many_cells", text))
        elif values:
            yield RawRow(line, {name: value for name, value in values.items() if not name.startswith(REFUSED)})


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _plain(cell: Any) -> Any:
    """A cell as the same value written in JSON would be."""
    if isinstance(cell, str):
        text = cell.strip()
        return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


_READERS: dict[str, Callable[[Source], Iterator[RawRow]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _separated,
    ".tsv": _separated,
    ".xlsx": _spreadsheet,
    ".ods": _spreadsheet,
}
FORMATS = tuple(_READERS)
