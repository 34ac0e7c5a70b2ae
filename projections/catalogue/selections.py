"""The selections of the core catalogue: what each figure counts, as SQL for SQLite and PostgreSQL alike."""

from projections.catalogue.figure import Selection


def known(row: str) -> str:
    """The row was known at the Datenstand, and is of the programme."""
    return (
        f"{row}.programme = :programme AND {row}.known_from <= :datenstand "
        f"AND ({row}.known_until IS NULL OR {row}.known_until > :datenstand)"
    )


def of(row: str, unit: str = "", category: str = "NULL", value: str = "1", entries: str = "") -> str:
    """The columns of a selection; without a `unit`, a person is counted once."""
    return (
        f"SELECT {unit or row + '.participant'} AS unit, {row}.participant, {row}.stream, {_traits(row)} AS traits, "
        f"{category} AS category, {value} AS value, {entries or row + '.entries'} AS entries"
    )


def _traits(row: str) -> str:
    """The person's one combination of traits: of several participations begun by the Stichtag, those at the first."""
    return (
        f"CASE WHEN {row}.traits < '002' THEN {row}.traits ELSE (SELECT min(first.traits) FROM enrolments first "
        f"WHERE first.participant = {row}.participant AND {known('first')} AND first.enrolled_on <= :stichtag) END"
    )


def at(row: str, day: str, start: str, end: str) -> str:
    """The row's interval covers a day; its end is the first day without."""
    return f"{row}.{start} <= {day} AND ({row}.{end} IS NULL OR {row}.{end} > {day})"


def _placed(condition: str) -> Selection:
    return Selection(f"{of('p')} FROM placements p WHERE {known('p')} AND p.started_on <= :stichtag AND {condition}")


_PERSON_MONTH = "CAST(p.participant AS TEXT) || '/' || substr(CAST(p.started_on AS TEXT), 1, 7)"
_SVP_INTEGRATION = "p.kind = 'svp' AND p.scheme NOT IN ('p16i', 'p16d')"
_INTEGRATION = f"(({_SVP_INTEGRATION}) OR p.kind IN ('ausbildung', 'selbstaendig'))"
_LAST_YEAR = "p.started_on > :year_before AND p.started_on <= :stichtag"


def _entries_of_last_year(condition: str) -> Selection:
    """Person-months of the last twelve months with a start of that kind."""
    return Selection(f"{of('p', _PERSON_MONTH)} FROM placements p WHERE {known('p')} AND {_LAST_YEAR} AND {condition}")


def _active_days(covered: str) -> str:
    """On how many of the twelve days :day_0 … :day_11 a condition on `{day}` holds."""
    return " + ".join(f"CASE WHEN {covered.format(day=f':day_{n}')} THEN 1 ELSE 0 END" for n in range(12))


_ACTIVE = at("e", "{day}", "enrolled_on", "exited_on")
_SINGLE_PARENT = at("c", "{day}", "from_on", "until_on") + " AND c.single_parent = 1"
_IN_CARE = f"FROM care k WHERE {known('k')} AND {at('k', ':stichtag', 'from_on', 'until_on')}"
_IN_LAST_YEAR = "e.enrolled_on <= :stichtag AND (e.exited_on IS NULL OR e.exited_on > :day_11)"

SELECTIONS: dict[str, Selection] = {
    "enrolled": Selection(f"{of('e')} FROM enrolments e WHERE {known('e')} AND e.enrolled_on <= :stichtag"),
    "active": Selection(
        f"{of('e')} FROM enrolments e WHERE {known('e')} AND {at('e', ':stichtag', 'enrolled_on', 'exited_on')}"
    ),
    "sessions": Selection(
        f"{of('s', value='s.minutes')} FROM sessions s WHERE {known('s')} AND s.held_on <= :stichtag",
        distinct=False,
    ),
    "coached": Selection(f"{of('s')} FROM sessions s WHERE {known('s')} AND s.held_on <= :stichtag"),
    "qualifications_started": Selection(
        f"{of('q')} FROM qualifications q WHERE {known('q')} AND q.started_on <= :stichtag", distinct=False
    ),
    "qualifications_completed": Selection(
        f"{of('q')} FROM qualifications q WHERE {known('q')} AND q.outcome = 'completed' AND q.ended_on <= :stichtag",
        distinct=False,
    ),
    "qualified": Selection(
        f"{of('q')} FROM qualifications q WHERE {known('q')} AND q.outcome = 'completed' AND q.ended_on <= :stichtag"
    ),
    "placed_svp": _placed("p.kind = 'svp'"),
    "placed_minijob_only": _placed(
        "p.kind = 'minijob' AND NOT EXISTS (SELECT 1 FROM placements o WHERE o.participant = p.participant "
        f"AND {known('o')} AND o.kind = 'svp' AND o.started_on <= :stichtag)"
    ),
    "placed_ausbildung": _placed("p.kind = 'ausbildung'"),
    "placed_selbstaendig": _placed("p.kind = 'selbstaendig'"),
    "placed_any": _placed("1 = 1"),
    "single_parents_in_svp": Selection(
        f"{of('p', entries='p.entries || c.entries')} "
        f"FROM placements p JOIN circumstances c ON c.participant = p.participant AND {known('c')} "
        f"WHERE {known('p')} AND p.kind = 'svp' AND {at('p', ':stichtag', 'started_on', 'ended_on')} "
        f"AND {_SINGLE_PARENT.format(day=':stichtag')} "
        # what was said last of the person counts, on whichever participation
        f"AND NOT EXISTS (SELECT 1 FROM circumstances o WHERE o.participant = c.participant AND {known('o')} "
        f"AND {at('o', ':stichtag', 'from_on', 'until_on')} AND (o.from_on, o.traits) > (c.from_on, c.traits))"
    ),
    "funded": Selection(
        f"{of('f', value='f.amount_cents')} FROM fundings f WHERE {known('f')} AND f.granted_on <= :stichtag"
    ),
    "exits": Selection(
        f"{of('e', category='e.exit_reason')} FROM enrolments e WHERE {known('e')} AND e.exited_on <= :stichtag "
        f"AND NOT EXISTS (SELECT 1 FROM enrolments o WHERE o.participant = e.participant AND {known('o')} "
        "AND o.exited_on <= :stichtag AND (o.exited_on > e.exited_on "
        "OR (o.exited_on = e.exited_on AND o.participation > e.participation)))",
        category="reason",
    ),
    "in_care": Selection(
        f"{of('k', category='k.coach')} {_IN_CARE}",
        category="coach",
        by_traits=False,
    ),
    "integrations": _entries_of_last_year(_INTEGRATION),
    "minijob_entries": _entries_of_last_year("p.kind = 'minijob'"),
    "publicly_funded_entries": _entries_of_last_year("p.scheme IN ('p16i', 'p16d')"),
    "active_days": Selection(
        f"{of('e', value=_active_days(_ACTIVE))} FROM enrolments e WHERE {known('e')} AND {_IN_LAST_YEAR}",
        distinct=False,
    ),
    "integrations_single_parents": Selection(
        f"{of('p', _PERSON_MONTH, entries='p.entries || c.entries')} "
        f"FROM placements p JOIN circumstances c ON c.stream = p.stream AND {known('c')} "
        f"AND {_SINGLE_PARENT.format(day='p.started_on')} "
        f"WHERE {known('p')} AND {_LAST_YEAR} AND {_INTEGRATION}"
    ),
    "active_days_single_parents": Selection(
        f"{of('e', value=_active_days(f'{_ACTIVE} AND {_SINGLE_PARENT}'), entries='e.entries || c.entries')} "
        f"FROM enrolments e JOIN circumstances c ON c.stream = e.stream AND {known('c')} AND c.single_parent = 1 "
        f"WHERE {known('e')} AND {_IN_LAST_YEAR}",
        distinct=False,
    ),
    "sustained": Selection(
        # Every svp Integration, beside it the svp jobs of the person that may cover the six month ends after it.
        # A job that lasts beyond the sixth covers them all; otherwise a month end without any job is looked for.
        of(
            "p",
            _PERSON_MONTH,
            category="CASE WHEN p.ended_on <= sixth.last_on AND EXISTS (SELECT 1 FROM months m "
            "WHERE m.month BETWEEN p.started_month + 1 AND p.started_month + 6 AND m.last_on <= :stichtag "
            "AND NOT EXISTS (SELECT 1 FROM placements o WHERE o.participant = p.participant AND o.kind = 'svp' "
            f"AND {at('o', 'm.last_on', 'started_on', 'ended_on')} AND {known('o')})) THEN 'no' "
            "WHEN sixth.last_on <= :stichtag THEN 'yes' ELSE 'pending' END",
            entries="p.entries || coalesce(j.entries, '')",
        )
        + " FROM placements p JOIN months sixth ON sixth.month = p.started_month + 6 "
        "LEFT JOIN placements j ON j.participant = p.participant AND j.kind = 'svp' "
        "AND (j.ref <> p.ref OR j.stream <> p.stream) "
        f"AND {known('j')} AND j.started_on <= sixth.last_on AND j.started_on <= :stichtag "
        "AND (j.ended_on IS NULL OR j.ended_on > p.started_on) "
        f"WHERE {known('p')} AND {_SVP_INTEGRATION} AND p.started_on <= :stichtag",
    ),
}
