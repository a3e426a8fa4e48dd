"""Groww's replies: what succeeds is wrapped in `payload`, what fails carries a code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import orjson
from starlette.responses import Response

from tradertape_sandbox.exchange.errors import RefusalKind, Refused


class Code(StrEnum):
    """Groww's error codes; there is no GA002."""

    INTERNAL = "GA000"
    BAD_REQUEST = "GA001"
    UNAVAILABLE = "GA003"
    NOT_FOUND = "GA004"
    NOT_AUTHORISED = "GA005"
    CANNOT_PROCESS = "GA006"
    DUPLICATE = "GA007"


HTTP_STATUS: Mapping[Code, int] = {
    Code.INTERNAL: 500,
    Code.BAD_REQUEST: 400,
    Code.UNAVAILABLE: 503,
    Code.NOT_FOUND: 404,
    Code.NOT_AUTHORISED: 401,
    Code.CANNOT_PROCESS: 422,
    Code.DUPLICATE: 409,
}

_CODE_OF_REFUSAL: Mapping[RefusalKind, Code] = {
    RefusalKind.INPUT: Code.BAD_REQUEST,
    RefusalKind.ORDER: Code.BAD_REQUEST,
    RefusalKind.MARGIN: Code.CANNOT_PROCESS,
    RefusalKind.HOLDING: Code.CANNOT_PROCESS,
    RefusalKind.PERMISSION: Code.NOT_AUTHORISED,
    RefusalKind.CLOSED: Code.CANNOT_PROCESS,
}


class GrowwError(Exception):
    """A request fails with one of Groww's codes."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def bad_request(message: str) -> GrowwError:
    """The request is wrong; `message` says what to do."""
    return GrowwError(Code.BAD_REQUEST, message)


def not_found(message: str) -> GrowwError:
    """What the request names does not exist."""
    return GrowwError(Code.NOT_FOUND, message)


def refused(error: Refused) -> GrowwError:
    """The exchange's refusal with Groww's code."""
    return GrowwError(_CODE_OF_REFUSAL[error.kind], error.message)


class JsonResponse(Response):
    """JSON by orjson."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The body's bytes."""
        return orjson.dumps(content)


def success(payload: object, status: int = 200) -> Response:
    """A reply with what was asked for."""
    return JsonResponse({"status": "SUCCESS", "payload": payload}, status)


def failure(error: GrowwError) -> Response:
    """A failed request's reply.

    `displayMessage` is what the client shows when it is given no token.
    """
    return JsonResponse(
        {
            "status": "FAILURE",
            "error": {
                "code": error.code.value,
                "message": error.message,
                "displayMessage": error.message,
                "metadata": None,
            },
        },
        HTTP_STATUS[error.code],
    )


def gateway_failure(status: int, code: Code, message: str) -> Response:
    """A refusal before the API itself: no valid token (401), too many calls (429).

    It has no `status` of its own, so that the official client raises its error of the HTTP status.
    """
    body = {"error": {"code": code.value, "message": message, "displayMessage": message}}
    return JsonResponse(body, status)
