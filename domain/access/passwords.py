"""Passwords (argon2id), and how often somebody may try one."""

import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from argon2.exceptions import VerifyMismatchError

from domain.access.file import AccessFile, as_stored
from domain.errors import Refused
from domain.journal import BERLIN
from domain.texts import _
from domain.vault.files import writing

SHORTEST, LONGEST = 12, 200
"""Length of a password, in characters."""
WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 5, 20
"""So many failed attempts within the window are allowed; the next one is refused."""
_UP_TO_A_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)
_TELLING = 3
"""A shorter code is in many passwords by chance."""


class Passwords(AccessFile):
    """Setting a password, and logging in with it."""

    def set_password(self, account: str, password: str, now: datetime) -> None:
        """Replace the password of an account, end all its sessions and forget its failed attempts.

        Refused: one that is too short or too long, or has the code of the account in it, in capital letters too.
        """
        del now
        _require_strong(account, password)
        query = "INSERT INTO profiles (account, password) VALUES (?, ?) ON CONFLICT DO UPDATE SET password = ?"
        hashed = self._hasher.hash(_normal(password))
        with writing(self._connection):
            self._connection.execute(query, (account, hashed, hashed))
            self._connection.execute("DELETE FROM sessions WHERE account = ?", (account,))
            self._connection.execute("DELETE FROM failures WHERE account = ?", (account,))

    def login(self, account: str, password: str, address: str, now: datetime) -> bool:
        """Whether this is the password of the account; `address` is where the attempt comes from.

        Refused, before the password is looked at: too many failed attempts for the account or from the address. An
        account that is not there, or has no password, takes as long and is counted as well.
        """
        account = account.encode(errors="replace").decode()
        row = self._connection.execute("SELECT password FROM profiles WHERE account = ?", (account,)).fetchone()
        stored: str | None = row[0] if row else None
        self._count(account if stored else _bucket(account), _network(address), now)
        if not self._fits(stored, password):
            return False
        fresh = self._hasher.hash(_normal(password)) if self._hasher.check_needs_rehash(stored or "") else stored
        with writing(self._connection):
            self._connection.execute("DELETE FROM failures WHERE account = ?", (account,))
            if fresh != stored:  # and nobody has set another one meanwhile
                query = "UPDATE profiles SET password = ? WHERE account = ? AND password = ?"
                self._connection.execute(query, (fresh, account, stored))
        return True

    def _count(self, account: str, address: str, now: datetime) -> None:
        """Note an attempt as failed until it has succeeded: so many at once are not more than one after the other."""
        # What lies ahead was noted while the clock was wrong, and would lock the account for as long.
        gone = as_stored(now - WINDOW), as_stored(now + WINDOW)
        limits = (
            ("SELECT at FROM failures WHERE account = ? ORDER BY at DESC LIMIT 1 OFFSET ?", account, PER_ACCOUNT),
            ("SELECT at FROM failures WHERE address = ? ORDER BY at DESC LIMIT 1 OFFSET ?", address, PER_ADDRESS),
        )
        with writing(self._connection):
            self._connection.execute("DELETE FROM failures WHERE at <= ? OR at > ?", gone)
            full = [self._connection.execute(query, (of, limit - 1)).fetchone() for query, of, limit in limits]
            if not any(full):
                self._connection.execute("INSERT INTO failures VALUES (?, ?, ?)", (account, address, as_stored(now)))
        if any(full):
            free = max(datetime.fromisoformat(row[0]) for row in full if row) + WINDOW + _UP_TO_A_MINUTE
            text = _(
                "Zu viele Fehlversuche in den letzten 15 Minuten; der nächste ist ab {time} Uhr möglich.",
                time=free.astimezone(BERLIN).strftime("%H:%M"),
            )
            raise Refused("too_many_attempts", text)

    def _fits(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._hasher.hash(_normal(password))  # takes as long as checking one
            return False
        try:
            return self._hasher.verify(stored, _normal(password))
        except VerifyMismatchError:
            return False


def _require_strong(account: str, password: str) -> None:
    length, code = len(unicodedata.normalize("NFC", password)), account.casefold()
    if not SHORTEST <= length <= LONGEST:
        text = _(
            "Das Passwort hat {found} Zeichen; es müssen {shortest} bis {longest} sein.",
            found=length,
            shortest=SHORTEST,
            longest=LONGEST,
        )
        raise Refused("weak_password", text, field="password")
    if len(code) >= _TELLING and code in password.casefold():
        text = _("Das Passwort enthält die Kennung des Kontos; bitte ein anderes wählen.")
        raise Refused("weak_password", text, field="password")


def _normal(password: str) -> bytes:
    """Its bytes, the same whether a keyboard puts an umlaut together or not (Unicode NFC)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _bucket(account: str) -> str:
    """What attempts for an account that is not there are counted under: two bytes of its hash.

    Somebody may have typed the password into the wrong field, so it must not lie in the file, and not be guessed there.
    No code of an account begins with a question mark.
    """
    return "?" + sha256(account.encode()).hexdigest()[:4]


def _network(address: str) -> str:
    """An address as it is counted: of IPv6 the network of 64 bits, which is one customer's."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
