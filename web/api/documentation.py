"""The document of the interface (OpenAPI 3.1), and a page that shows it without any other host."""

from decimal import Decimal
from enum import Enum
from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, url_for
from flask_smorest import Api
from marshmallow import fields
from msgspec import Meta

from domain.access import SCOPES
from web.access import public
from web.api.answers import COMPONENTS, schemas_of
from web.api.routes import ANSWERS, PREFIX, Section, problem_name
from web.schemas import AMOUNT, LONGEST, MOST, Wanted

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
_KEY = "werdegang.openapi"
_TITLE = "Werdegang"
_ABOUT = """Every command and every query of the pages.

A token stands in `Authorization: Bearer wdg_…`; `werdegang account token` makes one, or `POST /own/tokens` here. It
does what its scopes say (read, write, publish, admin), and nothing its account has no role for. What somebody may
not see is answered like what does not exist (404). Auditors see persons and journeys under pseudonyms that hold for
one audit.

What is wrong is answered as RFC 9457 problem details, in German or English by `Accept-Language`; `code` is made for
programs. What cannot be is refused, unknown fields included. Days are ISO 8601; journeys are paged by cursor.
"""
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457). `detail` is for people, `code` for programs; `field` names what to put "
    "right, `norm` the source of the rule, `errors` messages by field.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "norm": {"type": "string"},
        "errors": {"type": "object"},
    },
    "required": ["type", "title", "status", "code", "detail"],
    "additionalProperties": False,
}
_PROBLEMS: dict[int, str] = {
    400: "The request cannot be read.",
    401: "No token, or one that has ended or was revoked.",
    403: "The account has no role for this, or the token not the scope.",
    404: "There is no such thing, or it may not be seen.",
    409: "Others keep changing the same.",
    412: "The journey has changed since the version named in If-Match (`stale`).",
    413: "The body is too large.",
    415: "The body is no JSON, or the file is of no known kind.",
    422: "What is given cannot be, or a rule stands against it; nothing was stored.",
    500: "Unforeseen; nothing was stored. The number in the text stands in the log.",
    503: "The server is not set up for this.",
}


class Interface(Api):  # type: ignore[misc]
    """The interface of an application: its document, and none of the library's pages and handlers of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def add(self, section: Section) -> None:
        """Serve and document a section, under the title people know it by."""
        self._app.register_blueprint(section)
        section.register_views_in_doc(self, self._app, self.spec, name=section.name, parameters=None)
        self.spec.tag({"name": section.title, "description": section.description})

    def _register_doc_blueprint(self) -> None:
        """No pages: they need scripts within the page or other hosts."""

    def _register_error_handlers(self) -> None:
        """The application's own answer errors."""

    def _register_pagination_header(self) -> None:
        """Pages are told in the answer itself."""

    def _register_etag_headers(self) -> None:
        """Every operation says which headers it takes."""

    def _register_responses(self) -> None:
        for status, words in _PROBLEMS.items():
            schema = {"$ref": COMPONENTS.format(name="Problem")}
            answered = {"description": words, "content": {"application/problem+json": {"schema": schema}}}
            if status == HTTPStatus.UNAUTHORIZED:
                answered["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
            self.spec.components.response(problem_name(status), answered)


def interface(app: Flask) -> Interface:
    """The interface of an application, still without its sections."""
    app.config.update(API_TITLE=_TITLE, API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    made = Interface(app, spec_kwargs={"marshmallow_plugin": plugin, "info": {"description": _ABOUT}})
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(_limits)  # type: ignore[no-untyped-call]
    made.spec.components.schema("Problem", PROBLEM)
    made.spec.components.security_scheme(
        "token",
        {"type": "http", "scheme": "bearer", "description": f"A token with one or more scopes: {', '.join(SCOPES)}."},
    )
    return made


def document(made: Interface) -> dict[str, Any]:
    """The whole document."""
    schemas, components = schemas_of(ANSWERS)
    found: dict[str, Any] = _filled(made.spec.to_dict(), schemas)
    found["components"]["schemas"] |= components
    return found


def _filled(told: Any, schemas: list[dict[str, Any]]) -> Any:
    """The document with the schemas of the answers in their places."""
    if isinstance(told, dict):
        if "x-answer" in told:
            return schemas[told["x-answer"]]
        return {name: _filled(one, schemas) for name, one in told.items()}
    return [_filled(one, schemas) for one in told] if isinstance(told, list) else told


def _schema_name(schema: Any) -> str:
    """The name of the schema of a body."""
    kind = schema if isinstance(schema, type) else type(schema)
    return f"{kind.__name__}Given"


def _limits(self: OpenAPIConverter, field: fields.Field[Any], **_rest: Any) -> dict[str, Any]:
    """What a field takes that marshmallow's validators do not tell."""
    del self
    wanted = field.metadata.get("wanted")
    if not isinstance(wanted, Wanted):
        return {}
    if wanted.many:
        return {"maxItems": MOST}
    limits = wanted.limits or Meta()
    nullable = ["null"] * field.allow_none
    if wanted.sealed or wanted.kind is str:
        longest = limits.max_length or LONGEST
        told = {"minLength": limits.min_length or int(wanted.required), "maxLength": longest, "pattern": limits.pattern}
        return {name: value for name, value in told.items() if value}
    if wanted.kind is Decimal:
        return {"type": ["number", "string", *nullable], "pattern": AMOUNT}
    if limits.gt is not None:
        return {"exclusiveMinimum": limits.gt}
    if isinstance(wanted.kind, type) and issubclass(wanted.kind, Enum):
        return {"type": ["string", *nullable]}
    return {}


# --- what is served -----------------------------------------------------------------------------------


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The document; it holds no data."""
    return jsonify(current_app.extensions[_KEY])


@blueprint.get("/")
@public
def documentation() -> str:
    """A page that shows the document and can try it out."""
    return render_template("api.html", document_url=url_for("api.openapi"))


def publish(app: Flask, made: Interface) -> None:
    """Serve the document of an interface that is complete."""
    app.extensions[_KEY] = document(made)
    app.register_blueprint(blueprint)
