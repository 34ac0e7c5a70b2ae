"""The catalogues: every figure as data, with a digest that names the version."""

from projections.catalogue.catalogue import Catalogue
from projections.catalogue.figure import Figure, Measure, Part, Regime, Selection, Unit
from projections.catalogue.figures import FIGURES
from projections.catalogue.selections import SELECTIONS
from projections.rows import TRAITS

__all__ = ["CATALOGUES", "CORE", "Catalogue", "Figure", "Measure", "Part", "Regime", "Selection", "Unit"]

CORE = Catalogue("core", FIGURES, SELECTIONS, TRAITS)
"""The figures of a programme's balance (DOMAIN.md section 5)."""
CATALOGUES = {catalogue.name: catalogue for catalogue in (CORE,)}
