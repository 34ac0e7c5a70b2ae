"""Where somebody stands on a day, and what says so: one definition for the charts and for the list of journeys."""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a person stands on a day; of several that hold, the one named first here.

    An end is the first day without. `svp`: in a job subject to social insurance, a publicly funded one too.
    `training`: in vocational training or self-employed. `minijob`: in a minijob. `qualification`: in a qualification,
    begun and neither completed nor abandoned. `coaching`: enrolled and not exited, nothing of the above. `left`:
    exited, and nothing of the above.
    """

    SVP = "svp"
    TRAINING = "training"
    MINIJOB = "minijob"
    QUALIFICATION = "qualification"
    COACHING = "coaching"
    LEFT = "left"


class Spell(NamedTuple):
    """What puts somebody in a state: a row of a table, from one day to another, if a condition on `{row}` holds."""

    table: str
    start: str
    end: str
    condition: str = "1 = 1"


SPELLS: dict[State, Spell] = {
    State.SVP: Spell("placements", "started_on", "ended_on", "{row}.kind = 'svp'"),
    State.TRAINING: Spell("placements", "started_on", "ended_on", "{row}.kind IN ('ausbildung', 'selbstaendig')"),
    State.MINIJOB: Spell("placements", "started_on", "ended_on", "{row}.kind = 'minijob'"),
    State.QUALIFICATION: Spell("qualifications", "started_on", "ended_on"),
    State.COACHING: Spell("enrolments", "enrolled_on", "exited_on"),
}
"""The spells behind each state but `left`, in the order of precedence."""
