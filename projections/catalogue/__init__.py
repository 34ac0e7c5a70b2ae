"""The catalogues: every figure as data, with a digest that names the version."""

from projections.catalogue.catalogue import Catalogue
from projections.catalogue.esf import ESF_FIGURES, ESF_SELECTIONS
from projections.catalogue.figure import Figure, Measure, Part, Regime, Selection, Unit
from projections.catalogue.figures import FIGURES
from projections.catalogue.selections import SELECTIONS
from projections.rows import TRAITS

__all__ = ["CATALOGUES", "CORE", "ESF", "Catalogue", "Figure", "Measure", "Part", "Regime", "Selection", "Unit"]

CORE = Catalogue("core", FIGURES, SELECTIONS, TRAITS)
"""The figures of a programme's balance (DOMAIN.md section 5)."""
ESF = Catalogue("esf", ESF_FIGURES, ESF_SELECTIONS, ("gender",))
"""The common indicators of the ESF+, by women, men and non-binary persons."""
CATALOGUES = {catalogue.name: catalogue for catalogue in (CORE, ESF)}
