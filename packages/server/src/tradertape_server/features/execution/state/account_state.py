"""What is known of one account, read on its first use and kept up to date by the unit of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.ports import Market
from tradertape_server.features.execution.state.margins import Margins
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import PAPER


@dataclass(slots=True)
class AccountState:
    """Whose account it is, where it trades, its cash, and everything that is open.

    kind: `paper` or `broker`, the venue of its orders. broker: whose table of charges applies.
    """

    user_id: int
    kind: str
    broker: str
    cash_paise: int
    margins: Margins
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    positions: dict[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])

    @property
    def is_paper(self) -> bool:
        """Whether we are its exchange: then its days, expiries and funds are ours to end."""
        return self.kind == PAPER


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Reads accounts. known: finds instruments that were traded; tick: the latest price of one."""

    market: Market
    known: Callable[[str], Instrument]
    tick: Callable[[str], Tick | None]

    def read(
        self, session: Session, account_id: int, now: datetime, *, traded_market: str
    ) -> AccountState:
        """Read an account with its open orders and positions."""
        row = repository.account_by_id(session, account_id)
        cash = repository.cash(session, account_id)
        orders = repository.orders(session, account_id=account_id, open_only=True)
        positions = repository.positions(session, account_id=account_id, open_only=True)
        is_traded = row.market in (None, traded_market)
        tick = self.tick if is_traded else _no_tick  # another market's prices are not its own
        margins = Margins(self.market, self.known, tick, row.broker)
        for position in positions:
            margins.position_changed(position)
        for order in orders:
            margins.order_changed(order, now)
        return AccountState(
            user_id=row.user_id,
            kind=row.kind,
            broker=row.broker,
            cash_paise=cash,
            margins=margins,
            orders={order.order_id: order for order in orders},
            positions={position.key: position for position in positions},
        )


def _no_tick(_instrument_id: str) -> None:
    return None
