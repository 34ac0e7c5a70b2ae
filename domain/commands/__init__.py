"""The commands: which streams each reads, and the facts it decides on them.

Every command takes the streams and what is asked, and returns the facts with the streams they belong
to. It stores nothing and reads no clock; `Journal.act` runs it and appends.
"""

from domain.commands.accounts import close_account, grant_role, open_account, revoke_role
from domain.commands.balance import approve_balance, draft_balance, release_balance
from domain.commands.journey import (
    correct,
    dispute,
    enrol,
    existing,
    participant_of,
    participations,
    record,
    settle_dispute,
    withdraw,
)
from domain.commands.ledger import introduce_signer, restore_ledger
from domain.commands.programme import close_programme, join_programme, open_programme
from domain.commands.protection import (
    approve_erasure,
    decline_erasure,
    finish_erasure,
    lift_restriction,
    request_erasure,
    restrict,
)

__all__ = [
    "approve_balance",
    "approve_erasure",
    "close_account",
    "close_programme",
    "correct",
    "decline_erasure",
    "dispute",
    "draft_balance",
    "enrol",
    "existing",
    "finish_erasure",
    "grant_role",
    "introduce_signer",
    "join_programme",
    "lift_restriction",
    "open_account",
    "open_programme",
    "participant_of",
    "participations",
    "record",
    "release_balance",
    "request_erasure",
    "restore_ledger",
    "restrict",
    "revoke_role",
    "settle_dispute",
    "withdraw",
]
