"""Sales of positions: by hand, and those that rules ask for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.portfolio.signals import Event, Status
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.orders import OrderType
from tradertape_server.features.portfolios.live.placing import Placing
from tradertape_server.features.portfolios.live.projecting import new_exit, protection_of
from tradertape_server.features.portfolios.live.standing import Standing
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import move
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """How a position is to be sold. quantity: None: all of it. limit_price: of `limit` alone.
    kind: why, as the position's story has it; of one that is not "manual" the reason says it all.
    """

    quantity: int | None = None
    order_type: OrderType = "market"
    limit_price: float | None = None
    reason: str = ""
    kind: str = "manual"


@dataclass(frozen=True, slots=True)
class LiveClosing:
    """Closes positions whose orders are executed."""

    database: Database
    clock: Clock
    placing: Placing
    standing: Standing

    def close(self, portfolio_id: int, position_id: int, sale: Sale, *, by: str) -> None:
        """Propose a sale, approved as it is asked for, and place it if the market is open.

        Raises Conflict while it is closed or being closed, InvalidInput for quantity or price.
        """
        now = self.clock.now()
        with self.database.write() as session:
            portfolio = repository.lock(session, portfolio_id)
            row = session.get(PortfolioPosition, position_id, populate_existing=True)
            if portfolio is None or row is None:
                raise NotFound("Position")
            demand_open(session, row)
            words = f"Closed by {by}" + (f": {sale.reason}" if sale.reason else "")
            if sale.kind != "manual":
                words = sale.reason
            exit_ = propose(
                session, portfolio, row, sale, kind=sale.kind, reason=words, clock=self.clock
            )
            move(exit_, Event.APPROVE, by=by, now=now, note=sale.reason)
            portfolio.version += 1
            session.flush()
            signal_id = exit_.id
        self.standing.keep(position_id)  # what waits at the broker to sell it is withdrawn first
        self.placing.place(portfolio_id, [signal_id], by=by, alone=False)


def propose(
    session: Session,
    portfolio: Portfolio,
    row: PortfolioPosition,
    sale: Sale,
    *,
    kind: str,
    reason: str,
    clock: Clock,
) -> PortfolioSignal:
    """Store a sale that waits for approval. Raises InvalidInput for its quantity or price."""
    quantity = row.open_quantity if sale.quantity is None else sale.quantity
    if quantity > row.open_quantity:
        raise InvalidInput(f"{row.open_quantity} shares are held", pointer="/quantity")
    if sale.order_type == "limit" and sale.limit_price is None:
        raise InvalidInput("a limit order needs a limit_price", pointer="/limit_price")
    exit_ = new_exit(
        session, portfolio, row, kind=kind, reason=reason, quantity=quantity,
        price=row.last_close, now=clock.now(),
    )  # fmt: skip
    exit_.order_type = sale.order_type
    exit_.limit_price = sale.limit_price if sale.order_type == "limit" else None
    session.add(exit_)
    session.flush()
    return exit_


def demand_open(session: Session, row: PortfolioPosition) -> None:
    """Raise Conflict for a position that is closed, or of which a sale is under way."""
    if row.open_quantity == 0:
        raise Conflict(f"Position {row.id} is closed", code="position_closed")
    selling = [
        one
        for one in repository.signals_of_run(session, str(row.run_id))
        if one.side == "SELL" and one.status in (Status.IN_CART, Status.APPROVED)
    ]
    if selling or protection_of(row).is_exiting:
        raise Conflict(f"Position {row.id} is already being closed", code="position_closing")
