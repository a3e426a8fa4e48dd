"""Whether a broker takes orders from this machine's address, asked without an order."""

from __future__ import annotations

import re
from typing import Final

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_brokers.errors import Refused
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import (
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
)

_ABOUT_ADDRESS: Final = re.compile(r"\bIPs?\b|static ip|whitelist", re.IGNORECASE)
_NO_SUCH_ORDER: Final = "0"


def address_problem(account: PrimaryAccount, clock: Clock) -> str:
    """Return the broker's words if it takes no orders from here; empty if it does.

    It is asked to cancel an order that does not exist: a broker that takes none from this address
    says so, any other that it does not know the order. Raises BrokerError where it says neither.
    """
    try:
        account.ask(lambda: account.trading.orders.cancel(_no_order(account.name, clock), 1))
    except Refused as error:
        words = str(error)
        return words if _ABOUT_ADDRESS.search(words) else ""
    return ""


def _no_order(broker: str, clock: Clock) -> Order:
    now = clock.now()
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.MARKET, quantity=1,
    )  # fmt: skip
    return Order(
        order_id=_NO_SUCH_ORDER, account=broker, run_id=None, request=request,
        status=OrderStatus.OPEN, venue=broker, tag=_NO_SUCH_ORDER, placed_at=now, updated_at=now,
        venue_order_id=_NO_SUCH_ORDER,
    )  # fmt: skip
