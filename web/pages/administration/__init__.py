"""The administration: programmes, coaches, accounts, imports, projections, data protection; each for its roles."""

from typing import Any

from web.access import ADMIN, DATA_PROTECTION, LEAD, allowed
from web.pages.administration import accounts, intake, keeping, programmes, protection, readings, rebuilding
from web.pages.administration.areas import areas, blueprint, page

__all__ = ["accounts", "blueprint", "intake", "keeping", "programmes", "protection", "readings", "rebuilding"]


@blueprint.get("")
@allowed(LEAD, DATA_PROTECTION, ADMIN)
def administration() -> Any:
    """What the visitor can do here."""
    return page(None, "index", areas=areas().values())
