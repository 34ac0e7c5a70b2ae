"""What of one person counts in which counting regime, and why or why not."""

from projections.regimes.reasons import Counted
from projections.regimes.things import Thing, ThingKind
from projections.regimes.verdicts import Verdict, regimes_of

__all__ = ["Counted", "Thing", "ThingKind", "Verdict", "regimes_of"]
