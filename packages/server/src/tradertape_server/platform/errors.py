"""Errors of the HTTP API: a body `{"detail": …}` as FastAPI writes it, and a code for programs.

ApiError
├── BadRequest       400  a parameter is wrong, or a business rule is broken
├── Unauthenticated  401  nobody is signed in
├── Forbidden        403  signed in, but without this permission
├── NotFound         404  does not exist, or belongs to somebody else: the response is the same
├── RequestTimeout   408  the body did not arrive in time
├── Conflict         409  the current state does not allow it
├── TooLarge         413  the body is over the size limit
├── TooMany          429  over a rate limit; the response says when to retry
└── Unavailable      503  temporarily not available
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, StoredDataDamaged

CODE_HEADER = "X-Error-Code"
DATABASE_AWAY = "database_away"
DATA_DAMAGED = "data_damaged"

# The framework's error types, with messages that say what to do about the field.
_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not known here; leave it out",
    "model_attributes_type": "must be a JSON object, sent with Content-Type: application/json",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a text",
}

# Of one request: nobody reads more, and a body can have thousands.
MOST_PROBLEMS = 100

STATUS_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid_request",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "internal_error",
    503: "unavailable",
}


class ApiError(Exception):
    """A response that is not a success; raise one of the subclasses."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        detail: str,
        *,
        code: str = "",
        headers: dict[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """more: further members of the response body beside `detail`, for programs."""
        super().__init__(detail)
        self.more = more or {}
        self.detail = detail
        self.code = code or STATUS_CODES[self.status]
        self.headers = headers or {}


class BadRequest(ApiError):
    """A parameter is wrong, or a business rule is broken."""

    status = 400


class Unauthenticated(ApiError):
    """Nobody is signed in, or no longer."""

    status = 401

    def __init__(self, detail: str = "Not signed in.", *, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(ApiError):
    """Signed in, but without permission for this."""

    status = 403


class NotFound(ApiError):
    """Does not exist or belongs to somebody else: the response does not reveal which."""

    status = 404

    def __init__(self, what: str = "Page") -> None:
        super().__init__(f"{what} not found.")


class Conflict(ApiError):
    """The current state of the resource does not allow it."""

    status = 409


class RequestTimeout(ApiError):
    """The body did not arrive in time."""

    status = 408

    def __init__(self, within_s: float) -> None:
        super().__init__(f"The body did not arrive within {within_s:g} seconds.")


class TooLarge(ApiError):
    """The request body is over the size limit."""

    status = 413


class TooMany(ApiError):
    """Over a rate limit; retry after `retry_after_s` seconds."""

    status = 429

    def __init__(self, detail: str, *, retry_after_s: int, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(max(1, retry_after_s))})
        self.retry_after_s = retry_after_s


class Unavailable(ApiError):
    """A service that the request needs does not respond."""

    status = 503


def error_response(
    status: int,
    detail: Any,
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Build the response of an error; every error of the API has this shape."""
    code = code or STATUS_CODES.get(status, "error")
    body = {"detail": detail, **(more or {})}
    return JSONResponse(body, status_code=status, headers={CODE_HEADER: code, **(headers or {})})


def database_away() -> JSONResponse:
    """Build the response for a database that cannot be reached or does not respond in time."""
    detail = (
        "The database does not respond. Retry in a moment; before you repeat a change without an "
        "idempotency key, check whether it was made."
    )
    return error_response(503, detail, code=DATABASE_AWAY, headers={"Retry-After": "2"})


def response_for(error: ApiError) -> JSONResponse:
    """Convert an error to its HTTP response."""
    return error_response(
        error.status, error.detail, code=error.code, headers=error.headers, more=error.more
    )


def install_error_handlers(app: FastAPI) -> None:
    """Register handlers that give our errors, the core's and the framework's one shape."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(InvalidInput, _invalid_input)
    app.add_exception_handler(StoredDataDamaged, _damaged)
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


def _damaged(_request: Request, error: Exception) -> JSONResponse:
    return error_response(503, str(error), code=DATA_DAMAGED)


def document_problems(error: InvalidDocument) -> list[dict[str, Any]]:
    """A document's problems in the list form of a 422, each with its JSON pointer."""
    return [
        {
            "type": "invalid_document",
            "loc": ["body", *problem.pointer.split("/")[1:]],
            "msg": problem.message,
            "pointer": problem.pointer,
        }
        for problem in error.problems[:MOST_PROBLEMS]
    ]


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    return error_response(422, [_without_input(one) for one in error.errors()[:MOST_PROBLEMS]])


def _without_input(problem: dict[str, Any]) -> dict[str, Any]:
    # The input is left out of the response: it may hold a password.
    kept = {key: problem[key] for key in ("type", "loc", "msg") if key in problem}
    message: str = kept["msg"]
    kept["msg"] = _MESSAGES.get(kept["type"]) or message.removeprefix("Value error, ")
    source, *path = kept["loc"]
    if source == "body":
        kept["pointer"] = "".join(f"/{part}" for part in path)
    return kept


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    detail = error.detail
    if error.status_code == 404 and detail == "Not Found":
        detail = "Page not found."
    return error_response(error.status_code, detail, headers=dict(error.headers or {}))


def validation_list(messages: Sequence[tuple[Sequence[str | int], str, str]]) -> JSONResponse:
    """Build a 422 in FastAPI's list form from (loc, msg, type) triples."""
    return error_response(
        422, [{"type": kind, "loc": list(loc), "msg": text} for loc, text, kind in messages]
    )
