"""Errors of the HTTP surface: `{"detail": …}` as FastAPI writes it, and a code for machines.

ApiError
├── BadRequest       400  a parameter or a rule of the business
├── Unauthenticated  401  nobody is signed in
├── Forbidden        403  signed in, but not for this
├── NotFound         404  not there, or not yours: the answer is the same
├── Conflict         409  the state does not allow it
├── TooLarge         413  the body is over the limit
├── TooMany          429  over a ceiling; says when to come back
└── Unavailable      503  not now
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput

CODE_HEADER = "X-Error-Code"
DATABASE_AWAY = "database_away"

# What the framework says of a field, as what to do about it.
_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not known here; leave it out",
    "model_attributes_type": "must be a JSON object, sent with Content-Type: application/json",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a text",
}

STATUS_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


class ApiError(Exception):
    """An answer that is not a success; raise one of its kinds."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        detail: str,
        *,
        code: str = "",
        headers: dict[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """more: members of the answer beside `detail`, for programs."""
        super().__init__(detail)
        self.more = more or {}
        self.detail = detail
        self.code = code or STATUS_CODES[self.status]
        self.headers = headers or {}


class BadRequest(ApiError):
    """A parameter is wrong, or a rule of the business is broken."""

    status = 400


class Unauthenticated(ApiError):
    """Nobody is signed in, or no longer."""

    status = 401

    def __init__(self, detail: str = "Not signed in.", *, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(ApiError):
    """Signed in, but not allowed this."""

    status = 403


class NotFound(ApiError):
    """Not there, or somebody else's: the two cannot be told apart."""

    status = 404

    def __init__(self, what: str = "Page") -> None:
        super().__init__(f"{what} not found.")


class Conflict(ApiError):
    """The state of the thing does not allow it."""

    status = 409


class TooLarge(ApiError):
    """The body is over the limit."""

    status = 413


class TooMany(ApiError):
    """Over a ceiling; `retry_after_s` says when it may be tried again."""

    status = 429

    def __init__(self, detail: str, *, retry_after_s: int, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(max(1, retry_after_s))})
        self.retry_after_s = retry_after_s


class Unavailable(ApiError):
    """Something we need does not answer."""

    status = 503


def error_response(
    status: int,
    detail: Any,
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """The one shape of every error."""
    code = code or STATUS_CODES.get(status, "error")
    body = {"detail": detail, **(more or {})}
    return JSONResponse(body, status_code=status, headers={CODE_HEADER: code, **(headers or {})})


def database_away() -> JSONResponse:
    """What is answered while the database is not reached, or waited for in vain."""
    detail = (
        "The database does not answer. Ask again in a moment; before you repeat a change that has "
        "no idempotency key, look whether it was made."
    )
    return error_response(503, detail, code=DATABASE_AWAY, headers={"Retry-After": "2"})


def response_for(error: ApiError) -> JSONResponse:
    """An error as its answer."""
    return error_response(
        error.status, error.detail, code=error.code, headers=error.headers, more=error.more
    )


def install_error_handlers(app: FastAPI) -> None:
    """Teach the app to answer our errors, the core's and the framework's in one shape."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(InvalidInput, _invalid_input)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def _api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - narrows what the framework passes
    return response_for(error)


def _invalid_input(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidInput)  # noqa: S101 - as above
    if isinstance(error, InvalidDocument):
        return error_response(422, document_problems(error), code="invalid_document")
    return error_response(400, error.message, code="invalid_input")


def document_problems(error: InvalidDocument) -> list[dict[str, Any]]:
    """A document's problems in the list form of a 422, each with its JSON pointer."""
    return [
        {
            "type": "invalid_document",
            "loc": ["body", *problem.pointer.split("/")[1:]],
            "msg": problem.message,
            "pointer": problem.pointer,
        }
        for problem in error.problems
    ]


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    return error_response(422, [_without_input(one) for one in error.errors()])


def _without_input(problem: dict[str, Any]) -> dict[str, Any]:
    # What was sent is not sent back: it may hold a password.
    told = {key: problem[key] for key in ("type", "loc", "msg") if key in problem}
    words: str = told["msg"]
    told["msg"] = _WORDS.get(told["type"]) or words.removeprefix("Value error, ")
    source, *path = told["loc"]
    if source == "body":
        told["pointer"] = "".join(f"/{part}" for part in path)
    return told


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    detail = error.detail
    if error.status_code == 404 and detail == "Not Found":
        detail = "Page not found."
    return error_response(error.status_code, detail, headers=dict(error.headers or {}))


def validation_list(messages: Sequence[tuple[Sequence[str | int], str, str]]) -> JSONResponse:
    """A 422 in FastAPI's list form from (loc, msg, type) triples."""
    return error_response(
        422, [{"type": kind, "loc": list(loc), "msg": text} for loc, text, kind in messages]
    )
