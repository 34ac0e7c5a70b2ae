"""The catalogue: every figure as data, with a digest that names its version."""

from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

import msgspec

from domain.errors import NotFound
from domain.texts import _
from projections.catalogue.figure import Figure, Measure, Part, Selection, Unit
from projections.catalogue.figures import FIGURES
from projections.catalogue.selections import SELECTIONS

__all__ = ["CORE", "Catalogue", "Figure", "Measure", "Part", "Selection", "Unit"]


class _Content(NamedTuple):
    name: str
    figures: tuple[Figure, ...]
    selections: dict[str, Selection]


class Catalogue(_Content):
    """A set of figures and the selections they measure."""

    def figure(self, code: str) -> Figure:
        """The figure with a code. Refused (`NotFound`): none has it."""
        for figure in self.figures:
            if figure.code == code:
                return figure
        known = tuple(figure.code for figure in self.figures)
        raise NotFound(
            "unknown_figure", _("Die Kennzahl {code} gibt es nicht. Es gibt: {known}.", code=code, known=known)
        )

    @cached_property
    def version(self) -> str:
        """Name and digest over every definition and every SELECT: another digest, another definition."""
        figures = [
            (
                figure.code,
                figure.title.german,
                figure.definition.german,
                figure.source,
                figure.unit,
                figure.part,
                figure.per,
                figure.scale,
                figure.valid_from,
                figure.valid_until,
            )
            for figure in self.figures
        ]
        content = msgspec.json.encode([self.name, figures, self.selections], order="sorted")
        return f"{self.name}:{sha256(content).hexdigest()[:16]}"


CORE = Catalogue("core", FIGURES, SELECTIONS)
