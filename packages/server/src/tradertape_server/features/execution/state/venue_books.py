"""What a venue outside has still to report on an account's orders, and which entries are ours."""

from __future__ import annotations

from collections.abc import Sequence

from tradertape_core.execution.reconcile import Known
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.execution.state.working_state import WorkingState
from tradertape_server.features.execution.store import repository

_ON_ITS_WAY = frozenset(
    {OrderStatus.PUT_REQUESTED, OrderStatus.VALIDATION_PENDING, OrderStatus.OPEN_PENDING}
)


def orders_at_venue(state: WorkingState, account_id: int, entries: Sequence[VenueOrder]) -> Known:
    """Return our orders, open or over, that entries of a venue's book may be about."""
    by_venue_id: dict[str, Order] = {}
    by_tag: dict[str, Order] = {}
    ids = {entry.venue_order_id for entry in entries}
    tags = {entry.tag for entry in entries if entry.tag}
    names = repository.order_ids_at_venue(state.session, account_id, ids, tags)
    stored = [order for name in names if (order := state.order(name)) is not None]
    staged = [one for one in state.staged.placed.values() if one.account == str(account_id)]
    for order in (*stored, *staged, *state.account(account_id).orders.values()):
        current = state.order(order.order_id) or order
        by_tag[current.tag] = current
        if current.venue_order_id is not None:
            by_venue_id[current.venue_order_id] = current
    return Known(by_venue_id, by_tag)


def accounts_to_read(state: WorkingState) -> set[int]:
    """Return accounts whose order book is to be read soon: something there has no answer yet."""
    found = set(state.doubts) | set(state.incomplete.values())
    for account_id in state.outside_accounts:
        orders = state.accounts[account_id].orders.values()
        if any(is_unsettled(one) for one in orders):
            found.add(account_id)
    return found


def is_unsettled(order: Order) -> bool:
    """Whether the venue has still to report something that we know is coming."""
    if order.slices:
        return False
    has_asked = order.cancel_ask is not None or order.modify_ask is not None
    is_short = order.venue_status is OrderStatus.COMPLETE  # it is open until its trades are here
    return order.in_doubt or has_asked or is_short or order.status in _ON_ITS_WAY
