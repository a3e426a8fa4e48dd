"""What the official client raises, sorted by what the caller must do.

A refusal has Kite's own envelope and a status below 500. Whatever else may have reached Kite is an
unknown outcome for a write. No text of the transport is repeated: it may hold a token.
"""

from __future__ import annotations

import requests
from kiteconnect import exceptions as theirs  # pyright: ignore[reportMissingTypeStubs]
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from tradertape_brokers.errors import (
    BrokerError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SessionExpired,
    Unavailable,
)

TOO_MANY, FORBIDDEN, FIRST_FAILURE = 429, 403, 500
_NEVER_CONNECTED = (ConnectTimeoutError, NameResolutionError, NewConnectionError)


def sorted_error(error: Exception, *, is_write: bool) -> BrokerError:
    """The error of ours for one of theirs."""
    if isinstance(error, theirs.KiteException):
        return _of_answer(error, is_write=is_write)
    if isinstance(error, requests.exceptions.RequestException) and _never_connected(error):
        return Unavailable("Kite could not be reached")
    if isinstance(error, requests.exceptions.Timeout):
        text = "Kite did not answer in time"
    elif isinstance(error, requests.exceptions.RequestException):
        text = "the connection to Kite broke"
    else:  # the client reads an answer without looking: anything may be missing in it
        text = "Kite's answer cannot be read"
    return OutcomeUnknown(text) if is_write else Unavailable(text)


def _of_answer(error: theirs.KiteException, *, is_write: bool) -> BrokerError:
    code, text = int(error.code), str(error)
    if code == TOO_MANY:
        return RateLimited("Kite takes no more requests for the moment")
    if isinstance(error, theirs.TokenException):
        return SessionExpired("Kite's session is over: sign in again")
    # Raised by the client itself, whatever the status was, for what is not Kite's JSON.
    if isinstance(error, theirs.DataException):
        unread = "Kite's answer cannot be read"
        return OutcomeUnknown(unread) if is_write else Unavailable(unread)
    if code >= FIRST_FAILURE:
        return OutcomeUnknown(text) if is_write else Unavailable(text)
    return Refused(text)


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    """Whether no connection came about, so that nothing was sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, _NEVER_CONNECTED)
