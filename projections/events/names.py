"""The pseudonyms of one audit: persons and journeys under other ids, and the way back as long as its key is there.

A journey's id follows from its participant's, and so does that of the mark an erasure leaves; all three would tell the
same person from one audit to the next, so all three are replaced: on pages, in addresses, in the stored text of an
entry. An entry is addressed by its position. Who destroys the key at the end of the audit makes the pseudonyms
worthless; the positions an auditor noted still name the entries, as they are meant to.
"""

from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.terms import register_stream
from domain.texts import _
from projections.events.browsing import Page
from projections.events.listed import Listed
from projections.events.telling import Told
from projections.exchange.pseudonyms import Pseudonyms
from projections.read_model import ReadModel

_COLUMNS = {"participant": "participant", "journey": "stream"}


class AuditNames:
    """The pseudonyms under one key of 32 bytes, made for one audit and kept only as long as it.

    The way back is looked for among all enrolments (a few microseconds each), once, and again when a pseudonym is not
    among them and the read model has moved on. To be kept for the length of the audit, by each process for itself.
    """

    def __init__(self, key: bytes) -> None:
        self._pseudonyms = Pseudonyms(key)
        self._back: dict[str, tuple[int, dict[str, str]]] = {}

    # --- there and back -----------------------------------------------------------------------

    def participant(self, participant: UUID | str) -> str:
        """The pseudonym of a participant; it has the form of a UUID."""
        return self._pseudonyms.of("participant", str(participant))

    def journey(self, journey: UUID | str) -> str:
        """The pseudonym of a journey."""
        return self._pseudonyms.of("journey", str(journey))

    def participant_of(self, model: ReadModel, pseudonym: str) -> UUID:
        """Who has the pseudonym. Refused (`NotFound`): nobody ever enrolled."""
        if found := self._found(model, "participant", pseudonym):
            return found
        text = _("Das Pseudonym {found} hat niemand.", found=pseudonym[:40])
        raise NotFound("unknown_participant", text, field="participant")

    def journey_of(self, model: ReadModel, pseudonym: str) -> UUID:
        """Which journey has the pseudonym. Refused (`NotFound`): none."""
        if found := self._found(model, "journey", pseudonym):
            return found
        raise NotFound(
            "unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=pseudonym[:40]), field="journey"
        )

    def _found(self, model: ReadModel, kind: str, pseudonym: str) -> UUID | None:
        reached, back = self._back.get(kind, (0, {}))
        if pseudonym not in back and reached < (tracked := model.tracked()):
            # One column at a time: an index has it, so no row is read.
            found = model.query(f"SELECT DISTINCT e.{_COLUMNS[kind]} FROM enrolments e", {})
            back = {self._pseudonyms.of(kind, one): one for (one,) in found}
            self._back[kind] = (tracked, back)
        return UUID(back[pseudonym]) if pseudonym in back else None

    # --- what is shown ------------------------------------------------------------------------

    def page(self, page: Page) -> Page:
        """A page under pseudonyms."""
        return msgspec.structs.replace(page, entries=[self.listed(entry) for entry in page.entries])

    def listed(self, entry: Listed) -> Listed:
        """An entry under pseudonyms; so is its stream, if that is a journey or the mark of an erasure."""
        journey = self.journey(entry.journey) if entry.journey else None
        participant = self.participant(entry.participant) if entry.participant else None
        stream = entry.stream
        if str(stream) == entry.journey:
            stream = UUID(journey)
        elif entry.kind == "erasure.approved" and stream != register_stream():
            stream = UUID(self._pseudonyms.of("mark", str(stream)))
        return msgspec.structs.replace(entry, journey=journey, participant=participant, stream=stream)

    def told(self, told: Told) -> Told:
        """An entry with all that belongs to it under pseudonyms, in its stored text too.

        The text is then no longer what the hash of its leaf stands over: `pseudonymised` says so.
        """
        raw = told.raw
        if told.entry.participant:
            raw = raw.replace(told.entry.participant, self.participant(told.entry.participant))
        if told.entry.journey:
            raw = raw.replace(told.entry.journey, self.journey(told.entry.journey))
        return msgspec.structs.replace(told, entry=self.listed(told.entry), raw=raw, pseudonymised=True)
