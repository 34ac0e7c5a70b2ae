"""The keys of audits: the pseudonyms an auditor sees follow from one, and from nothing once it is destroyed."""

import secrets
from datetime import datetime

from domain.access.file import AccessFile, as_stored
from domain.vault.files import scrub, writing

_KEY_BYTES = 32


class Audits(AccessFile):
    """One key per account that audits, from the first use until the audit is ended (§ 53 SGB II: anew for each)."""

    def audit_key(self, account: str, now: datetime) -> bytes:
        """The key of the audit that is going on; begun now if there is none."""
        query = "SELECT key FROM audits WHERE account = ?"
        if row := self._connection.execute(query, (account,)).fetchone():
            return bytes(row[0])
        with writing(self._connection):
            values = (account, secrets.token_bytes(_KEY_BYTES), as_stored(now))
            self._connection.execute("INSERT INTO audits VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)
        return bytes(self._connection.execute(query, (account,)).fetchone()[0])

    def audit_begun(self, account: str) -> datetime | None:
        """When the audit that is going on began; None where none is."""
        row = self._connection.execute("SELECT begun_at FROM audits WHERE account = ?", (account,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def end_audit(self, account: str) -> None:
        """Destroy the key: nobody can find back from the pseudonyms, and the next audit has others."""
        with writing(self._connection):
            self._connection.execute("DELETE FROM audits WHERE account = ?", (account,))
        scrub(self._connection, self._path)
