"""Routes of what is at the brokers. BP-01…05."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.holdings.schemas import (
    BrokerOrderOut,
    HoldingOut,
    MarginOut,
    PositionOut,
)
from tradertape_server.features.holdings.service import HoldingsService, Listing
from tradertape_server.platform.http.routing import part

_NOT_CONNECTED: dict[int | str, dict[str, Any]] = {
    409: {"description": "No session at the broker; `login_url` is where one begins."}
}
router = APIRouter(prefix="/api/portfolio", tags=["at the brokers"], responses=_NOT_CONNECTED)

Out = TypeVar("Out", bound=BaseModel)
Holdings = Annotated[HoldingsService, Depends(part("holdings"))]
OneBroker = Annotated[
    str | None, Query(pattern=r"^[a-z]{2,20}$", description="Only this one; else all connected.")
]
Refresh = Annotated[bool, Query(description="Ask the broker even if there is a fresh answer.")]


@router.get("/holdings")
def list_holdings(
    user: CurrentUser, holdings: Holdings, response: Response, *,
    broker: OneBroker = None, refresh: Refresh = False,
) -> list[HoldingOut]:  # fmt: skip
    """Delivered shares at your brokers.

    Answers are kept for 30 seconds: `X-Data-Age` says their age in seconds and `X-Cache` whether
    the broker was asked. If a broker fails, its last rows are returned with `stale`. Without a
    session the status is 409, with `login_url`.
    """
    return _sent(holdings.holdings(user.id, broker, refresh=refresh), response)


@router.get("/positions")
def list_broker_positions(
    user: CurrentUser, holdings: Holdings, response: Response, *,
    broker: OneBroker = None, refresh: Refresh = False,
) -> list[PositionOut]:  # fmt: skip
    """Positions at your brokers, intraday and delivery; see *holdings*."""
    return _sent(holdings.positions(user.id, broker, refresh=refresh), response)


@router.get("/orders")
def list_broker_orders(
    user: CurrentUser, holdings: Holdings, response: Response, *,
    broker: OneBroker = None, refresh: Refresh = False,
) -> list[BrokerOrderOut]:  # fmt: skip
    """Today's orders at your brokers, also those of other terminals; see *holdings*."""
    return _sent(holdings.orders(user.id, broker, refresh=refresh), response)


@router.get("/margins")
def list_margins(
    user: CurrentUser, holdings: Holdings, response: Response, *,
    broker: OneBroker = None, refresh: Refresh = False,
) -> list[MarginOut]:  # fmt: skip
    """Funds at your brokers by segment; see *holdings*."""
    return _sent(holdings.margins(user.id, broker, refresh=refresh), response)


def _sent(listing: Listing[Out], response: Response) -> list[Out]:
    response.headers["X-Data-Age"] = str(int(listing.age_s))
    response.headers["X-Cache"] = "HIT" if listing.is_hit else "MISS"
    if listing.failures:
        # Accounts alone: a broker's words may have characters that no header takes.
        response.headers["X-Failed-Accounts"] = ", ".join(sorted(listing.failures))
    return listing.rows
