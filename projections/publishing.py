"""Publishing an edition, one act at a time: what has to be looked at before a command may be given."""

from domain import commands
from domain.balance import Balances, Seal
from domain.errors import NotReady
from domain.facts import BalanceDrafted, CatalogueKept, HiddenCell
from domain.journal import Request
from domain.texts import _
from projections.catch_up import catch_up
from projections.disclosure.publishing import hidden_cells
from projections.editions import Edition, edition, editions, require_reproducible, split_name
from projections.stores import Stores


def draft_edition(stores: Stores, drafted: BalanceDrafted, kept: CatalogueKept, request: Request) -> Edition:
    """Store a draft and the catalogue it was drawn with; one that was drafted before is found again."""
    outcome = stores.journal.act(lambda streams: commands.draft_balance(streams, drafted, kept), request)
    catch_up(stores.journal, stores.read_model)
    found = editions(stores.journal, stores.read_model, drafted.programme)
    # A repeat may have been computed at a later Datenstand: it answers with what the first time stored.
    digests = [one.fact.digest for one in outcome.recorded if isinstance(one.fact, BalanceDrafted)] or [drafted.digest]
    return next(one for one in found if one.digest == digests[0])


def approve_edition(stores: Stores, name: str, request: Request) -> Edition:
    """Approve an edition that somebody else drafted: recomputed first, and sealed.

    Refused: as `require_reproducible` and `commands.approve_balance`; no key to seal it with (`no_signing_key`).
    """
    found = edition(stores.journal, name)
    require_reproducible(stores.journal, stores.read_model, found)
    programme, number = split_name(name)
    sealed = stores.covering(found.drafted.position, request.now)
    if sealed is None:
        text = _("Ausgabe {name} ist nicht versiegelt, und hier liegt kein Schlüssel dafür.", name=name)
        raise NotReady("no_signing_key", text)
    seal = Seal(sealed.note, sealed.position)
    stores.journal.act(lambda streams: commands.approve_balance(streams, programme, number, seal), request)
    catch_up(stores.journal, stores.read_model)
    return edition(stores.journal, name)


def release_edition(stores: Stores, name: str, request: Request) -> Edition:
    """Release the public version of an approved edition, without the cells that would show single persons."""
    programme, number = split_name(name)

    def hide(balances: Balances, wanted: int) -> tuple[HiddenCell, ...]:
        return hidden_cells(stores.journal, stores.read_model, balances, wanted)

    stores.journal.act(lambda streams: commands.release_balance(streams, programme, number, hide), request)
    catch_up(stores.journal, stores.read_model)
    return edition(stores.journal, name)
