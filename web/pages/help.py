"""To be written."""

from typing import Any

from flask import Blueprint, render_template_string

from web.access import public

blueprint = Blueprint("help", __name__, url_prefix="/hilfe")


@blueprint.get("")
@public
def handbook() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")


@blueprint.get("/barrierefreiheit")
@public
def accessibility() -> Any:
    """To be written."""
    return render_template_string("{% extends 'base.html' %}{% block content %}-{% endblock %}")
