"""To be written."""

from typing import Any

from flask import Blueprint, render_template_string

from web.access import AUDITOR, LEAD, DATA_PROTECTION, allowed

blueprint = Blueprint("audit", __name__, url_prefix="/pruefung")


@blueprint.get("")
@allowed(AUDITOR, LEAD, DATA_PROTECTION)
def audit() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")


@blueprint.get("/eintrag/<int:position>")
@allowed(AUDITOR, LEAD)
def entry(position: int) -> Any:
    """To be written."""
    return str(position)
