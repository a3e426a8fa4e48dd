"""Replies in Upstox's envelope, and its error codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.responses import Response


class UpstoxError(Exception):
    """An error that the caller is told of: the broker's code, the words, the HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        field: str | None = None,
        value: object = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.value = value


def invalid(message: str, field: str | None = None, value: object = None) -> UpstoxError:
    """Input that has no code of its own."""
    return UpstoxError("UDAPI100036", message, field=field, value=value)


def bad_token() -> UpstoxError:
    """No session, or one that has ended."""
    words = "Invalid token used to access API: sign in again"
    return UpstoxError("UDAPI100050", words, status=401)


def too_many() -> UpstoxError:
    """A call over the rate limit."""
    return UpstoxError("UDAPI10005", "Too many requests sent", status=429)


def success(data: Any, **more: Any) -> Response:
    """A reply with its data; `more` is what a few replies have beside them."""
    return _json({"status": "success", "data": data, **more}, 200)


def results(data: Any, errors: Sequence[dict[str, Any]], summary: dict[str, int]) -> Response:
    """A reply of a call with several parts: all done (200), some (207), or none (400)."""
    done = summary["success"]
    status = "success" if not errors else "partial_success" if done else "error"
    code = {"success": 200, "partial_success": 207, "error": 400}[status]
    body = {"status": status, "data": data or None if status == "error" else data}
    return _json({**body, "errors": list(errors) or None, "summary": summary}, code)


def failure(error: UpstoxError) -> Response:
    """An error with both spellings of its fields."""
    shown = {
        "errorCode": error.code,
        "message": error.message,
        "propertyPath": error.field,
        "invalidValue": error.value,
        "error_code": error.code,
        "property_path": error.field,
        "invalid_value": error.value,
    }
    return _json({"status": "error", "errors": [shown]}, error.status)


def _json(body: object, status: int) -> Response:
    content = orjson.dumps(body, default=str)
    return Response(content, status_code=status, media_type="application/json")
