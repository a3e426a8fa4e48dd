"""How execution knows the positions of portfolios: by run ids that no worker's run has."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.state import settings_of

OURS = "portfolio:"
EXCHANGE = "NSE"


@dataclass(frozen=True, slots=True)
class Named:
    """What a run id names."""

    portfolio_id: int
    epoch: int
    signal_id: int


def prefix_of(row: Portfolio) -> str:
    """What the run ids of a portfolio's epoch begin with."""
    return f"{OURS}{row.id}:{row.epoch}:"


def run_id_of(row: Portfolio, signal_id: int) -> str:
    """The run id of the position that a signal opens."""
    return f"{prefix_of(row)}{signal_id}"


def named_by(run_id: str) -> Named | None:
    """What a run id names; None for one that is not a position's."""
    if not run_id.startswith(OURS):
        return None
    portfolio_id, epoch, signal_id = run_id.removeprefix(OURS).split(":")
    return Named(int(portfolio_id), int(epoch), int(signal_id))


def ref_of(row: Portfolio, run_id: str) -> RunRef:
    """A position as execution knows it. Raises ValueError for a portfolio without an account."""
    if row.account_id is None:
        raise ValueError(f"portfolio {row.id} has no trading account")
    settings = settings_of(row)
    if settings.is_placed_by_agent:
        return RunRef(account_id=row.account_id, run_id=run_id, venue="agent")
    venue = "paper" if settings.paper_mode else "broker"
    return RunRef(account_id=row.account_id, run_id=run_id, venue=venue)


def instrument_of(symbol: str) -> str:
    """The id of what a signal is in."""
    return f"{EXCHANGE}:{symbol}"
