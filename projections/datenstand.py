"""The Datenstand somebody means, and the day one was reached."""

from datetime import date, datetime, time, timedelta

from domain.errors import Refused
from domain.journal import BERLIN, Journal
from domain.texts import _


def position_of(journal: Journal, datenstand: int | date | None) -> int:
    """The position a Datenstand means: itself, the last by the end of a day, or without one the present.

    Refused: one that is not there.
    """
    head = journal.head()
    if datenstand is None:
        return head
    if isinstance(datenstand, date):
        end = datetime.combine(datenstand + timedelta(days=1), time(), BERLIN)
        if not (position := journal.position_at(end - timedelta(microseconds=1))):
            text = _("Am {day} war noch nichts erfasst.", day=datenstand)
            raise Refused("unknown_datenstand", text, field="datenstand")
        return position
    if not 0 < datenstand <= head:
        text = _("Datenstand {found} gibt es nicht; möglich sind 1 bis {last}.", found=datenstand, last=head)
        raise Refused("unknown_datenstand", text, field="datenstand")
    return datenstand


def day_known(journal: Journal, datenstand: int) -> date | None:
    """The day the last entry behind a Datenstand was recorded, in Germany; None where the numbering has a gap."""
    entry = journal.entry_at(datenstand)
    return entry.recorded_at.astimezone(BERLIN).date() if entry else None
