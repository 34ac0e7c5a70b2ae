"""The example programme: 240 made-up journeys whose interim balance is the one DOMAIN.md section 1 starts from."""

from scripts.example.course import PROGRAMME
from scripts.example.days import INTERIM_STICHTAG
from scripts.example.office import write_example

__all__ = ["INTERIM_STICHTAG", "PROGRAMME", "write_example"]
