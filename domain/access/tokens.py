"""Tokens of the API: 256 random bits, of which the file has the SHA-256, with scopes and an end."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from domain.access.file import TOUCHED, AccessFile, as_stored, digest_of
from domain.errors import NotFound, Refused
from domain.texts import _
from domain.vault.files import writing

SCOPES = ("read", "write", "publish", "admin")
"""What a token may be for; it never reaches further than the roles of its account."""
LONGEST = timedelta(days=400)
"""A token ends so long after it was made at the latest."""
_PREFIX = "wdg_"


class Token(Struct, frozen=True):
    """A token without its secret: whose, what for, and from when to when; `used_at` is the last use, to the minute."""

    id: str
    account: str
    label: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None


class Tokens(AccessFile):
    """Making, checking and revoking tokens."""

    def create_token(
        self, account: str, label: str, scopes: Sequence[str], expires_at: datetime, now: datetime
    ) -> tuple[str, str]:
        """Make a token; its id, and its secret, which is nowhere else.

        Refused: no scope, or one that is not known; an end that is past, or more than 400 days away.
        """
        unknown = sorted({*scopes} - {*SCOPES})
        if unknown or not scopes:
            text = _("Rechte eines Tokens sind {known}; angegeben: {found}.", known=SCOPES, found=tuple(unknown) or "–")
            raise Refused("unknown_scope", text, field="scopes")
        if not now < expires_at <= now + LONGEST:
            text = _(
                "Ein Token endet in der Zukunft und nach höchstens {days} Tagen; angegeben: {found}.",
                days=LONGEST.days,
                found=expires_at.date(),
            )
            raise Refused("bad_expiry", text, field="expires_at")
        token_id, secret = secrets.token_hex(8), _PREFIX + secrets.token_urlsafe(32)
        ordered = " ".join(scope for scope in SCOPES if scope in scopes)
        values = (digest_of(secret), token_id, account, label, ordered, as_stored(now), as_stored(expires_at))
        with writing(self._connection):
            self._connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)", values)
        return token_id, secret

    def token(self, secret: str, now: datetime) -> Token | None:
        """The token of a secret; None where there is none, or it has ended or was revoked."""
        query = "SELECT id, account, label, scopes, created_at, expires_at, revoked_at, used_at FROM tokens"
        row = self._connection.execute(f"{query} WHERE digest = ?", (digest_of(secret),)).fetchone()
        found = _token(row) if row else None
        if found is None or found.revoked_at is not None or now >= found.expires_at:
            return None
        if found.used_at is None or now >= found.used_at + TOUCHED:
            with writing(self._connection):
                self._connection.execute("UPDATE tokens SET used_at = ? WHERE id = ?", (as_stored(now), found.id))
        return found

    def tokens(self, account: str) -> list[Token]:
        """The tokens of an account, also those that have ended or were revoked, the latest first."""
        query = "SELECT id, account, label, scopes, created_at, expires_at, revoked_at, used_at FROM tokens"
        rows = self._connection.execute(f"{query} WHERE account = ? ORDER BY created_at DESC, id", (account,))
        return [_token(row) for row in rows]

    def revoke_token(self, token_id: str, now: datetime) -> None:
        """Revoke a token; one that was revoked stays so since then. Refused (`NotFound`): one that is not there."""
        query = "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
        with writing(self._connection):
            if not self._connection.execute(query, (as_stored(now), token_id)).rowcount:
                raise NotFound("unknown_token", _("Ein Token {found} gibt es nicht.", found=token_id))


def _token(row: tuple[Any, ...]) -> Token:
    token_id, account, label, scopes, *moments = row
    created_at, expires_at, revoked_at, used_at = (datetime.fromisoformat(at) if at else None for at in moments)
    assert created_at is not None
    assert expires_at is not None
    return Token(token_id, account, label, frozenset(scopes.split()), created_at, expires_at, revoked_at, used_at)
