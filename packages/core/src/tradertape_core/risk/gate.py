"""The one gate before every order: all rules are evaluated, and an exit is never refused.

`check_run` is the same without an order: what a safety check answers.
"""

from __future__ import annotations

from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.order import OrderRequest, Side, Variety
from tradertape_core.risk.rules import (
    OF_ANY_ORDER,
    RULES,
    RiskFacts,
    duplicate,
    orders_per_day,
    positions,
)
from tradertape_core.risk.run_checks import run_denials

_OF_NEW_ORDERS = frozenset({orders_per_day, duplicate, positions})


def check(command: PlaceOrder, facts: RiskFacts) -> tuple[Denial, ...]:
    """Return every reason to refuse a new order; none for one that reduces a position.

    What the exchange itself would not take (tick, lot, hours, circuit) is `orders.checks`; margin
    and holdings are the account's to judge (`risk.margins`).
    """
    if is_reducing(command.request, facts):
        return ()
    found = (rule(command.request, facts) for rule in RULES)
    return (*(one for one in found if one is not None), *_of_run(command.request, facts))


def check_run(facts: RiskFacts) -> tuple[Denial, ...]:
    """Return every reason for which the gate refuses any order of a run that does not only close.

    An order can have further reasons of its own: price, size, margin.
    """
    found = (rule(None, facts) for rule in OF_ANY_ORDER)
    of_run = () if facts.run is None else run_denials(facts.run)
    return (*(one for one in found if one is not None), *of_run)


def check_change(request: OrderRequest, facts: RiskFacts) -> tuple[Denial, ...]:
    """Return every reason to refuse new terms of an order: the rules are those of a new order.

    Not for orders that only close what is open: their changes are never refused.
    """
    found = (rule(request, facts) for rule in RULES if rule not in _OF_NEW_ORDERS)
    return (*(one for one in found if one is not None), *_of_run(request, facts))


def _of_run(request: OrderRequest, facts: RiskFacts) -> tuple[Denial, ...]:
    if facts.run is None:
        return ()
    return run_denials(facts.run, is_amo=request.variety is Variety.AMO)


def is_reducing(request: OrderRequest, facts: RiskFacts) -> bool:
    """Whether the order only closes what is open and not being closed by another order."""
    held = facts.position_quantity
    if held == 0 or (held > 0) == (request.side is Side.BUY):
        return False
    return request.quantity <= abs(held) - facts.exiting_quantity
