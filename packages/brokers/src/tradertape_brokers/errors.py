"""What a broker's adapter raises, sorted by what the caller must do.

BrokerError
├── OutcomeUnknown     the request may have been executed: never sent again, always looked up
├── Refused            the broker said no, with its reason: tell the user
└── NotSent            it surely did nothing: may be repeated
    ├── RateLimited    … after a pause
    ├── SessionExpired … after the user has signed in again
    └── Unavailable    … when the broker can be reached
"""

from __future__ import annotations


class BrokerError(Exception):
    """Why a request to a broker has no answer."""


class OutcomeUnknown(BrokerError):
    """The request may have been executed and its answer was lost: it is never sent again."""


class Refused(BrokerError):
    """The broker refused the request; the text is the broker's own."""


class NotSent(BrokerError):
    """The request surely had no effect: it may be repeated."""


class RateLimited(NotSent):
    """Too many requests. retry_after_s: how long the broker asks to wait, where it says."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SessionExpired(NotSent):
    """The broker takes nothing until the user signs in again: repeating does not help."""


class Unavailable(NotSent):
    """The broker could not be reached, or says that it is closed for maintenance."""
