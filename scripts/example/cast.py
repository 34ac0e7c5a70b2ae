"""Who gets which outcome: planned first, so that the headline figures hold exactly.

As known on the evening of the Stichtag | at the end of the ledger:

    placed_svp             41 in both + 3 withdrawn or corrected | + 2 late + 1 corrected  = 44
    placed_minijob_only    12 in both + 1 withdrawn + 1 now svp  | + 1 late + 1 was svp    = 14
    single_parents_in_svp   7 in both + 2 no longer              | + 1 late + 1 corrected  =  9
"""

from enum import StrEnum

from scripts.example.days import generator


class Part(StrEnum):
    """What becomes of a participant, as far as the interim balance asks."""

    SINGLE_MOTHER_IN_SVP = "single_mother_in_svp"
    SINGLE_PARENT_SVP_ENDED = "single_parent_svp_ended"
    SVP = "svp"
    SVP_AFTER_MINIJOB = "svp_after_minijob"
    SVP_TWICE = "svp_twice"
    MINIJOB = "minijob"
    AUSBILDUNG = "ausbildung"
    SELBSTAENDIG = "selbstaendig"

    # Headline figures that read otherwise later on
    END_REPORTED_LATE = "end_reported_late"
    CIRCUMSTANCES_REPORTED_LATE = "circumstances_reported_late"
    SINGLE_MOTHER_FOUND_LATE = "single_mother_found_late"
    SVP_REPORTED_LATE_SINGLE_MOTHER = "svp_reported_late_single_mother"
    SVP_REPORTED_LATE = "svp_reported_late"
    SVP_WITHDRAWN = "svp_withdrawn"
    SVP_BEGAN_LATER = "svp_began_later"
    SVP_WAS_MINIJOB = "svp_was_minijob"
    MINIJOB_WAS_SVP = "minijob_was_svp"
    MINIJOB_WITHDRAWN = "minijob_withdrawn"
    MINIJOB_REPORTED_LATE = "minijob_reported_late"

    # Nothing by the Stichtag
    ENROLMENT_REPORTED_LATE = "enrolment_reported_late"
    EXIT_REPORTED_LATE = "exit_reported_late"
    QUALIFICATION_CORRECTED = "qualification_corrected"
    ENROLLED_ANEW = "enrolled_anew"
    RETURNING = "returning"
    OVERRIDE_AGE = "override_age"
    OVERRIDE_MUNICIPALITY = "override_municipality"
    LATER_SVP = "later_svp"
    LATER_MINIJOB = "later_minijob"
    LATER_AUSBILDUNG = "later_ausbildung"
    LATER_SELBSTAENDIG = "later_selbstaendig"
    P16E = "p16e"
    P16I = "p16i"
    UNPLACED = "unplaced"


PARTICIPANTS = 240
ENROLLED_BY_STICHTAG = 170

_CAST: tuple[tuple[Part, int, range], ...] = (
    (Part.ENROLMENT_REPORTED_LATE, 1, range(170, 171)),
    (Part.SVP_TWICE, 1, range(5, 30)),
    (Part.END_REPORTED_LATE, 1, range(30, 90)),
    (Part.RETURNING, 2, range(20, 80)),
    (Part.SINGLE_PARENT_SVP_ENDED, 4, range(1, 90)),
    (Part.SVP_AFTER_MINIJOB, 6, range(1, 95)),
    (Part.EXIT_REPORTED_LATE, 1, range(30, 95)),
    (Part.SINGLE_MOTHER_IN_SVP, 7, range(1, 140)),
    (Part.CIRCUMSTANCES_REPORTED_LATE, 1, range(40, 130)),
    (Part.SINGLE_MOTHER_FOUND_LATE, 1, range(40, 130)),
    (Part.SVP_REPORTED_LATE_SINGLE_MOTHER, 1, range(60, 140)),
    (Part.SVP_REPORTED_LATE, 1, range(60, 140)),
    (Part.SVP_WITHDRAWN, 1, range(60, 140)),
    (Part.SVP_BEGAN_LATER, 1, range(60, 140)),
    (Part.SVP_WAS_MINIJOB, 1, range(60, 140)),
    (Part.MINIJOB_WAS_SVP, 1, range(60, 140)),
    (Part.MINIJOB_WITHDRAWN, 1, range(60, 140)),
    (Part.MINIJOB_REPORTED_LATE, 1, range(60, 140)),
    (Part.QUALIFICATION_CORRECTED, 1, range(80, 140)),
    (Part.SVP, 20, range(1, 140)),
    (Part.MINIJOB, 12, range(1, 140)),
    (Part.AUSBILDUNG, 6, range(1, 130)),
    (Part.SELBSTAENDIG, 3, range(1, 130)),
    (Part.ENROLLED_ANEW, 1, range(30, 160)),
    (Part.OVERRIDE_AGE, 1, range(30, 160)),
    (Part.OVERRIDE_MUNICIPALITY, 1, range(171, 220)),
    (Part.P16I, 6, range(60, 200)),
    (Part.P16E, 4, range(80, 220)),
    (Part.LATER_SVP, 34, range(60, 236)),
    (Part.LATER_MINIJOB, 13, range(70, 236)),
    (Part.LATER_AUSBILDUNG, 8, range(90, 200)),
    (Part.LATER_SELBSTAENDIG, 4, range(90, 230)),
)
"""How many of each, and from which participants, who are numbered by enrolment; the others go unplaced."""

_BREACHES = {Part.SELBSTAENDIG: 1, Part.MINIJOB: 2}
"""How many of a part go beyond a limit of `domain.law`, for a controller to find."""


def parts() -> dict[int, Part]:
    """The part of every participant, 1 to 240."""
    rng = generator("cast")
    cast = dict.fromkeys(range(1, PARTICIPANTS + 1), Part.UNPLACED)
    for part, count, numbers in _CAST:
        free = [number for number in numbers if cast[number] is Part.UNPLACED]
        cast.update(dict.fromkeys(rng.sample(free, count), part))
    return cast


def breaches(cast: dict[int, Part]) -> set[int]:
    """The participants with whom a limit is breached."""
    found: set[int] = set()
    for part, count in _BREACHES.items():
        found.update([number for number in sorted(cast) if cast[number] is part][:count])
    return found
