"""Routes of trading by hand: the order ticket, and the pages Orders, Positions and Funds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.trading.schemas import (
    ChangeIn,
    ConvertIn,
    ExitPositionsIn,
    ExitPositionsOut,
    HandOrderOut,
    HandPositionOut,
    PreferredIn,
    PreferredOut,
    PreviewOut,
    SettleIn,
    TicketAccountOut,
    TicketIn,
)
from tradertape_server.features.trading.service import TradingService
from tradertape_server.platform.http.routing import part

router = APIRouter(prefix="/api/trading", tags=["trading by hand"])

Trading = Annotated[TradingService, Depends(part("trading"))]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        description="Names this request: sent again with the same key, it is carried out once.",
    ),
]
OrderId = Annotated[str, Query(max_length=40, description="Orders before this one.")]


@router.get("/accounts")
def list_trading_accounts(user: CurrentUser, trading: Trading) -> list[TicketAccountOut]:
    """Your paper accounts and accounts at brokers, with their funds and what keeps them from
    trading."""
    return trading.accounts(user.id)


@router.post("/preview")
def preview_ticket(user: CurrentUser, trading: Trading, body: TicketIn) -> PreviewOut:
    """What an order would need and cost and what the risk checks say; nothing is placed."""
    return trading.preview(user.id, body)


@router.get("/orders")
def list_trading_orders(
    user: CurrentUser, trading: Trading, *,
    open_only: Annotated[bool, Query(alias="open")] = False,
    before: OrderId | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[HandOrderOut]:  # fmt: skip
    """Orders of all your accounts, newest first: by hand, of GTTs and of runs.

    For the next page, pass the last order's id as `before`.
    """
    return trading.orders(user.id, open_only=open_only, before=before, limit=limit)


@router.post("/orders", status_code=201)
def place_ticket(user: CurrentUser, trading: Trading, body: TicketIn, key: Key) -> HandOrderOut:
    """Place an order; a repetition with the same Idempotency-Key returns the same order."""
    return trading.place(user.id, body, key)


@router.patch("/orders/{order_id}")
def change_ticket(
    user: CurrentUser, trading: Trading, order_id: str, body: ChangeIn, key: Key
) -> HandOrderOut:
    """Change an open order that no run owns."""
    return trading.change(user.id, order_id, body, key)


@router.delete("/orders/{order_id}")
def cancel_ticket(user: CurrentUser, trading: Trading, order_id: str, key: Key) -> HandOrderOut:
    """Cancel an open order."""
    return trading.cancel(user.id, order_id, key)


@router.get("/preferred-accounts")
def read_preferred_accounts(user: CurrentUser, trading: Trading) -> PreferredOut:
    """The accounts that a new order ticket begins with."""
    return trading.preferred(user.id)


@router.put("/preferred-accounts")
def save_preferred_accounts(user: CurrentUser, trading: Trading, body: PreferredIn) -> PreferredOut:
    """Choose them: one for shares, one for futures and options. No order is placed or moved."""
    return trading.prefer(user.id, body)


@router.post("/orders/{order_id}/settle")
def settle_order(
    user: CurrentUser, trading: Trading, order_id: str, body: SettleIn
) -> HandOrderOut:
    """Record your word that an order in doubt was never placed, after you have looked at the
    broker's own app. Nothing is sent.

    An order in doubt is settled by the broker's order book within two minutes. This is for a book
    that cannot be read. If the order turns up in it later, it counts again.
    """
    del body  # its word was the confirmation
    return trading.settle(user.id, order_id)


@router.get("/positions")
def list_trading_positions(user: CurrentUser, trading: Trading) -> list[HandPositionOut]:
    """Open positions of all your accounts, at the latest prices."""
    return trading.positions(user.id)


@router.post("/positions/exit")
def exit_positions(
    user: CurrentUser, trading: Trading, body: ExitPositionsIn, key: Key
) -> ExitPositionsOut:
    """Close one position, or all of an account that belong to no run.

    Open orders on them are cancelled first. A run's positions are closed on its own page.
    """
    return trading.exit(user.id, body, key)


@router.post("/positions/convert")
def convert_position(
    user: CurrentUser, trading: Trading, body: ConvertIn, key: Key
) -> list[HandPositionOut]:
    """Carry units of a position as another product: MIS and CNC of shares, MIS and NRML of
    contracts. Replies with your open positions.

    No unit is traded. At a broker it is asked of the broker first; where its answer is lost, send
    the same request with the same key again. A run's positions are not converted.
    """
    return trading.convert(user.id, body, key)
