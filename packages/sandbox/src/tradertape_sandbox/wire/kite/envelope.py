"""Kite's replies: success and error envelopes, and the status of each kind of error."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import orjson
from starlette.responses import Response


class Kind(StrEnum):
    """Kinds of errors in the words of the wire (`error_type`)."""

    TOKEN = "TokenException"  # noqa: S105 - an error's name
    PERMISSION = "PermissionException"
    INPUT = "InputException"
    ORDER = "OrderException"
    GENERAL = "GeneralException"
    DATA = "DataException"
    NETWORK = "NetworkException"
    MARGIN = "MarginException"
    HOLDING = "HoldingException"
    USER = "UserException"


STATUS = {
    Kind.TOKEN: 403,
    Kind.PERMISSION: 403,
    Kind.INPUT: 400,
    Kind.ORDER: 400,
    Kind.GENERAL: 500,
    Kind.DATA: 502,
    Kind.NETWORK: 503,
    Kind.MARGIN: 400,
    Kind.HOLDING: 400,
    Kind.USER: 403,
}


class KiteError(Exception):
    """A refusal, sent as an error envelope. `status`: where it is not that of the kind."""

    def __init__(self, kind: Kind, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = STATUS[kind] if status is None else status


def too_many() -> KiteError:
    """The refusal of a call over a rate limit."""
    return KiteError(Kind.NETWORK, "Too many requests", status=429)


def bad_token() -> KiteError:
    """The refusal of a call without an open session."""
    return KiteError(Kind.TOKEN, "Incorrect `api_key` or `access_token`.")


def success(data: Any) -> Response:
    """A reply with data."""
    return _json({"status": "success", "data": data}, 200)


def failure(error: KiteError) -> Response:
    """A refusal."""
    body = {
        "status": "error",
        "message": error.message,
        "data": None,
        "error_type": error.kind.value,
    }
    return _json(body, error.status)


def _json(body: Any, status: int) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")
