"""What a command answers when it does not do what was asked."""

from domain.texts import Text


class Refused(Exception):  # noqa: N818 -- the name of the answer, not of a fault
    """A rule stands against it; nothing was stored.

    `code` is stable and made for programs, `text` for people, `norm` names the source of the rule
    (a § or a part of the house rules), `field` the field to put right, where there is one.
    No text ever contains personal data.
    """

    def __init__(self, code: str, text: Text, norm: str | None = None, field: str | None = None) -> None:
        super().__init__(code)
        self.code, self.text, self.norm, self.field = code, text, norm, field

    def in_language(self, language: str) -> str:
        """The text with its norm in brackets."""
        words = self.text.in_language(language)
        return f"{words} [{self.norm}]" if self.norm else words

    def __str__(self) -> str:
        return self.in_language("de")


class NotFound(Refused):
    """What was named does not exist."""


class Conflict(Refused):
    """Others kept changing the same streams; trying again later may work."""


class NotReady(Refused):
    """A store is missing, not initialised or set up unsafely: for whoever runs the machine."""
