"""To be written."""

from typing import Any

from flask import Blueprint, render_template_string

from web.access import FIGURES, allowed

blueprint = Blueprint("balances", __name__, url_prefix="/bilanzen")


@blueprint.get("")
@allowed(*FIGURES)
def balance() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")
