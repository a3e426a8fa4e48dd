"""How much a run can close now: no more than its account is known to have at its broker."""

from __future__ import annotations

from tradertape_core.ledger.closable import most_to_close
from tradertape_core.ledger.drift import Place, place_name
from tradertape_core.orders.order import Side
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork


def most(uow: UnitOfWork, account_id: int, run_id: str, place: Place, side: Side) -> int | None:
    """The most units that a run can close by orders of `side`, what others are closing left out;
    None where nothing limits it, or the broker was not read lately."""
    difference = uow.at_broker(account_id).get(place_name(place))
    if difference is None:
        return None
    account = uow.account(account_id)
    others = [one for one in account.orders.values() if (one.run_id or "") != run_id]
    return most_to_close(place, side, tuple(account.positions.values()), others, difference)
