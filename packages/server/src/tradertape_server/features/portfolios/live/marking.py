"""Open positions at the latest prices: equity, and how far each went for and against."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.marks import is_plausible
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.mirror import revalue, session_positions
from tradertape_server.features.portfolios.live.run_ids import instrument_of, prefix_of
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Marking:
    """Marks at the last ticks; a price that does not come leaves the last one."""

    database: Database
    clock: Clock
    execution: ExecutionService

    def mark_all(self) -> int:
        """Mark every open position; how many prices there were."""
        with self.database.read() as session:
            held = repository.executed_positions(session)
            names = {instrument_of(row.symbol) for row, _ in held}
            accounts = {
                of.id: (of.account_id, prefix_of(of)) for _, of in held if of.account_id is not None
            }
        ticks = {name: tick for name in names if (tick := self.execution.market.tick(name))}
        prices = {name: float(t.last_price) for name, t in ticks.items() if is_plausible(t)}
        if not prices:
            return 0
        cash = {one: self.execution.cash_of_runs(*where) for one, where in accounts.items()}
        with self.database.write() as session:
            marked: defaultdict[int, int] = defaultdict(int)
            for row, portfolio in repository.executed_positions(session):
                price = prices.get(instrument_of(row.symbol))
                if price is None or portfolio.id not in cash:
                    continue
                row.last_close = price
                row.lowest, row.peak = min(row.lowest, price), max(row.peak, price)
                marked[portfolio.id] += 1
            session.flush()
            for portfolio_id in marked:
                row = repository.lock(session, portfolio_id)
                if row is not None:
                    revalue(row, session_positions(session, row), cash[portfolio_id])
        return len(prices)
