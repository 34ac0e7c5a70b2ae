"""What every fact is, and the types several of them share."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Sealed = Annotated[bytes, Meta(min_length=93, title="sealed")]
"""Personal data under the person's own key: only `domain/vault` makes and opens it. 93 bytes is the
shortest envelope, so a plain text cannot slip in on the way through the store."""

Euro = Decimal
"""An amount of money; `journey.py` refuses a negative one."""


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was decided and therefore stored."""


def is_sealed(field: msgspec.structs.FieldInfo) -> bool:
    """Whether a field of a fact holds personal data in a sealed envelope."""
    return field.type in (Sealed, Sealed | None)
