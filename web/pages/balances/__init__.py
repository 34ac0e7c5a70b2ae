"""Balances: figures at any Stichtag and Datenstand, each a link to what it counts; editions; why they differ."""

from web.pages.balances import comparison, editions, figures
from web.pages.balances.area import blueprint

__all__ = ["blueprint", "comparison", "editions", "figures"]
