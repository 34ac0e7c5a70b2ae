"""Figures at a Stichtag and Datenstand, and the rows behind each."""

from domain.facts import FigureValue, Value
from projections.balance.counting import parameters
from projections.balance.evidence import Evidence, EvidenceRow, evidence, positions_in
from projections.balance.figures import Balance, compute, reached_position

__all__ = [
    "Balance",
    "Evidence",
    "EvidenceRow",
    "FigureValue",
    "Value",
    "compute",
    "evidence",
    "parameters",
    "positions_in",
    "reached_position",
]
