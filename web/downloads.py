"""Tables as CSV and JSON at the address of their page; the name of the file says what it holds."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from flask import Response, request

from domain.errors import Refused
from domain.texts import _
from projections.exchange.files import neutralised

FORMATS = ("csv", "json")


def wanted_format(*more: str) -> str | None:
    """The format asked for by `?format=`; None is the page. Refused: one there is not."""
    form = request.args.get("format")
    if form and form not in (*FORMATS, *more):
        text = _(
            "Das Format {found} gibt es hier nicht; möglich sind {known}.", found=form[:20], known=(*FORMATS, *more)
        )
        raise Refused("bad_value", text, field="format")
    return form or None


def as_file(name: Sequence[object], form: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A table as a file; `name` are the parts of its name, such as programme, filter and Datenstand."""
    if form == "json":
        content = msgspec.json.encode([dict(zip(header, row, strict=True)) for row in rows])
        return attachment(content, name, form)
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([neutralised(_plain(cell)) for cell in row] for row in rows)
    return attachment(lines.getvalue().encode("utf-8-sig"), name, form)


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "zip": "application/zip",
    "txt": "text/plain; charset=utf-8",
    "tlog-proof": "text/plain; charset=utf-8",
    "vkey": "text/plain; charset=utf-8",
}


def attachment(content: bytes, name: Sequence[object], form: str) -> Response:
    """A file to keep."""
    said = "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", str(part)) for part in name if part not in (None, ""))
    response = Response(content, content_type=_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{said}.{form}"'
    return response


def _plain(value: Any) -> Any:
    """A cell as CSV has it."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None else msgspec.to_builtins(value)
