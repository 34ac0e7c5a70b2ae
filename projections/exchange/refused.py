"""The rows an import refused, and what is told of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.errors import Refused
from projections.exchange.files import REFUSED, RawRow


class RefusedRow(NamedTuple):
    """A row that was not taken, with the reason."""

    row: RawRow
    why: Refused


def refused_table(refused: Sequence[RefusedRow], language: str) -> tuple[list[str], list[list[Any]]]:
    """Header and cells of the refused rows, each with its line, why, and what it held: to be put right and taken in
    again. It holds what the file holds."""
    columns = list(dict.fromkeys(name for row, _why in refused for name in row.values))
    header = [*(f"{REFUSED}{name}" for name in ("line", "code", "reason", "norm")), *columns]
    cells = [
        [
            *(row.line, why.code, why.text.in_language(language), why.norm.in_language(language) if why.norm else ""),
            *(row.values.get(name) for name in columns),
        ]
        for row, why in refused
    ]
    return header, cells
