"""The common indicators of the ESF+ as SELECTs: Regulation (EU) 2021/1057, Annex I, points 1.1, 3 and 4.

A person is counted once, with what was said at the first enrolment in the programme begun by the Stichtag. Results are
those of persons who have left and not come back by then; of several exits the last counts. "Upon leaving" is how it
was at the end of the 28 days after the exit: of several changes the last counts. docs/esf.md says why.
"""

from domain.texts import Text, _
from projections.catalogue.figure import Figure, Part, Regime, Selection, Unit
from projections.catalogue.selections import at, known, of

# --- who: the first enrolment, and the exit that counts -------------------------------------------------------

_FIRST = (
    f"{known('f')} AND f.enrolled_on <= :stichtag AND (f.participation = 1 OR NOT EXISTS (SELECT 1 FROM enrolments b "
    f"WHERE b.participant = f.participant AND {known('b')} AND b.enrolled_on <= :stichtag "
    "AND b.participation < f.participation))"
)
_LEFT = (
    f"{known('e')} AND e.exited_on <= :stichtag AND NOT EXISTS (SELECT 1 FROM enrolments o "
    f"WHERE o.participant = e.participant AND {known('o')} AND o.enrolled_on <= :stichtag AND (o.exited_on IS NULL "
    "OR (o.exited_on, o.participation) > (e.exited_on, e.participation)))"
)
_NOT_IN_WORK = "f.labour_status IN ('unemployed', 'long_term_unemployed', 'inactive')"


def _entering(condition: str) -> Selection:
    """Persons by what was said at their first enrolment."""
    return Selection(f"{of('f')} FROM enrolments f WHERE {_FIRST} AND {condition}")


def _leaving(joined: str, row: str, condition: str) -> str:
    """Persons who left, by what a joined row says; behind each are the exit, the first enrolment and that row."""
    return (
        f"{of('e', entries=f'e.entries || f.entries || {row}.entries')} FROM enrolments e "
        f"JOIN enrolments f ON f.participant = e.participant AND {_FIRST} {joined} WHERE {_LEFT} AND {condition}"
    )


# --- what tells how it was: follow-up checks, else placements and qualifications ------------------------------

_UPON_LEAVING = "CASE WHEN e.left_until < :stichtag THEN e.left_until ELSE :stichtag END"
_STATUS, _IMPROVED = "{c}.status <> 'unknown'", "{c}.improved IS NOT NULL"
_IN_WORK = "c.status IN ('svp', 'minijob', 'selbstaendig', 'ausbildung', 'publicly_funded')"


def _checks(row: str, since: str, until: str, telling: str) -> str:
    """Follow-up checks on the participation left, by the Stichtag and between two days, that tell something."""
    return (
        f"{row}.stream = e.stream AND {known(row)} AND {telling.format(c=row)} "
        f"AND {row}.checked_on >= {since} AND {row}.checked_on <= {until} AND {row}.checked_on <= :stichtag"
    )


def _check(since: str, until: str, telling: str, prior: str) -> str:
    """The one check `c` that no other `n` is prior to; of two on one day the one entered last counts."""
    return (
        f"JOIN whereabouts c ON {_checks('c', since, until, telling)} "
        f"AND NOT EXISTS (SELECT 1 FROM whereabouts n WHERE {_checks('n', since, until, telling)} AND ({prior} "
        "OR (n.checked_on = c.checked_on AND n.entry > c.entry)))"
    )


def _unchecked(since: str, until: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM whereabouts n WHERE {_checks('n', since, until, _STATUS)})"


def _placement(row: str, day: str) -> str:
    """A placement of the person in the programme that covers a day."""
    return f"{row}.participant = e.participant AND {known(row)} AND {at(row, day, 'started_on', 'ended_on')}"


def _still(another: str) -> str:
    """The job a check found did not end after it within the four weeks, or another one covers their end."""
    return (
        f"(NOT EXISTS (SELECT 1 FROM placements x WHERE {_placement('x', 'c.checked_on')} "
        "AND (x.kind = c.status OR (c.status = 'publicly_funded' AND x.scheme IN ('p16i', 'p16d'))) "
        f"AND x.ended_on <= {_UPON_LEAVING}) "
        f"OR EXISTS (SELECT 1 FROM placements y WHERE {_placement('y', _UPON_LEAVING)} AND {another}))"
    )


_LAST_CHECK = _check("e.exited_on", "e.left_until", _STATUS, "n.checked_on > c.checked_on")
_NO_CHECK = _unchecked("e.exited_on", "e.left_until")


def _half_year_check(telling: str) -> str:
    """The check nearest to the day six months after the exit, on that day or in the four weeks after it."""
    return _check("e.half_year_on", "e.half_year_until", telling, "n.checked_on < c.checked_on")


# --- the selections -------------------------------------------------------------------------------------------

ESF_SELECTIONS: dict[str, Selection] = {
    "EECO01": _entering("1 = 1"),
    "EECO02": _entering("f.labour_status IN ('unemployed', 'long_term_unemployed')"),
    "EECO03": _entering("f.labour_status = 'long_term_unemployed'"),
    "EECO04": _entering("f.labour_status = 'inactive'"),
    "EECO05": _entering("f.labour_status = 'employed'"),
    "EECO06": _entering("f.age < 18"),
    "EECO07": _entering("f.age BETWEEN 18 AND 29"),
    "EECO08": _entering("f.age >= 55"),
    "EECO09": _entering("f.education IN ('none', 'isced_0_2')"),
    "EECO10": _entering("f.education = 'isced_3_4'"),
    "EECO11": _entering("f.education = 'isced_5_8'"),
    "EECR01": Selection(_leaving(_LAST_CHECK, "c", "f.labour_status = 'inactive' AND c.status = 'job_seeking'")),
    "EECR02": Selection(
        _leaving(
            _LAST_CHECK,
            "c",
            "(c.status = 'qualification' OR (c.status = 'ausbildung' AND " + _still("y.kind = 'ausbildung'") + "))",
        )
        + " UNION ALL "
        + _leaving(f"JOIN placements p ON {_placement('p', _UPON_LEAVING)} AND p.kind = 'ausbildung'", "p", _NO_CHECK)
        + " UNION ALL "
        + _leaving(
            f"JOIN qualifications q ON q.participant = e.participant AND {known('q')} "
            f"AND {at('q', _UPON_LEAVING, 'started_on', 'ended_on')}",
            "q",
            _NO_CHECK,
        )
    ),
    "EECR03": Selection(
        _leaving(
            f"JOIN qualifications q ON q.participant = e.participant AND {known('q')} "
            f"AND q.outcome = 'completed' AND q.certificate = 1 AND q.ended_on <= {_UPON_LEAVING}",
            "q",
            "1 = 1",
        )
    ),
    "EECR04": Selection(
        _leaving(_LAST_CHECK, "c", f"{_NOT_IN_WORK} AND {_IN_WORK} AND {_still('1 = 1')}")
        + " UNION ALL "
        + _leaving(f"JOIN placements p ON {_placement('p', _UPON_LEAVING)}", "p", f"{_NOT_IN_WORK} AND {_NO_CHECK}")
    ),
    "EECR05": Selection(
        _leaving(_half_year_check(_STATUS), "c", f"{_NOT_IN_WORK} AND {_IN_WORK}")
        + " UNION ALL "
        + _leaving(
            f"JOIN placements p ON {_placement('p', 'e.half_year_on')}",
            "p",
            f"{_NOT_IN_WORK} AND e.half_year_on <= :stichtag AND {_unchecked('e.half_year_on', 'e.half_year_until')}",
        )
    ),
    "EECR06": Selection(
        _leaving(_half_year_check(_IMPROVED), "c", f"f.labour_status = 'employed' AND {_IN_WORK} AND c.improved = 1")
    ),
}

# --- the figures ----------------------------------------------------------------------------------------------


def _indicator(code: str, title: Text, definition: Text) -> Figure:
    source = f"Verordnung (EU) 2021/1057, Anhang I, {code}"
    return Figure(code, title, definition, source, Unit.PERSONS, Regime.ESF, Part(code))


ESF_FIGURES: tuple[Figure, ...] = (
    _indicator(
        "EECO01",
        _("Teilnehmende insgesamt"),
        _("Personen mit einer Aufnahme bis zum Stichtag, jede einmal; alle Angaben sind die der ersten Aufnahme."),
    ),
    _indicator(
        "EECO02",
        _("Arbeitslose, auch Langzeitarbeitslose"),
        _("Personen, die bei der ersten Aufnahme arbeitslos waren, die langzeitarbeitslosen eingeschlossen."),
    ),
    _indicator(
        "EECO03",
        _("Langzeitarbeitslose"),
        _("Personen, die bei der ersten Aufnahme langzeitarbeitslos waren; sie zählen auch bei den Arbeitslosen."),
    ),
    _indicator(
        "EECO04",
        _("Nichterwerbstätige"),
        _("Personen, die bei der ersten Aufnahme weder arbeiteten noch arbeitslos waren."),
    ),
    _indicator(
        "EECO05",
        _("Erwerbstätige, auch Selbständige"),
        _("Personen, die bei der ersten Aufnahme arbeiteten, auch selbständig."),
    ),
    _indicator(
        "EECO06",
        _("Unter 18 Jahren"),
        _("Personen, die bei der ersten Aufnahme das 18. Lebensjahr nicht vollendet hatten."),
    ),
    _indicator("EECO07", _("18 bis 29 Jahre"), _("Personen, die bei der ersten Aufnahme 18 bis 29 Jahre alt waren.")),
    _indicator(
        "EECO08", _("55 Jahre und älter"), _("Personen, die bei der ersten Aufnahme mindestens 55 Jahre alt waren.")
    ),
    _indicator(
        "EECO09",
        _("Höchstens Sekundarstufe I (ISCED 0–2)"),
        _("Personen mit höchstens einem Abschluss der Sekundarstufe I bei der ersten Aufnahme, auch ohne Abschluss."),
    ),
    _indicator(
        "EECO10",
        _("Sekundarstufe II oder postsekundäre Bildung (ISCED 3–4)"),
        _("Personen mit einem Abschluss der Sekundarstufe II oder postsekundärer Bildung bei der ersten Aufnahme."),
    ),
    _indicator(
        "EECO11",
        _("Tertiäre Bildung (ISCED 5–8)"),
        _("Personen mit einem Abschluss tertiärer Bildung bei der ersten Aufnahme."),
    ),
    _indicator(
        "EECR01",
        _("Nach Austritt auf Arbeitsuche"),
        _(
            "Bei Aufnahme nichterwerbstätige, bis zum Stichtag ausgetretene Personen, die bei der letzten "
            "Verbleibsabfrage in den 28 Tagen nach dem Austritt Arbeit suchten."
        ),
    ),
    _indicator(
        "EECR02",
        _("Nach Austritt in schulischer oder beruflicher Bildung"),
        _(
            "Bis zum Stichtag ausgetretene Personen, die sich nach der letzten Verbleibsabfrage in den 28 Tagen nach "
            "dem Austritt in Ausbildung oder Qualifizierung befanden; ohne Abfrage am letzten dieser Tage."
        ),
    ),
    _indicator(
        "EECR03",
        _("Nach Austritt mit erlangter Qualifizierung"),
        _(
            "Bis zum Stichtag ausgetretene Personen, die zwischen Aufnahme und dem 28. Tag nach dem Austritt eine "
            "Qualifizierung mit Zertifikat abgeschlossen haben."
        ),
    ),
    _indicator(
        "EECR04",
        _("Nach Austritt erwerbstätig, auch selbständig"),
        _(
            "Bei Aufnahme arbeitslose oder nichterwerbstätige, bis zum Stichtag ausgetretene Personen, die nach der "
            "letzten Verbleibsabfrage in den 28 Tagen nach dem Austritt arbeiteten; ohne Abfrage am letzten dieser "
            "Tage."
        ),
    ),
    _indicator(
        "EECR05",
        _("Sechs Monate nach Austritt erwerbstätig, auch selbständig"),
        _(
            "Bei Aufnahme arbeitslose oder nichterwerbstätige Personen, die sechs Monate nach dem Austritt arbeiteten: "
            "nach der ersten Verbleibsabfrage an diesem Tag oder in den 28 Tagen danach, ohne Abfrage an diesem Tag."
        ),
    ),
    _indicator(
        "EECR06",
        _("Sechs Monate nach Austritt in besserer Lage auf dem Arbeitsmarkt"),
        _(
            "Bei Aufnahme erwerbstätige Personen, deren Arbeit nach der ersten Verbleibsabfrage sechs Monate nach dem "
            "Austritt oder in den 28 Tagen danach besser war als bei Aufnahme."
        ),
    ),
)
