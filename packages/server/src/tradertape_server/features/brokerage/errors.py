"""A broker's answer as an error of our API. Its text is the broker's, shortened and redacted."""

from __future__ import annotations

from math import ceil

from tradertape_brokers.errors import BrokerError, RateLimited, Refused
from tradertape_server.platform.errors import (
    ApiError,
    BadRequest,
    Conflict,
    TooMany,
    Unavailable,
)
from tradertape_server.platform.logging import without_control, without_secrets

MOST_WORDS = 300


class NotConnected(Conflict):
    """There is no session at the broker; login_url: where one begins."""

    def __init__(self, broker: str, login_url: str | None, reason: str = "") -> None:
        super().__init__(
            "Broker not connected",
            code="broker_not_connected",
            more={"broker": broker, "login_url": login_url, "reason": reason},
        )


def words_of(error: BrokerError) -> str:
    """The broker's words for people: one line, without what looks like a secret."""
    return without_control(without_secrets(str(error)))[:MOST_WORDS]


def api_error(error: BrokerError, title: str) -> ApiError:
    """The response for an error of a broker. title: the broker's name for people."""
    words = words_of(error)
    if isinstance(error, Refused):
        return BadRequest(f"{title} refused: {words}", code="broker_refused")
    if isinstance(error, RateLimited):
        wait = ceil(error.retry_after_s or 1)
        return TooMany(f"{title} takes no more requests now.", retry_after_s=wait)
    return Unavailable(
        f"{title} does not answer as it should: {words}. Try again in a moment.",
        code="broker_unavailable",
        headers={"Retry-After": "5"},
    )
