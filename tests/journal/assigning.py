"""A process of its own that assigns participants to one coach: `test_concurrency.py` starts many at once.

It opens the ledger, says so by a line, waits for a line, and then prints the answer to every assignment.
Arguments: the ledger's file or URL, and the journeys.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

from domain import commands
from domain.errors import Refused
from domain.facts import CoachAssigned
from domain.journal import Journal, Request, StoreAddress

STEP = CoachAssigned(happened_on=date(2016, 3, 4), coach="C1")


def assign(journal: Journal, journey: UUID) -> str:
    """Assign one; "assigned" or the code of the refusal."""
    request = Request(id=uuid4(), by="tester", now=datetime(2018, 2, 19, tzinfo=UTC))
    try:
        journal.act(lambda streams: commands.record(streams, journey, STEP), request)
    except Refused as refused:
        return refused.code
    return "assigned"


def main(place: str, *journeys: str) -> None:
    """Assign them one after the other, starting with all the other processes."""
    address = StoreAddress(url=place) if "://" in place else StoreAddress(file=Path(place))
    with Journal(address) as journal:
        journal.head()
        print("ready", flush=True)
        sys.stdin.readline()
        for journey in journeys:
            print(assign(journal, UUID(journey)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
