"""The pages: each parses, calls one command or one query, and renders."""

from flask import Flask

from web.pages import account, administration, audit, balances, help, journeys, overview, participants, tokens

BLUEPRINTS = (
    *(account.blueprint, tokens.blueprint, overview.blueprint, participants.blueprint, journeys.blueprint),
    *(balances.blueprint, audit.blueprint, administration.blueprint, help.blueprint),
)


def register(app: Flask) -> None:
    """Add the pages to the application."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
