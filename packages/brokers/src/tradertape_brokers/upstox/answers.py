"""Upstox's answers, sorted by what the caller must do.

A refusal has Upstox's list of errors and a status below 500. Whatever else may have reached Upstox
is an unknown outcome for a write. No text of the transport is repeated: it may hold a token.
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

FIRST_FAILURE: Final = 500
# Source: upstox.com/developer/api-documentation, "Error codes". The first two: sign in again.
_SESSION_OVER: Final = frozenset({"UDAPI100050", "UDAPI100073"})
_TOO_MANY, _FAILED = "UDAPI10005", "UDAPI100500"
_UNAUTHORISED, _TOO_MANY_STATUS = 401, 429
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
Fields = Mapping[str, Any]


def body_of(answer: httpx.Response, *, is_write: bool) -> Fields:
    """The JSON object of an answer that is no refusal. Raises BrokerError."""
    body = _object(answer)
    if body is None or answer.status_code >= FIRST_FAILURE:
        raise lost("Upstox's answer cannot be read", is_write=is_write)
    if body.get("status") == "error" or not answer.is_success:
        raise _refusal(body, answer.status_code, is_write=is_write)
    return body


def data_of(body: Fields, *, is_write: bool = False) -> Any:
    """What an answer has under `data`. Raises BrokerError."""
    if body.get("status") != "success" or body.get("data") is None:
        raise lost("Upstox's answer has no data", is_write=is_write)
    return body["data"]


def transport_error(error: httpx.RequestError, *, is_write: bool) -> BrokerError:
    """The error of ours for a connection that failed."""
    if isinstance(error, _NEVER_SENT):
        return Unavailable("Upstox could not be reached")
    if isinstance(error, httpx.TimeoutException):
        return lost("Upstox did not answer in time", is_write=is_write)
    return lost("the connection to Upstox broke", is_write=is_write)


def lost(text: str, *, is_write: bool) -> BrokerError:
    """The error for a request without an answer: what was only asked may be asked again."""
    return OutcomeUnknown(text) if is_write else Unavailable(text)


def as_object(value: object) -> Fields | None:
    """A JSON object; None for anything else."""
    return cast(Fields, value) if isinstance(value, dict) else None


def rows_of(value: object, name: str) -> list[Fields]:
    """A list of objects. Raises Unavailable, which names what was asked for."""
    rows = cast(list[object], value) if isinstance(value, list) else None
    objects = [one for one in map(as_object, rows or []) if one is not None]
    if rows is None or len(objects) < len(rows):
        raise Unavailable(f"Upstox's {name} cannot be read")
    return objects


def _refusal(body: Fields, status: int, *, is_write: bool) -> BrokerError:
    given = body.get("errors")
    errors = [one for one in map(as_object, cast(list[object], given)) if one] if isinstance(
        given, list
    ) else []  # fmt: skip
    first: Fields = errors[0] if errors else {}
    code = str(first.get("error_code") or first.get("errorCode") or "")
    text = str(first.get("message") or "")
    if status == _TOO_MANY_STATUS or code == _TOO_MANY:
        return RateLimited("Upstox takes no more requests for the moment")
    if status == _UNAUTHORISED or code in _SESSION_OVER:
        return SessionExpired("Upstox's session is over: sign in again")
    if not text or code == _FAILED:  # a refusal says why
        return lost("Upstox failed", is_write=is_write)
    return Refused(f"{text} ({code})" if code else text)


def _object(answer: httpx.Response) -> Fields | None:
    try:
        return as_object(answer.json())
    except ValueError:
        return None
