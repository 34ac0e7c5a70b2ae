"""Personal data: one key per person, sealed envelopes, lookups by keyed hash, a log of every opening.

A sealed envelope is `0x01 ‖ nonce (12) ‖ AES-256-GCM(key of the person, padded text)`, bound to the
participant and the field. Texts are padded to steps of 64 bytes, so lengths tell little. The key of a
person lies in `keys.db`, wrapped by a key-encryption key that is kept apart; destroying it makes every
envelope of the person unreadable while all stored bytes stay as they are.

New persons are kept in memory until a command is stored, so a refused one leaves no key behind.
"""

from domain.vault.reads import Deletion, MonthSeal, Read, ReadLog
from domain.vault.sources import FileKey, GivenKey, KeySource, parsed_key
from domain.vault.vault import CUSTOMER_NUMBER, DATA_PROTECTION, OWN_KEY, Vault

__all__ = [
    "CUSTOMER_NUMBER",
    "DATA_PROTECTION",
    "OWN_KEY",
    "Deletion",
    "FileKey",
    "GivenKey",
    "KeySource",
    "MonthSeal",
    "Read",
    "ReadLog",
    "Vault",
    "parsed_key",
]
