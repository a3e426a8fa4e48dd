"""The one gate before every order: all rules are evaluated, and an exit is never refused."""

from __future__ import annotations

from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.order import OrderRequest, Side
from tradertape_core.risk.rules import RULES, RiskFacts, duplicate, orders_per_day, positions

_OF_NEW_ORDERS = frozenset({orders_per_day, duplicate, positions})


def check(command: PlaceOrder, facts: RiskFacts) -> tuple[Denial, ...]:
    """Return every reason to refuse a new order; none for one that reduces a position.

    What the exchange itself would not take (tick, lot, hours, circuit) is `orders.checks`; margin
    and holdings are the account's to judge (`risk.margins`).
    """
    if is_reducing(command.request, facts):
        return ()
    found = (rule(command.request, facts) for rule in RULES)
    return tuple(one for one in found if one is not None)


def check_change(request: OrderRequest, facts: RiskFacts) -> tuple[Denial, ...]:
    """Return every reason to refuse new terms of an order: the rules are those of a new order.

    Not for orders that only close what is open: their changes are never refused.
    """
    found = (rule(request, facts) for rule in RULES if rule not in _OF_NEW_ORDERS)
    return tuple(one for one in found if one is not None)


def is_reducing(request: OrderRequest, facts: RiskFacts) -> bool:
    """Whether the order only closes what is open and not being closed by another order."""
    held = facts.position_quantity
    if held == 0 or (held > 0) == (request.side is Side.BUY):
        return False
    return request.quantity <= abs(held) - facts.exiting_quantity
