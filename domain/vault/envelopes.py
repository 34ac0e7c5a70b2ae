"""Sealed envelopes: `0x01 ‖ nonce (12) ‖ AES-256-GCM(key of the person, padded text)`."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.characters import refuse_unstorable
from domain.errors import NotReady
from domain.texts import _

_FORMAT, _NONCE, _STEP = b"\x01", 12, 64


def sealed(cipher: AESGCM, participant: UUID, field: str, text: str) -> bytes:
    """The envelope of a field of a person, such as `enrolled.name`. Refused: a text with NUL or half a character."""
    refuse_unstorable(field.rpartition(".")[2], text)
    plain = text.encode() + b"\x80"
    padded = plain.ljust(-(-len(plain) // _STEP) * _STEP, b"\0")
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + cipher.encrypt(nonce, padded, _bound_to(participant, field))


def unsealed(cipher: AESGCM, participant: UUID, field: str, envelope: bytes) -> str:
    """The text in an envelope. Refused (`NotReady`): one of another person or field, a changed one."""
    nonce, cipher_text = envelope[1 : 1 + _NONCE], envelope[1 + _NONCE :]
    try:
        if envelope[:1] != _FORMAT:
            raise InvalidTag
        padded = cipher.decrypt(nonce, cipher_text, _bound_to(participant, field))
    except InvalidTag:
        text = _("Der Umschlag des Feldes {field} gehört nicht hierher oder ist verändert.", field=field)
        raise NotReady("sealed_elsewhere", text) from None
    return padded.rstrip(b"\0")[:-1].decode()


def _bound_to(participant: UUID, field: str) -> bytes:
    return participant.bytes + field.encode()
