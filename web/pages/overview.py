"""To be written."""

from typing import Any

from flask import Blueprint, render_template_string

from web.access import FIGURES, allowed

blueprint = Blueprint("overview", __name__, url_prefix="/uebersicht")


@blueprint.get("")
@allowed(*FIGURES)
def overview() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")
