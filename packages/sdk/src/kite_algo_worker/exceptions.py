"""The errors of this package.

KiteAlgoWorkerError             every error of this package; 404, 409, 429, 5xx themselves
├── AuthError                   401  no valid token
├── PermissionDeniedError       403  the token lacks the scope
│   └── LiveNotEnabledError          live trading without KITE_ALGO_ENABLE_LIVE=1; nothing was sent
├── BrokerValidationError       400, 422  the order or the request breaks a rule
├── InvalidInputError           an argument or setting is wrong; nothing was sent. Also a ValueError
├── StreamDisconnectedError     a stream was lost and could not be reopened
└── TransportError              no answer: the server could not be reached
    └── OutcomeUnknownError     no answer to a change: it may have been executed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = [
    "AuthError",
    "BrokerValidationError",
    "InvalidInputError",
    "KiteAlgoWorkerError",
    "LiveNotEnabledError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "StreamDisconnectedError",
    "TransportError",
    "error_for_status",
]


class KiteAlgoWorkerError(RuntimeError):
    """The base of every error of this package.

    `status_code` is the HTTP status, 0 where there was none. `response_body` is the parsed answer.
    `code` is the server's code of the reason (`session_claimed`, `not_a_lot` …), `request_id`
    identifies the request in the server's log, `retry_after_s` is how long to wait, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        response_body: Any = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.response_body = response_body
        self.code = code
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class AuthError(KiteAlgoWorkerError):
    """The token is missing, unknown, expired or revoked: create a new one."""


class PermissionDeniedError(KiteAlgoWorkerError):
    """The token is valid but lacks the scope for this call."""


class LiveNotEnabledError(PermissionDeniedError):
    """Live trading was requested without KITE_ALGO_ENABLE_LIVE=1. Nothing was sent."""


class BrokerValidationError(KiteAlgoWorkerError):
    """An order or a request breaks a rule. Nothing was placed; correct it, then send it again."""


class InvalidInputError(KiteAlgoWorkerError, ValueError):
    """An argument or a setting is wrong; the text says what to change. Nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status_code=0)


class StreamDisconnectedError(KiteAlgoWorkerError):
    """A stream was lost and every reconnect failed."""


class TransportError(KiteAlgoWorkerError):
    """There was no answer. The library's own error is the `__cause__`."""


class OutcomeUnknownError(TransportError):
    """The answer to a change was lost: it may have been executed.

    Read the run's orders, or send the same command again with the same idempotency key: it is
    executed once.
    """


_CLASSES: Mapping[int, type[KiteAlgoWorkerError]] = {
    400: BrokerValidationError,
    401: AuthError,
    403: PermissionDeniedError,
    422: BrokerValidationError,
}


def error_for_status(
    status_code: int,
    body: Any,
    *,
    fallback: str,
    code: str | None = None,
    request_id: str | None = None,
    retry_after_s: float | None = None,
) -> KiteAlgoWorkerError:
    """Return the error of a response with this status and parsed body.

    Its text is the body's `detail` or `message`, else the body, else `fallback`.
    """
    kind = _CLASSES.get(status_code, KiteAlgoWorkerError)
    return kind(
        text_of(body) or fallback,
        status_code=status_code,
        response_body=body,
        code=code,
        request_id=request_id,
        retry_after_s=retry_after_s,
    )


def text_of(body: Any) -> str:
    """Return the error text of a response: `detail`, `message`, or all of it; "" if empty."""
    if isinstance(body, Mapping):
        fields = cast("Mapping[str, Any]", body)
        detail = fields.get("detail") or fields.get("message")
        if isinstance(detail, list):
            return "; ".join(_problem(one) for one in cast("list[Any]", detail))
        return str(detail or dict(fields)) if fields else ""
    return "" if body is None else str(body)


def _problem(one: Any) -> str:
    # `{"loc": ["body", "order", "price"], "msg": "…", "pointer": "/order/price"}`
    if not isinstance(one, Mapping):
        return str(one)
    fields = cast("Mapping[str, Any]", one)
    if "msg" not in fields:
        return str(fields)
    where = fields.get("pointer") or "/".join(str(part) for part in fields.get("loc") or ())
    return f"{where}: {fields['msg']}" if where else str(fields["msg"])
