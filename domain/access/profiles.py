"""What an account is shown as, whom a provider of identities knows it as, and its saved filters."""

import sqlite3

from msgspec import Struct

from domain.access.file import AccessFile
from domain.errors import Refused
from domain.texts import _
from domain.vault.files import writing


class Profile(Struct, frozen=True):
    """An account as people see it: the name shown (empty: the code), whether it has a password, the subject it is at a
    provider of identities (OpenID Connect), and the language chosen."""

    account: str
    name: str
    has_password: bool
    issuer: str | None = None
    subject: str | None = None
    language: str | None = None


class Filter(Struct, frozen=True):
    """A filter of the pages, saved under a name: the query part of its URL."""

    name: str
    query: str


class Profiles(AccessFile):
    """Names, languages, subjects, filters."""

    def set_profile(self, account: str, name: str) -> None:
        """What the account is shown as: a name of a member of staff, which is why it is not in the ledger."""
        with writing(self._connection):
            query = "INSERT INTO profiles (account, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name"
            self._connection.execute(query, (account, name))

    def set_language(self, account: str, language: str | None) -> None:
        """The language of the pages for the account; None: that of the browser."""
        query = "INSERT INTO profiles (account, language) VALUES (?, ?) ON CONFLICT DO UPDATE SET language = ?"
        with writing(self._connection):
            self._connection.execute(query, (account, language, language))

    def profile(self, account: str) -> Profile | None:
        """The profile of an account; None where nothing was ever set."""
        query = "SELECT account, name, password IS NOT NULL, issuer, subject, language FROM profiles WHERE account = ?"
        row = self._connection.execute(query, (account,)).fetchone()
        return _profile(row) if row else None

    def profiles(self) -> dict[str, Profile]:
        """All profiles by account."""
        query = "SELECT account, name, password IS NOT NULL, issuer, subject, language FROM profiles ORDER BY account"
        return {row[0]: _profile(row) for row in self._connection.execute(query)}

    # --- subjects -----------------------------------------------------------------------------

    def link_subject(self, account: str, issuer: str, subject: str) -> None:
        """From now on who is this at that provider logs in to the account; a link it had before is gone.

        Refused: another account is linked with the same.
        """
        query = (
            "INSERT INTO profiles (account, issuer, subject) VALUES (?, ?, ?) "
            "ON CONFLICT (account) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject"
        )
        try:
            with writing(self._connection):
                self._connection.execute(query, (account, issuer, subject))
        except sqlite3.IntegrityError:
            text = _("Diese Anmeldung bei {issuer} gehört schon zu einem anderen Konto.", issuer=issuer)
            raise Refused("subject_taken", text, field="subject") from None

    def account_of_subject(self, issuer: str, subject: str) -> str | None:
        """The account linked with a subject of a provider."""
        query = "SELECT account FROM profiles WHERE issuer = ? AND subject = ?"
        row = self._connection.execute(query, (issuer, subject)).fetchone()
        return str(row[0]) if row else None

    # --- filters ------------------------------------------------------------------------------

    def save_filter(self, account: str, name: str, query: str) -> None:
        """Save a filter; one of the same name is replaced."""
        with writing(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO filters VALUES (?, ?, ?)", (account, name, query))

    def filters(self, account: str) -> list[Filter]:
        """The saved filters of an account, by name."""
        query = "SELECT name, query FROM filters WHERE account = ? ORDER BY name"
        return [Filter(*row) for row in self._connection.execute(query, (account,))]

    def delete_filter(self, account: str, name: str) -> None:
        """Delete a filter; one that is not there stays so."""
        with writing(self._connection):
            self._connection.execute("DELETE FROM filters WHERE account = ? AND name = ?", (account, name))


def _profile(row: tuple[str, str, int, str | None, str | None, str | None]) -> Profile:
    account, name, has_password, issuer, subject, language = row
    return Profile(account, name, bool(has_password), issuer, subject, language)
