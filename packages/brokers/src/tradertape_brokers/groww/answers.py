"""Groww's answers, sorted by what the caller must do.

A refusal has Groww's envelope and a status below 500. Whatever else may have reached Groww is an
unknown outcome for a write. No text of the transport is repeated: it may hold a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import httpx

from tradertape_brokers.errors import (
    BrokerError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SessionExpired,
    Unavailable,
)

UNAUTHORISED, FORBIDDEN, TOO_MANY, FIRST_FAILURE = 401, 403, 429, 500
# Source: groww.in/trade-api/docs, "Errors". GA000: internal. GA003: cannot serve now.
_FAILED: Final = frozenset({"GA000", "GA003"})
_NOT_AUTHORISED, _USED_REFERENCE = "GA005", "GA007"
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def payload_of(answer: httpx.Response, *, is_write: bool) -> Any:
    """What was asked for: the `payload` of an answer, or all of it. Raises BrokerError."""
    body = _object(answer)
    if body is None or answer.status_code >= FIRST_FAILURE:
        raise lost("Groww's answer cannot be read", is_write=is_write)
    if answer.status_code == TOO_MANY:
        text = "Groww takes no more requests for the moment"
        raise RateLimited(text, _retry_after_s(answer))
    if answer.status_code == UNAUTHORISED:
        raise SessionExpired("Groww's session is over: sign in again")
    if body.get("status") == "FAILURE" or not answer.is_success:
        raise _refusal(body.get("error"), answer.status_code, is_write=is_write)
    return body.get("payload", body)


def transport_error(error: httpx.TransportError, *, is_write: bool) -> BrokerError:
    """The error of ours for a connection that failed."""
    if isinstance(error, _NEVER_SENT):
        return Unavailable("Groww could not be reached")
    if isinstance(error, httpx.TimeoutException):
        return lost("Groww did not answer in time", is_write=is_write)
    return lost("the connection to Groww broke", is_write=is_write)


def lost(text: str, *, is_write: bool) -> BrokerError:
    """The error for a request without an answer: what was only asked may be asked again."""
    return OutcomeUnknown(text) if is_write else Unavailable(text)


def as_object(value: object) -> Mapping[str, Any] | None:
    """A JSON object; None for anything else."""
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else None


def rows_of(payload: object, name: str) -> list[Mapping[str, Any]]:
    """A list of objects in an answer. Raises Unavailable."""
    found: object = (as_object(payload) or {}).get(name)
    rows = cast(list[object], found) if isinstance(found, list) else None
    objects = [one for one in map(as_object, rows or []) if one is not None]
    if rows is None or len(objects) < len(rows):
        raise Unavailable(f"Groww's answer has no readable {name}")
    return objects


def _refusal(error: object, status: int, *, is_write: bool) -> BrokerError:
    fields = as_object(error) or {}
    code = str(fields.get("code") or "")
    text = str(fields.get("message") or fields.get("displayMessage") or f"status {status}")
    if code in _FAILED:
        return lost(f"Groww failed: {text}", is_write=is_write)
    if code == _USED_REFERENCE and is_write:
        # No order is sent twice: one with our reference is one that Groww has.
        return OutcomeUnknown("Groww has an order with this reference already")
    if code == _NOT_AUTHORISED and status != FORBIDDEN:  # of an address that is not registered
        return SessionExpired("Groww's session is over: sign in again")
    return Refused(text)


def _object(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        return as_object(answer.json())
    except ValueError:
        return None


def _retry_after_s(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
