"""To be written."""

from typing import Any

from flask import Blueprint, render_template_string

from web.access import LEAD, DATA_PROTECTION, ADMIN, allowed

blueprint = Blueprint("administration", __name__, url_prefix="/verwaltung")


@blueprint.get("")
@allowed(LEAD, DATA_PROTECTION, ADMIN)
def administration() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")
