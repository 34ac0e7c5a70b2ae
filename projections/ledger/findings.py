"""What a check of the ledger finds."""

from msgspec import Struct

from domain.texts import Text


class Finding(Struct, frozen=True):
    """Something that is not as it was sealed: a code for programs, words for people, the position it begins at."""

    code: str
    text: Text
    position: int | None = None
