"""Routes of the interface: whom each is for, what it takes, and what it answers, said once and documented from that."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, TypeVar

from flask_smorest import Blueprint

from domain.terms import Role
from web.access import allowed
from web.api.asking import NOTHING, Parser
from web.schemas import Given

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
ANSWERS: list[Any] = []
"""The types of all answers; the document names them by their place here until all are known."""
_ALWAYS = (400, 401, 403, 404, 422, 500, 503)
_IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "1 to 200 printable characters. Sent again under the same key, nothing is stored a second time and "
    "the answer is that of the first time; the same key with other content is refused (`request_reused`).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The version of the journey this was decided on, as its ETag names it; if the journey has changed "
    "meanwhile, nothing is stored (412).",
    "schema": {"type": "string", "pattern": '^("[0-9]{1,9}"|\\*)$'},
}


class Section(Blueprint):  # type: ignore[misc]
    """A part of the interface."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix=PREFIX, description=description)
        self.title = name.replace("_", " ")
        self._prepare_doc_cbks.append(_with_headers)

    def get(self, rule: str, *roles: Role, **said: Any) -> Callable[[View], View]:
        """A question; see `_operation`."""
        return self._operation("GET", rule, roles, **said)

    def post(self, rule: str, *roles: Role, **said: Any) -> Callable[[View], View]:
        """A command; see `_operation`."""
        return self._operation("POST", rule, roles, **{"scope": "write", **said})

    def delete(self, rule: str, *roles: Role, **said: Any) -> Callable[[View], View]:
        """Something taken away; see `_operation`."""
        return self._operation("DELETE", rule, roles, **{"scope": "write", **said})

    def _operation(  # noqa: PLR0913 -- one place says all of an operation
        self,
        method: str,
        rule: str,
        roles: Sequence[Role],
        *,
        answers: Any = None,
        scope: str = "read",
        query: type[Given] = NOTHING,
        body: type[Given] | None = None,
        form: type[Given] | None = None,
        status: int = 200,
        content: str | tuple[str, ...] = "application/json",
        also: Sequence[int] = (),
        more: dict[int, Any] | None = None,
        command: bool = False,
        versioned: bool = False,
        endpoint: str | None = None,
        **doc: Any,
    ) -> Callable[[View], View]:
        """A view under a rule, for accounts with one of the roles and tokens with the scope.

        The view gets what `query` and `body` (JSON) or `form` (multipart) load, then the parts of its path. `answers`
        is the type it answers with under `status`, `more` those of other statuses, `also` further problems. `command`:
        it takes an `Idempotency-Key`; `versioned`: an `If-Match`. No query is taken but what is declared, so no command
        can be given at an earlier Datenstand.
        """

        def declare(view: View) -> View:
            wrapped: Any = view
            if body is not None:
                wrapped = self.arguments(body)(wrapped)
            if form is not None:
                wrapped = self.arguments(form, location="form", content_type="multipart/form-data")(wrapped)
            wrapped = self.arguments(query, location="query")(wrapped)
            for code in _problems(body or form, command, versioned, also):
                wrapped = self.alt_response(code, response=problem_name(code))(wrapped)
            for code, kind in {status: answers, **(more or {})}.items():
                wrapped = self._answers(wrapped, code, kind, content)
            operation = {"operationId": endpoint or view.__name__, "security": [{"token": [scope]}], **doc}
            wrapped = self.doc(**operation)(wrapped)
            told = ", ".join(role.value for role in roles) or "every role"
            wrapped.__doc__ = f"{cleandoc(view.__doc__ or '')}\n\nFor: {told}. Scope of the token: {scope}."
            wrapped._apidoc["headers"] = [_IDEMPOTENCY] * command + [_IF_MATCH] * versioned
            wrapped = allowed(*roles, scope=scope)(wrapped)
            self.add_url_rule(rule, endpoint or view.__name__, wrapped, methods=[method], tags=[self.title])
            return view

        return declare

    def _answers(self, view: Any, status: int, kind: Any, content: str | tuple[str, ...]) -> Any:
        """Document an answer; its schema is put in once all types are known. Without a type it is a file or nothing."""
        for one in (content,) if isinstance(content, str) else content:
            schema: Any = None
            if kind is not None:
                ANSWERS.append(kind)
                schema = {"x-answer": len(ANSWERS) - 1}
            elif status == HTTPStatus.OK:
                schema = {"type": "object" if one == "application/json" else "string"}
            view = self.alt_response(status, schema=schema, content_type=one, success=True)(view)
        return view


def _with_headers(doc: dict[str, Any], told: dict[str, Any], **_rest: Any) -> dict[str, Any]:
    """The headers of a request among its parameters."""
    if headers := told.get("headers"):
        doc["parameters"] = [*doc.get("parameters", ()), *headers]
    return doc


def problem_name(status: int) -> str:
    """The name of a problem's answer in the document."""
    return HTTPStatus(status).name


def _problems(body: type[Given] | None, command: bool, versioned: bool, also: Sequence[int]) -> list[int]:
    found = {*_ALWAYS, *also}
    if body is not None:
        found |= {413, 415}
    if command:
        found.add(409)
    if versioned:
        found.add(412)
    return sorted(found)
