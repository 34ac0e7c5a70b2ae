"""The pages: each parses, calls one command or one query, and renders."""

from flask import Flask

from web.pages import (
    account,
    administration,
    audit,
    balances,
    enrolment,
    help,
    journeys,
    overview,
    participants,
    tokens,
)

__all__ = ["BLUEPRINTS", "enrolment", "register"]  # enrolment adds its page to that of participants

BLUEPRINTS = (
    *(account.blueprint, tokens.blueprint, overview.blueprint, participants.blueprint, journeys.blueprint),
    *(balances.blueprint, audit.blueprint, administration.blueprint, help.blueprint),
)


def register(app: Flask) -> None:
    """Add the pages to the application."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
