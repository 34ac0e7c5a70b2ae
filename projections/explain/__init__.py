"""Why two balances of a programme differ."""

from projections.explain.entries import Cause, Event
from projections.explain.explanation import CellChange, Effect, Explanation, Part, Point, explain

__all__ = ["Cause", "CellChange", "Effect", "Event", "Explanation", "Part", "Point", "explain"]
