"""Who may log in and how they prove it: names, passwords, sessions, tokens of the API, saved filters.

None of this is a fact: it changes in place, in a file of its own (`access.db`), and what is deleted is overwritten.
Which accounts there are and what they may do is in the ledger (`domain.account`). No password, no token of a session
and no token of the API lies in the file, only what they can be checked with.
"""

from domain.access.audits import Audits
from domain.access.passwords import Passwords
from domain.access.profiles import Filter, Profile, Profiles
from domain.access.sessions import Session, Sessions, without_sessions
from domain.access.tokens import SCOPES, Token, Tokens

__all__ = ["SCOPES", "Access", "Filter", "Profile", "Session", "Token", "without_sessions"]


class Access(Profiles, Passwords, Sessions, Tokens, Audits):
    """One connection to the file, for one thread at a time. Several processes may write at once."""
