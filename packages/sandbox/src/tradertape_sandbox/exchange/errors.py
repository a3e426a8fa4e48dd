"""Errors of the exchange.

SandboxError
├── Refused         a request the broker or the exchange does not accept; nothing was recorded
├── UnknownAccount  no account was opened under this key
├── UnknownOrder    the account has no such order
└── UnknownGtt      the account has no such trigger
"""

from __future__ import annotations

from enum import StrEnum


class RefusalKind(StrEnum):
    """What is wrong with a refused request; each broker has its own code for it."""

    INPUT = "input"
    ORDER = "order"
    MARGIN = "margin"
    HOLDING = "holding"
    PERMISSION = "permission"
    CLOSED = "closed"


class SandboxError(Exception):
    """Root of the errors that the exchange raises on purpose."""


class Refused(SandboxError):
    """A request was refused; `message` gives the reason in words for people."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class UnknownAccount(SandboxError):
    """No account was opened under this key."""


class UnknownOrder(SandboxError):
    """The account has no order with this id."""


class UnknownGtt(SandboxError):
    """The account has no trigger with this id."""
