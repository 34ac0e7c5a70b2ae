"""The indicators of the ESF+ counted a second time, in plain Python, straight from the rows of an import file.

Written from docs/esf.md alone; nothing of the product is imported here, so that an agreement means something.

    results(rows, date(2018, 2, 19))["EECR04"]   # the persons counted, each with the gender at the first entry
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Row = Mapping[str, Any]
IN_WORK = ("svp", "minijob", "selbstaendig", "ausbildung", "publicly_funded")
NOT_IN_WORK = ("unemployed", "long_term_unemployed", "inactive")
FOUR_WEEKS = timedelta(days=28)


def results(rows: Iterable[Row], at: date) -> dict[str, dict[str, str]]:
    """For every indicator the persons it counts and their gender."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    told: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        told[row["participant"]].append(row)
    for person, steps in told.items():
        numbers = sorted({row["participation"] for row in steps})
        stays = [_Stay([row for row in steps if row["participation"] == number]) for number in numbers]
        begun = [stay for stay in stays if stay.enrolled <= at]
        if begun:
            for code in [*_outputs(begun[0].entry), *_results(begun, at)]:
                found[code][person] = begun[0].entry["gender"]
    return found


def day(row: Row) -> date:
    return date.fromisoformat(row["on"])


class _Stay:
    """One participation."""

    def __init__(self, steps: list[Row]) -> None:
        (self.entry,) = (row for row in steps if row["step"] == "enrolled")
        self.enrolled = day(self.entry)
        self.exit = next((day(row) for row in steps if row["step"] == "exited"), None)
        self.checks = [row for row in steps if row["step"] == "whereabouts_recorded"]
        self.jobs = self._spells(steps, "placement_started", ("placement_ended",))
        courses = ("qualification_completed", "qualification_abandoned")
        self.courses = self._spells(steps, "qualification_started", courses)

    @staticmethod
    def _spells(steps: list[Row], start: str, ends: tuple[str, ...]) -> list[tuple[Row, Row | None]]:
        closing = {row["ref"]: row for row in steps if row["step"] in ends}
        return [(row, closing.get(row["ref"])) for row in steps if row["step"] == start]


def _outputs(entry: Row) -> list[str]:
    codes = ["EECO01"]
    status, age, education = entry.get("labour_status"), entry["age"], entry["education"]
    codes += ["EECO02"] if status in ("unemployed", "long_term_unemployed") else []
    codes += ["EECO03"] if status == "long_term_unemployed" else []
    codes += ["EECO04"] if status == "inactive" else []
    codes += ["EECO05"] if status == "employed" else []
    codes += ["EECO06"] if age < 18 else ["EECO07"] if age < 30 else ["EECO08"] if age > 54 else []
    levels = {"none": "EECO09", "isced_0_2": "EECO09", "isced_3_4": "EECO10", "isced_5_8": "EECO11"}
    return codes + ([levels[education]] if education in levels else [])


def _covering(spells: list[tuple[Row, Row | None]], on: date) -> list[tuple[Row, Row | None]]:
    return [(start, end) for start, end in spells if day(start) <= on and (end is None or day(end) > on)]


def _results(begun: list[_Stay], at: date) -> list[str]:
    if any(stay.exit is None or stay.exit > at for stay in begun):
        return []
    last = max(enumerate(begun), key=lambda item: (item[1].exit, item[0]))[1]
    assert last.exit is not None
    status = begun[0].entry.get("labour_status")
    jobs = [spell for stay in begun for spell in stay.jobs]
    courses = [spell for stay in begun for spell in stay.courses]
    end = min(last.exit + FOUR_WEEKS, at)
    known = [row for row in last.checks if last.exit <= day(row) <= end and row["status"] != "unknown"]
    if known:
        searching, learning, working = _said(
            max(enumerate(known), key=lambda item: (day(item[1]), item[0]))[1], jobs, end
        )
    else:
        searching, working = False, bool(_covering(jobs, end))
        trained = [spell for spell in _covering(jobs, end) if spell[0]["kind"] == "ausbildung"]
        learning = bool(trained or _covering(courses, end))
    codes = ["EECR01"] if searching and status == "inactive" else []
    codes += ["EECR02"] if learning else []
    gained = [stop for _start, stop in courses if stop and stop["step"] == "qualification_completed"]
    codes += ["EECR03"] if any(stop["certificate"] and day(stop) <= end for stop in gained) else []
    codes += ["EECR04"] if working and status in NOT_IN_WORK else []
    return codes + _later(last, status, jobs, at)


def _said(check: Row, jobs: list[tuple[Row, Row | None]], end: date) -> tuple[bool, bool, bool]:
    """Whether somebody searches, learns and works, by a check and the end of the job it found."""
    found = check["status"]

    def is_that(start: Row) -> bool:
        return start["kind"] == found or (found == "publicly_funded" and start.get("scheme") in ("p16i", "p16d"))

    lost = any(is_that(start) and stop and day(stop) <= end for start, stop in _covering(jobs, day(check)))
    others = [start["kind"] for start, _stop in _covering(jobs, end)]
    return (
        found == "job_seeking",
        found == "qualification" or (found == "ausbildung" and (not lost or "ausbildung" in others)),
        found in IN_WORK and (not lost or bool(others)),
    )


def _later(last: _Stay, status: str | None, jobs: list[tuple[Row, Row | None]], at: date) -> list[str]:
    assert last.exit is not None
    year, month = divmod(last.exit.year * 12 + last.exit.month - 1 + 6, 12)
    then = date(year, month + 1, min(last.exit.day, monthrange(year, month + 1)[1]))
    if then > at:
        return []
    checks = [row for row in last.checks if then <= day(row) <= min(then + FOUR_WEEKS, at)]
    checks = [row for _place, row in sorted(enumerate(checks), key=lambda item: (day(item[1]), -item[0]))]
    known = [row for row in checks if row["status"] != "unknown"]
    working = known[0]["status"] in IN_WORK if known else bool(_covering(jobs, then))
    codes = ["EECR05"] if working and status in NOT_IN_WORK else []
    telling = [row for row in checks if row.get("improved") is not None]
    better = bool(telling) and telling[0]["improved"] and telling[0]["status"] in IN_WORK
    return codes + (["EECR06"] if better and status == "employed" else [])
