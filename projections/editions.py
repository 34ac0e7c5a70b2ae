"""Editions of a programme's balance: drafted, approved, released, and recomputed from the ledger at any time."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct

from domain.balance import Balances, edition_of, evolve
from domain.errors import NotFound, Refused
from domain.facts import BalanceDrafted, CatalogueKept, FigureValue, HiddenCell, Recorded, Value
from domain.journal import Journal
from domain.terms import BalanceKind, balances_stream, catalogue_stream
from domain.texts import _
from projections.balance import Balance, compute
from projections.catalogue import CATALOGUES, Catalogue
from projections.ledger.findings import Finding
from projections.ledger.seals import Seals
from projections.ledger.signatures import opened
from projections.read_model import ReadModel


class Act(Struct, frozen=True):
    """Who did something to an edition, and when."""

    by: str
    at: datetime
    position: int


class Edition(Struct, frozen=True):
    """An edition as the ledger holds it; `approved` and `released` are None as long as it is not."""

    number: int
    balance: Balance
    digest: str
    drafted: Act
    approved: Act | None = None
    released: Act | None = None
    hidden: tuple[HiddenCell, ...] = ()

    @property
    def name(self) -> str:
        """How an edition is named: `lzb-gg/1`."""
        return f"{self.balance.programme}/{self.number}"

    @property
    def hidden_cells(self) -> frozenset[tuple[str, str, str]]:
        """What the public version does not show, as (figure, trait, value)."""
        return frozenset((cell.figure, cell.trait, cell.value) for cell in self.hidden)

    @property
    def state(self) -> str:
        """drafted, approved or released."""
        return "released" if self.released else "approved" if self.approved else "drafted"


class Differing(Struct, frozen=True):
    """A cell of an edition that comes out otherwise when it is recomputed; None on a side that lacks the cell."""

    edition: str
    figure: str
    trait: str
    value: str
    stored: Value
    recomputed: Value


def draft(
    model: ReadModel,
    programme: str,
    stichtag: date,
    *,
    datenstand: int,
    final: bool,
    catalogue: Catalogue,
) -> tuple[BalanceDrafted, CatalogueKept]:
    """An edition still without its number, and the catalogue to keep with it; refused as `compute`."""
    balance = compute(model, programme, stichtag, datenstand=datenstand, final=final, catalogue=catalogue)
    drafted = BalanceDrafted(
        programme=programme,
        number=1,
        kind=balance.kind,
        stichtag=stichtag,
        datenstand=balance.datenstand,
        catalogue=catalogue.version,
        figures=balance.figures,
        digest=balance.digest,
    )
    return drafted, CatalogueKept(version=catalogue.version, content=catalogue.content)


def editions(journal: Journal, model: ReadModel, programme: str | None = None) -> list[Edition]:
    """The editions of a programme, or of all, in the order they were drafted."""
    found = model.query(
        "SELECT DISTINCT b.programme FROM balances b WHERE b.known_until IS NULL "
        "AND (b.programme = :programme OR :every = 1) ORDER BY b.programme",
        {"programme": programme or "", "every": int(programme is None)},
    )
    return [edition for (key,) in found for edition in _told(journal.read(balances_stream(key)))]


def edition(journal: Journal, name: str) -> Edition:
    """The edition with a name such as `lzb-gg/1`. Refused (`NotFound`): there is none."""
    programme, number = split_name(name)
    recorded = journal.read(balances_stream(programme))
    state = Balances()
    for one in recorded:
        state = evolve(state, one.fact)
    edition_of(state, number)
    return _told(recorded)[number - 1]


def released(edition: Edition) -> Edition:
    """The edition, if it has a public version. Refused: it has none."""
    if not edition.released:
        text = _("Ausgabe {name} ist nicht veröffentlicht; veröffentlichen mit: publish release.", name=edition.name)
        raise Refused("not_released", text)
    return edition


def split_name(name: str) -> tuple[str, int]:
    """Programme and number of an edition's name. Refused (`NotFound`): a name of another form."""
    programme, _slash, number = name.rpartition("/")
    if not programme or not re.fullmatch("[0-9]{1,9}", number):
        text = _("{found} nennt keine Ausgabe; gemeint ist PROGRAMM/NUMMER wie lzb-gg/1.", found=name)
        raise NotFound("unknown_edition", text, field="edition")
    return programme, int(number)


def catalogue_of(journal: Journal, version: str) -> Catalogue:
    """A version of a catalogue: today's, or one kept in the ledger. Refused (`NotFound`): neither."""
    for catalogue in CATALOGUES.values():
        if catalogue.version == version:
            return catalogue
    for one in journal.read(catalogue_stream(version)):
        return Catalogue.restored(version, one.fact.content)
    raise NotFound("unknown_catalogue", _("Den Katalog {version} kennt das Journal nicht.", version=version))


def recomputed(journal: Journal, model: ReadModel, edition: Edition) -> Balance:
    """The edition's balance drawn again from the ledger, with the catalogue of then; its checkpoint stays its own."""
    balance = edition.balance
    again = compute(
        model,
        balance.programme,
        balance.stichtag,
        datenstand=balance.datenstand,
        final=balance.kind is BalanceKind.FINAL,
        catalogue=catalogue_of(journal, balance.catalogue),
    )
    return msgspec.structs.replace(again, checkpoint=balance.checkpoint)


def differing(journal: Journal, model: ReadModel, edition: Edition) -> list[Differing]:
    """The cells of an edition that come out otherwise when it is recomputed; empty if it reproduces byte for byte."""
    again = recomputed(journal, model, edition)
    stored, found = dict(cells_of(edition.balance.figures)), dict(cells_of(again.figures))
    missing = object()
    cells = [
        Differing(edition.name, *cell, stored.get(cell), found.get(cell))
        for cell in dict.fromkeys([*stored, *found])
        if stored.get(cell, missing) != found.get(cell, missing)
    ]
    if not cells and edition.digest != again.digest:
        cells = [Differing(edition.name, "digest", "", "", None, None)]
    return cells


def require_reproducible(journal: Journal, model: ReadModel, edition: Edition) -> None:
    """Refused: an edition that does not come out the same when it is recomputed."""
    if cells := differing(journal, model, edition):
        text = _(
            "Ausgabe {name} lässt sich nicht nachrechnen: {figure} ist {stored}, nachgerechnet {found}.",
            name=edition.name,
            figure=cells[0].figure,
            stored=cells[0].stored,
            found=cells[0].recomputed,
        )
        raise Refused("edition_differs", text)


def wrong_checkpoint(seals: Seals, edition: Edition) -> list[Finding]:
    """What is wrong with the checkpoint an edition was approved with: not signed by a key of the ledger, not of this
    ledger, not covering the draft. Empty too for an edition approved before there were checkpoints."""
    note = edition.balance.checkpoint
    if edition.approved is None or note is None:
        return []
    last, head = seals.latest(), opened(note.encode(), seals.signers())
    good = (
        last is not None
        and head is not None
        and seals.size_at(edition.drafted.position) <= head.size <= last.size
        and seals.frontier(head.size).root() == head.root
    )
    if good:
        return []
    words = _("Ausgabe {name}: der Prüfpunkt ihrer Freigabe passt nicht zum Journal.", name=edition.name)
    return [Finding("approved_unsealed", words, edition.approved.position)]


def cells_of(figures: dict[str, FigureValue]) -> Iterator[tuple[tuple[str, str, str], Value]]:
    """Every cell of some figures as (figure, trait, value) with what it says; the total has neither trait nor value."""
    for code, figure in figures.items():
        yield (code, "", ""), figure.value
        for trait, values in figure.by.items():
            for value, number in values.items():
                yield (code, trait, value), number


def _told(recorded: Sequence[Recorded]) -> list[Edition]:
    state = Balances()
    acts: dict[tuple[int, str], Act] = {}
    for one in recorded:
        state = evolve(state, one.fact)
        acts[one.fact.number, type(one.fact).__name__] = Act(one.entry.recorded_by, one.entry.recorded_at, one.position)
    return [
        Edition(
            number=draft.number,
            balance=balance_of(draft, one.checkpoint),
            digest=draft.digest,
            drafted=acts[draft.number, "BalanceDrafted"],
            approved=acts.get((draft.number, "BalanceApproved")),
            released=acts.get((draft.number, "BalanceReleased")),
            hidden=one.released.hidden if one.released else (),
        )
        for one in state.editions
        for draft in (one.draft,)
    ]


def balance_of(draft: BalanceDrafted, checkpoint: str | None = None) -> Balance:
    """The balance a draft holds, with the checkpoint it was approved with."""
    return Balance(
        programme=draft.programme,
        kind=draft.kind,
        stichtag=draft.stichtag,
        datenstand=draft.datenstand,
        catalogue=draft.catalogue,
        checkpoint=checkpoint,
        figures=draft.figures,
    )
