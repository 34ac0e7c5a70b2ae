"""Persons of a file are found by their name afterwards, as by their number."""

from uuid import UUID

from taking import Desk, enrolled, missed

from domain.vault import OWN_KEY


def found(desk: Desk, text: str) -> list[UUID]:
    return desk.stores.vault.find_by_name(text)


def test_persons_of_a_file_are_found_by_name(desk: Desk) -> None:
    """An enrolment with a name: stored, corrected to another name, refused, and only tried (`--dry-run`)."""
    first = enrolled(id="1", name="Beispielperson Erstwort")
    desk.take(first, enrolled("B"), missed("2017-01-03"))
    person = desk.stores.vault.find(OWN_KEY, "A")
    assert found(desk, "erst beispiel") == [person]
    for again in ({"dry_run": True, "corrections": True}, {}):
        desk.take({**first, "name": "Beispielperson Zweitwort"}, **again)
        assert (found(desk, "erstwort"), found(desk, "zweitwort")) == ([person], [])
    assert desk.take({**first, "name": "Beispielperson Zweitwort"}, corrections=True).corrected == 1
    assert (found(desk, "erstwort"), found(desk, "zweitwort")) == ([], [person])
    report = desk.take(
        enrolled("C", age=99, name="Beispielperson Drittwort"), enrolled("D", name="Bleibt"), partial=True
    )
    assert len(report.refused) == 1
    assert (found(desk, "drittwort"), len(found(desk, "bleibt"))) == ([], 1)


def test_text_that_cannot_be_stored_is_refused_by_row(desk: Desk) -> None:
    """NUL in a sealed text refuses its row, naming the field."""
    (refused,) = desk.take(enrolled(name="Beispiel\0person"), enrolled("B"), partial=True).refused
    assert (refused.row.line, refused.why.code, refused.why.field) == (1, "bad_value", "name")
    assert desk.people == 1
