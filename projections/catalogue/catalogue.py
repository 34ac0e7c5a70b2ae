"""A catalogue as a whole: its figures, its version, and itself as text, so that an old one can be run again."""

from functools import cached_property
from hashlib import sha256
from typing import NamedTuple, Self

import msgspec

from domain.errors import NotFound, NotReady
from domain.texts import _
from projections.catalogue.figure import Figure, Selection


class _Content(NamedTuple):
    name: str
    figures: tuple[Figure, ...]
    selections: dict[str, Selection]
    traits: tuple[str, ...]


class Catalogue(_Content):
    """A set of figures, the selections they measure, and the traits they are broken down by."""

    def figure(self, code: str) -> Figure:
        """The figure with a code. Refused (`NotFound`): none has it."""
        for figure in self.figures:
            if figure.code == code:
                return figure
        known = tuple(figure.code for figure in self.figures)
        raise NotFound(
            "unknown_figure", _("Die Kennzahl {code} gibt es nicht. Es gibt: {known}.", code=code, known=known)
        )

    @cached_property
    def content(self) -> str:
        """Everything the catalogue says and selects, as canonical JSON."""
        return msgspec.json.encode(tuple(self), order="sorted").decode()

    @cached_property
    def version(self) -> str:
        """Name and digest over every definition and every SELECT: another digest, another definition."""
        return _version(self.name, self.content)

    @classmethod
    def restored(cls, version: str, content: str) -> Self:
        """The catalogue in a text. Refused (`NotReady`): a text that is not the one of the version."""
        try:
            catalogue = cls(*msgspec.json.decode(content, type=_Content))
        except msgspec.DecodeError:
            catalogue = None
        if catalogue is None or _version(catalogue.name, content) != version:
            text = _("Der aufbewahrte Katalog {version} ist verändert.", version=version)
            raise NotReady("changed_catalogue", text)
        return catalogue


def _version(name: str, content: str) -> str:
    return f"{name}:{sha256(content.encode()).hexdigest()[:16]}"
