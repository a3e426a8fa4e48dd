"""Headers, bodies, responses and retries, the same for both HTTP libraries."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.exceptions import (
    KiteAlgoWorkerError,
    OutcomeUnknownError,
    TransportError,
    error_for_status,
)
from kite_algo_worker.protocol.call import Call, Repeat

NONCE_HEADER = "X-Worker-Session-Nonce"
KEY_HEADER = "Idempotency-Key"
REQUEST_ID_HEADER = "X-Request-Id"
_LONGEST_PAUSE_S = 5.0
_LONGEST_RETRY_AFTER_S = 30.0  # if a server asks for more, the call fails
# 408: the request did not arrive whole, and nothing of it was done.
_NOT_DONE_STATUSES = frozenset({408, 429})
_BUSY_STATUSES = _NOT_DONE_STATUSES | {502, 503, 504}
_IN_PROGRESS = "idempotency_key_in_progress"  # an earlier try is still being executed


def headers_of(config: AlgoWorkerConfig) -> dict[str, str]:
    """Return the headers of every request."""
    return {
        "Authorization": f"Bearer {config.token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def headers_for(call: Call[Any]) -> dict[str, str]:
    """Return the headers of one request: its id, the session's nonce, the key."""
    headers = {REQUEST_ID_HEADER: uuid.uuid4().hex[:16]}
    if call.nonce is not None:
        headers[NONCE_HEADER] = call.nonce
    if call.key is not None:
        headers[KEY_HEADER] = call.key
    return headers


def headers_after(call: Call[Any], cursor: str) -> dict[str, str]:
    """Return the headers of a stream that resumes after `cursor`, "" for none."""
    headers = headers_for(call)
    return {**headers, "Last-Event-ID": cursor} if cursor else headers


def subscription_of(call: Call[Any]) -> str:
    """Return the subscription of a stream: its path and query, without the token."""
    query = "&".join(f"{key}={value}" for key, value in call.query.items())
    return f"{call.path}?{query}"


def body_of(call: Call[Any]) -> bytes | None:
    """Return the body as it is sent, the same bytes for every try.

    Raises InvalidInputError for NaN and Infinity, TypeError for what is no JSON.
    """
    if call.body is None:
        return None
    return json.dumps(call.body, allow_nan=False, default=_plain, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "item"):  # a number of numpy or pandas
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be sent: convert it to a text or a number")


def read_answer(
    call: Call[Any], status: int, text: str, headers: Mapping[str, str], request_id: str
) -> Any:
    """Return the parsed body of a success. Raises the error of any other status."""
    body = _parsed(text)
    if 200 <= status < 300:
        return body
    raise error_for_status(
        status,
        body if text else None,
        fallback=_error_text(call, status, headers),
        code=headers.get("X-Error-Code"),
        request_id=headers.get(REQUEST_ID_HEADER, request_id),
        retry_after_s=_seconds(headers.get("Retry-After")),
    )


def _parsed(text: str) -> Any:
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except ValueError:
        return {"raw": text}


def _error_text(call: Call[Any], status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        where = headers.get("Location", "another address").partition("?")[0]
        return f"the server answered {status}: it moved to {where}; set base_url to its new address"
    return f"the server answered {status} to {call.method} {call.path}"


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdigit() else None


def lost_response(
    call: Call[Any], error: Exception, *, config: AlgoWorkerConfig, request_id: str, was_sent: bool
) -> TransportError:
    """Return the error of a lost response: OutcomeUnknownError if a change may have been made.

    was_sent: whether the request may have reached the server.
    """
    why = without_token(f"{type(error).__name__}: {error}", config.token)
    what = f"{call.method} {call.path} (request {request_id})"
    if call.repeat is Repeat.FREELY or not was_sent:
        sent = "" if was_sent else "; it was not sent"
        return TransportError(
            f"no answer to {what}{sent}: {why}", status_code=0, request_id=request_id
        )
    advice = (
        "send it again with the same idempotency key: it is executed once"
        if call.repeat is Repeat.KEYED and call.key is None
        else "read the run before you send it again"
    )
    return OutcomeUnknownError(
        f"the answer to {what} was lost, and it may have been executed: {advice}. {why}",
        status_code=0,
        request_id=request_id,
    )


def without_token(text: str, token: str) -> str:
    """Return `text` with the token replaced by `***`."""
    return text.replace(token, "***") if token else text


def pause_before_repeat(
    call: Call[Any], error: KiteAlgoWorkerError, tries: int, config: AlgoWorkerConfig
) -> float | None:
    """Return the seconds to wait before the call is repeated; None if it must not be.

    tries: how often it was sent. Reads are repeated when no answer came or the server was busy;
    writes under their key when the answer was lost, an earlier try is still being executed, the
    caller was too fast (429) or too slow (408), and those whose key the caller does not know when
    the server was busy too; other writes never.
    """
    if tries > config.max_retries:
        return None
    is_lost = isinstance(error, TransportError)
    is_busy = error.status_code in _BUSY_STATUSES
    is_to_wait = error.status_code in _NOT_DONE_STATUSES or error.code == _IN_PROGRESS
    may_repeat = {
        Repeat.FREELY: is_lost or is_busy,
        Repeat.KEYED: is_lost or is_to_wait or (call.key is not None and is_busy),
        Repeat.NEVER: False,
    }
    if not may_repeat[call.repeat]:
        return None
    requested_s = error.retry_after_s
    if requested_s is not None and requested_s > _LONGEST_RETRY_AFTER_S:
        return None
    pause_s = min(config.retry_delay_s * 2 ** (tries - 1), _LONGEST_PAUSE_S)
    return pause_s if requested_s is None else max(pause_s, requested_s)
