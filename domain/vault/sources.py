"""Where the key-encryption key (KEK) comes from: a file, which can be replaced, or a setting, which only people change.

All changes to the file are made while nobody else writes to the key store (see `KeyStore`), so two processes never
replace it at once. The way of a change, crash-safe at every step:

1. the next key is written to `<file>.next` and forced to the disk,
2. the keys of all persons, wrapped under it, are stored in one transaction,
3. `<file>.next` is renamed over `<file>`,
4. the bytes of the old file are overwritten with zeros.

Stopped before 2, the store fits the old key and the next one is a leftover; stopped after 2, it fits the next one and
the rename is made up for.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from domain.errors import NotReady, Refused
from domain.texts import Text, _

KEY_BYTES = 32


class KeySource(Protocol):
    """Gives the key-encryption key and, where it can, replaces it."""

    def candidates(self) -> list[bytes]:
        """The present key and, where a change was under way, the next one. Refused (`NotReady`): none, or no key."""

    def require_next(self, present: bytes) -> None:
        """Refused: no next key can be had, so nobody can be erased."""

    def prepare(self, present: bytes) -> bytes:
        """The next key, stored so that it outlasts a crash. Refused: none can be had."""

    def settle(self, present: bytes) -> None:
        """Leave only the key the store fits, and destroy the other, as far as that can be done from here."""

    def advice(self, present: bytes) -> Text | None:
        """What is left to do by hand."""


class GivenKey:
    """A key from a setting. The next one is a setting too, and replacing one by the other is left to people."""

    def __init__(self, key: bytes, following: bytes | None = None) -> None:
        self._key, self._following = key, following

    def candidates(self) -> list[bytes]:
        """Both settings."""
        return [self._key] if self._following is None else [self._key, self._following]

    def require_next(self, present: bytes) -> None:
        """Refused: no next key is set, or it is in use already."""
        if self._following is None:
            text = _(
                "Der Hauptschlüssel steht in WERDEGANG_KEK; für Löschung und Schlüsselwechsel muss in "
                "WERDEGANG_KEK_NEXT ein neuer stehen (64 Hexadezimalziffern, zufällig). Es ist nichts geändert."
            )
            raise Refused("no_next_kek", text)
        if self._following == present:
            text = _(
                "WERDEGANG_KEK_NEXT ist schon der geltende Hauptschlüssel: den Wert nach WERDEGANG_KEK übernehmen, "
                "den alten vernichten und einen neuen in WERDEGANG_KEK_NEXT setzen. Es ist nichts geändert."
            )
            raise Refused("no_next_kek", text)

    def prepare(self, present: bytes) -> bytes:
        """The key that is set as the next one."""
        self.require_next(present)
        assert self._following is not None
        return self._following

    def settle(self, present: bytes) -> None:
        """Nothing: the settings are changed by whoever set them."""

    def advice(self, present: bytes) -> Text | None:
        """To move the next key to its place, once it is in use."""
        if present != self._following:
            return None
        return _(
            "Der Schlüsselspeicher ist jetzt unter WERDEGANG_KEK_NEXT verschlüsselt: diesen Wert nach WERDEGANG_KEK "
            "übernehmen, WERDEGANG_KEK_NEXT leeren und den alten Wert überall vernichten."
        )


class FileKey:
    """A key in a file, as 64 hexadecimal digits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.resolve()  # a link stays, and what it leads to is replaced
        self._next = self._file.with_name(f"{self._file.name}.next")

    def create(self) -> None:
        """Make a random key, for its owner only."""
        _write_new(self._file, os.urandom(KEY_BYTES))

    def exists(self) -> bool:
        """Whether there is a key, or the next one of an interrupted change."""
        return self._file.exists() or self._next.exists()

    def candidates(self) -> list[bytes]:
        """The file and, after an interrupted change, the next one."""
        if not self.exists():
            raise NotReady("no_kek", _("Die Schlüsseldatei {path} fehlt.", path=self.path))
        found = [key for key in (_read(self._file), _read(self._next)) if key]
        if not found:
            raise bad_key()
        return found

    def require_next(self, present: bytes) -> None:
        """Refused: no file can be written there."""
        folder = self._file.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._unwritable(_("im Ordner {folder} darf nicht geschrieben werden", folder=folder))

    def prepare(self, present: bytes) -> bytes:
        """A random key in `<file>.next`."""
        key = os.urandom(KEY_BYTES)
        try:
            _write_new(self._next, key, like=self._file)
        except OSError as error:
            raise self._unwritable(Text(error.strerror or type(error).__name__)) from None
        return key

    def settle(self, present: bytes) -> None:
        """Finish the change, or take its leftover away. Refused: the file cannot be replaced."""
        kek, following = _read(self._file), _read(self._next)
        try:
            if following == present != kek:
                self._replace()
            elif kek == present and self._next.exists():
                _destroy(self._next)
        except OSError as error:
            text = _(
                "Die Schlüsseldatei {path} lässt sich nicht ersetzen ({reason}); der alte Hauptschlüssel ist noch da. "
                "Der neue liegt daneben in {next}; bitte beheben und wiederholen.",
                path=self.path,
                reason=error.strerror or type(error).__name__,
                next=self._next.name,
            )
            raise NotReady("kek_not_replaced", text) from None

    def advice(self, present: bytes) -> Text | None:
        """Nothing."""
        return None

    def _replace(self) -> None:
        """Rename, then overwrite the bytes the old name had: best effort, for a file system that writes in place."""
        old = None
        with suppress(OSError):  # gone, or not to be written to: the rename alone takes it away
            old = os.open(self._file, os.O_WRONLY)
        try:
            os.replace(self._next, self._file)
            _sync_folder(self._file)
        finally:
            if old is not None:
                with suppress(OSError):
                    if not _same_file(old, self._file):
                        _overwrite(old)
                os.close(old)

    def _unwritable(self, reason: Text) -> Refused:
        text = _(
            "Der nächste Hauptschlüssel lässt sich nicht neben {path} schreiben ({reason}). Es ist nichts geändert.",
            path=self.path,
            reason=reason,
        )
        return Refused("kek_unwritable", text)


def parsed_key(text: str) -> bytes:
    """The 32 bytes a setting or a file writes. Refused (`NotReady`): not 64 hexadecimal digits."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise bad_key()
    return key


def bad_key() -> NotReady:
    """The refusal of what is no key."""
    return NotReady("bad_kek", _("Der Hauptschlüssel muss aus 64 Hexadezimalziffern bestehen."))


def _read(path: Path) -> bytes | None:
    """The key in a file; None where there is none, or only a part of it."""
    try:
        return parsed_key(path.read_bytes().decode("ascii", errors="replace"))
    except (FileNotFoundError, NotReady):
        return None
    except OSError as error:
        text = _("Die Schlüsseldatei {path} ist nicht lesbar: {reason}", path=path, reason=error.strerror)
        raise NotReady("no_kek", text) from None


def _write_new(path: Path, key: bytes, like: Path | None = None) -> None:
    """Write a file that was not there, for its owner only (the owner of `like`), and force it to the disk."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if like is not None and like.exists():
            owner = like.stat()
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(descriptor)
    _sync_folder(path)


def _destroy(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        _overwrite(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()


def _overwrite(descriptor: int) -> None:
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), path.stat())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
