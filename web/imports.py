"""What a visitor may take in: rows of the own programmes, recorded in the own name."""

from domain.errors import Refused
from domain.texts import _
from projections.exchange.files import RawRow
from web.access import LEAD, present_visitor


def within_reach(row: RawRow, programme: str | None) -> RawRow:
    """The row, refused where the programme it names is none of the visitor's, or where it says that somebody else
    recorded it: who stands in the ledger is who was logged in."""
    visitor = present_visitor()
    if row.refused:
        return row
    named = str(row.values.get("programme") or programme or "")
    if named and not visitor.reaches(named, LEAD):
        text = _("Das Programm {key} gibt es nicht.", key=named[:40])
        return row._replace(refused=Refused("unknown_programme", text, field="programme"))
    if str(row.values.get("recorded_by") or visitor.code) != visitor.code:
        text = _("recorded_by kann hier nur das eigene Konto {account} sein.", account=visitor.code)
        return row._replace(refused=Refused("foreign_account", text, field="recorded_by"))
    return row
